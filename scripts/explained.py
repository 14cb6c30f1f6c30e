"""How much of what moves in other games the eyes of latents explain, with the same settings.

python scripts/explained.py --games GAME ... --out results/perception/explained.csv [--resume]
"""

import argparse
from pathlib import Path

from dsrl.studies.explained_study import run_study

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the CSV file of the rows")
    parser.add_argument("--games", nargs="+", required=True)
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each game")
    parser.add_argument("--frames", type=int, default=300, help="observations to score")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--resume", action="store_true", help="go on with the table that is there")
    o = parser.parse_args()

    def say(done: int, total: int, last: str) -> None:
        """A line for each job done."""
        print(f"{done} of {total}: {last}", flush=True)

    run_study(
        o.out, o.games, o.seeds, score_frames=o.frames, processes=o.jobs, resume=o.resume,
        progress=say,
    )  # fmt: skip
