"""``dsrl transfer``."""

from pathlib import Path

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPaths, numbered
from dsrl.progress import progress_bar
from dsrl.reports.transfer import TABLE, transfer
from dsrl.runs.rundir import RunDir


def command(
    runs: RunPaths,
    /,
    *,
    out: Path,
    modes: str = "all",
    difficulties: str = "all",
    episodes: int = 5,
    seed: int = 3000,
    most_steps: int = 5_000,
    adapt_steps: int = 0,
    json: Flag = False,
) -> None:
    """Plays the other modes and difficulties of the game that runs were trained on.

    What the folder's transfer.csv has already is not played again.

    Args:
        runs: the folders of DSRL and DQN runs of one protocol.
        out: folder to write to: transfer.csv, transfer.md, transfer.png.
        modes: all, or numbers such as 0,2.
        difficulties: all, or numbers such as 0,1.
        episodes: games by each run in each variant.
        seed: of the first game; each further game has the next one.
        most_steps: agent steps after which a game is ended.
        adapt_steps: also let DSRL runs learn on for so many agent steps in each variant first.
        json: print one line of JSON alone, and all else on standard error.
    """
    with progress_bar() as bar:
        task = bar.add_task("transfer", total=None, note="")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        text = transfer(
            runs,
            out,
            modes=_numbers("--modes", modes),
            difficulties=_numbers("--difficulties", difficulties),
            episodes=episodes,
            seed=seed,
            most_steps=most_steps,
            adapt_steps=adapt_steps,
            progress=progress,
        )
    print(text)
    if json:
        print_json(numbered(RunDir.open(out).rows(TABLE)))


def _numbers(option: str, text: str) -> list[int] | None:
    """None for "all". ValueError where the text is no list of numbers."""
    if text == "all":
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"{option} must be all, or numbers such as 0,1; got {text!r}") from None
