"""``dsrl data collect``."""

from pathlib import Path
from typing import Any

import tyro

from dsrl.cli import print_json
from dsrl.commands.common import Flag, protocol_of
from dsrl.progress import announce, progress_bar
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
    json: Flag = False,
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
        json: print one line of JSON alone, and all else on standard error.
    """
    protocol = protocol_of(game, sticky)
    announce(f"{out}: {frames} frames, policy {policy}, seed {seed}\n{protocol.describe()}")
    with progress_bar() as bar:
        task = bar.add_task("collecting", total=frames, note="")

        def progress(done: int, note: str) -> None:
            bar.update(task, completed=done, note=note)

        made = collect(
            out, protocol, frames, seed, policy, size, luminance, resume=resume, progress=progress
        )
    found = _counted(made)
    print(
        f"{made.path}: {len(made)} frames of {found['height']} x {found['width']} pixels, "
        f"{found['episodes']} episodes begun, {found['bytes_a_frame']:.0f} bytes a frame"
    )
    if json:
        print_json(found)


def _counted(made: FrameSet) -> dict[str, Any]:
    height, width = made.shape
    size = sum((made.path / row.file).stat().st_size for row in made.rows)
    return {
        "set": str(made.path),
        "frames": len(made),
        "height": height,
        "width": width,
        "episodes": len({row.episode for row in made.rows}),
        "bytes_a_frame": round(size / len(made), 1),
    }
