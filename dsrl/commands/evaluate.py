"""``dsrl evaluate``."""

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.commands.watch import Watch
from dsrl.progress import announce, progress_bar
from dsrl.runs.evaluate import check_games, evaluate
from dsrl.runs.rundir import RunDir, protocol_of
from dsrl.runs.train import build_agent


def command(
    run: RunPath,
    /,
    *,
    episodes: int = 30,
    seed: int = 1000,
    record: Flag = False,
    json: Flag = False,
) -> None:
    """Plays whole games with the trained agent of a run, without learning.

    Args:
        run: the run's folder.
        episodes: number of games.
        seed: of the first game; each further game has the next one.
        record: keep frames and symbolic log of each game in RUN/games/.
        json: print one line of JSON alone, and all else on standard error.
    """
    protocol = protocol_of(RunDir.open(run))
    check_games(episodes, seed)
    announce(f"{run}: {episodes} games from seed {seed}\n{protocol.describe()}")
    with progress_bar() as bar:
        watch = Watch(bar, episodes)
        result = evaluate(
            run,
            episodes,
            seed,
            build=build_agent,
            record=record,
            on_step=watch.step,
            on_game=watch.game,
        )
    print(
        f"return {result['return_mean']:.2f} ± {result['return_sd']:.2f} over {episodes} games "
        f"after {result['agent_steps_trained']} agent steps of training "
        f"({result['steps_per_second']:g} steps/s)"
    )
    if json:
        print_json(result)
