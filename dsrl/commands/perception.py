"""``dsrl perception train | score | show``."""

from pathlib import Path
from typing import Annotated, Literal

import tyro

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath, protocol_of, run_path
from dsrl.perception_cli import METHOD, score, show, train
from dsrl.progress import progress_bar
from dsrl.rundir import RunDir
from dsrl.train import load_agent
from perception import PerceptionConfig

command = tyro.extras.SubcommandApp()


@command.command(name="train")
def train_command(
    config: Annotated[PerceptionConfig, tyro.conf.arg(name="")],
    *,
    game: str,
    frames: int = 5_000,
    seed: int = 0,
    sticky: float = 0.0,
    name: str | None = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Trains perception on random play, without labels.

    Args:
        config: the encoder, its training and the tracker.
        game: a short name such as pong, or any ALE/<Game>-v5.
        frames: observations of random play to learn from.
        seed: of all chance.
        sticky: probability per emulator frame that the previous action is executed again.
        name: folder of the run within runs/.
        out: folder of the run anywhere.
        json: end with one line of JSON.
    """
    protocol = protocol_of(game, sticky)
    path = run_path(METHOD, protocol, seed, name, out)
    print(f"{path}: perception, {frames} frames, seed {seed}\n{protocol.describe()}", flush=True)
    with progress_bar() as bar:
        task = bar.add_task("training perception", total=None, note="")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        summary = train(path, protocol, config, frames, seed, progress)
    for kind in summary["kinds"]:
        print(kind)
    if json:
        print_json(summary)


@command.command(name="score")
def score_command(
    run: RunPath,
    /,
    *,
    frames: int = 2_000,
    seed: int = 1000,
    policy: Literal["random", "trained"] = "random",
    json: Flag = False,
) -> None:
    """Scores detections against the console's memory, on play that nothing was trained on.

    Args:
        run: a run of perception train, or of train.
        frames: observations to score.
        seed: of the first episode; each further one has the next.
        policy: who plays: chance, or the run's own trained agent.
        json: end with one line of JSON.
    """
    player = load_agent(RunDir.open(run))[0] if policy == "trained" else None
    summary = score(run, frames, seed, player, policy)
    for key, value in summary.items():
        print(f"{key}: {value}")
    if json:
        print_json(summary)


@command.command(name="show")
def show_command(run: RunPath, /, *, out: Path, pictures: int = 8, seed: int = 1000) -> None:
    """Draws play as perception sees it, as PNG files.

    Args:
        run: a run of perception train, or of train.
        out: folder for the pictures.
        pictures: how many.
        seed: of the play.
    """
    for path in show(run, out, pictures, seed):
        print(path)
