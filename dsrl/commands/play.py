"""``dsrl play``."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.commands.watch import Watch
from dsrl.progress import announce, progress_bar
from dsrl.reports.video import film
from dsrl.runs.evaluate import Result, check_games, play
from dsrl.runs.games import Played
from dsrl.runs.recording import place_of
from dsrl.runs.rundir import RunDir, protocol_of
from dsrl.runs.train import build_agent


def command(
    run: RunPath,
    /,
    *,
    episodes: int = 1,
    seed: int = 1000,
    record: Flag = False,
    video: Path | None = None,
    json: Flag = False,
) -> None:
    """Plays games as evaluate does, to be looked at; nothing is added to the run's evaluations.

    A game depends on its seed alone, so it is the one that evaluate counts under that seed.

    Args:
        run: the run's folder.
        episodes: number of games.
        seed: of the first game; each further game has the next one.
        record: keep frames and symbolic log of each game in RUN/games/.
        video: write all games to one file, .mp4 or .gif.
        json: print one line of JSON alone, and all else on standard error.
    """
    directory = RunDir.open(run)
    protocol = protocol_of(directory)
    check_games(episodes, seed)
    announce(f"{run}: {episodes} games from seed {seed}\n{protocol.describe()}")
    filming = film(video, protocol.steps_per_second) if video is not None else nullcontext()
    with filming as add, progress_bar() as bar:
        watch = Watch(bar, episodes)

        def on_step(step: Played) -> None:
            if add is not None:
                add(step.frame)
            watch.step(step)

        results, agent_steps = play(
            directory,
            episodes,
            seed,
            build=build_agent,
            record=record,
            on_step=on_step,
            on_game=watch.game,
        )
    for result in results:
        print(f"seed {result.seed}: return {result.score:g} in {result.steps} steps")
    kept = [str(place_of(directory, r.seed, agent_steps)) for r in results] if record else []
    for place in (*kept, *([str(video)] if video is not None else [])):
        print(f"kept: {place}")
    if json:
        print_json(_as_json(results, agent_steps, kept, video))


def _as_json(
    results: Sequence[Result], agent_steps: int, kept: Sequence[str], video: Path | None
) -> dict[str, object]:
    return {
        "agent_steps_trained": agent_steps,
        "games": [result._asdict() for result in results],
        "recorded": list(kept),
        "video": str(video) if video is not None else None,
    }
