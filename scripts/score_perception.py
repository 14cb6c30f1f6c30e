"""Perception's figures for several runs in one CSV: random play, and each agent's own.

`python scripts/score_perception.py RUN [RUN ...] --out perception.csv
    [--frames 2000] [--seed 1000]`
"""

import argparse
from pathlib import Path
from typing import Any

from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.runs.rundir import RunDir
from dsrl.runs.train import load_agent
from dsrl.scoring.play import HELD_OUT_SEED
from dsrl.studies.perception_cli import METHOD, csv_row, score


def rows_of(run: Path, frames: int, seed: int) -> list[dict[str, Any]]:
    """One row a policy: chance, and the trained agent where the run has one."""
    directory = RunDir.open(run)
    players: dict[str, Any] = {"random": None}
    if directory.config.get("method") != METHOD:
        players["trained"] = load_agent(directory)[0]
    rows = []
    for policy, player in players.items():
        summary = score(run, frames, seed, player, policy)
        rows.append({"run": run.name, **csv_row(summary)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED, help="of the play scored on")
    options = parser.parse_args()
    rows = [row for run in options.runs for row in rows_of(run, options.frames, options.seed)]
    table = csv_bytes(rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(options.out, table)
    print(table.decode(), end="")


if __name__ == "__main__":
    main()
