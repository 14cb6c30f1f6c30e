"""``dsrl compare``."""

from pathlib import Path

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPaths
from dsrl.reports.compare import compared


def command(runs: RunPaths, /, *, out: Path, json: Flag = False) -> None:
    """Writes a table and learning curves of runs, from their CSV files.

    Args:
        runs: the folders of the runs; those of one method and protocol are averaged.
        out: folder to write to.
        json: print one line of JSON alone, and all else on standard error.
    """
    found = compared(runs, out)
    print(found.page)
    if json:
        print_json({"groups": found.groups, "runs": found.runs})
