"""``dsrl data collect``."""

from pathlib import Path

import tyro

from dsrl.commands.common import Flag, protocol_of
from dsrl.progress import progress_bar
from dsrl.scoring.data import RANDOM, collect
from perception.training.frame_set import FrameSet
from perception.training.preprocessing import Size

command = tyro.extras.SubcommandApp()


@command.command(name="collect")
def collect_command(
    *,
    game: str,
    frames: int = 20_000,
    policy: str = RANDOM,
    out: Path,
    seed: int = 0,
    sticky: float = 0.0,
    size: Size = "native",
    luminance: Flag = False,
    resume: Flag = False,
) -> None:
    """Collects frames of play as a folder of lossless PNG files with an index.

    Args:
        game: any Atari game, such as pong or ms_pacman, or a toy world, such as cross_circle.
        frames: observations to collect, each the maximum of two emulator frames.
        policy: who plays: random, or a run of train, whose agent then plays without learning.
        out: the new folder; it appears when it is whole, and grows as OUT.partial until then.
        seed: of all chance; episode i starts from seed + i.
        sticky: probability per emulator frame that the previous action is executed again.
        size: native pixels, the upper right 84 x 84 of them, or the whole screen scaled to 84 x 84.
        luminance: keep brightness alone instead of colours.
        resume: finish a collection that was stopped.
    """
    protocol = protocol_of(game, sticky)
    print(
        f"{out}: {frames} frames, policy {policy}, seed {seed}\n{protocol.describe()}", flush=True
    )
    with progress_bar() as bar:
        task = bar.add_task("collecting", total=frames, note="")

        def progress(done: int, note: str) -> None:
            bar.update(task, completed=done, note=note)

        made = collect(
            out, protocol, frames, seed, policy, size, luminance, resume=resume, progress=progress
        )
    _report(made)


def _report(made: FrameSet) -> None:
    height, width = made.shape
    episodes = len({row.episode for row in made.rows})
    size = sum((made.path / row.file).stat().st_size for row in made.rows)
    print(
        f"{made.path}: {len(made)} frames of {height} x {width} pixels, {episodes} episodes begun, "
        f"{size / len(made):.0f} bytes a frame"
    )
