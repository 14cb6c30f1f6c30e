"""``dsrl compare``."""

from pathlib import Path

from dsrl.commands.common import RunPaths
from dsrl.reports.compare import compare


def command(runs: RunPaths, /, *, out: Path) -> None:
    """Writes a table and learning curves of runs, from their CSV files.

    Args:
        runs: the folders of the runs; those of one method and protocol are averaged.
        out: folder to write to.
    """
    print(compare(runs, out))
