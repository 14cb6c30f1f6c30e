"""The eyes of latents beside untrained ones, no network and the eyes of pixels.

python scripts/latent_eyes.py --out results/perception/latents.csv --seeds 3 [--resume]
"""

import argparse
from pathlib import Path

from dsrl.studies.latent_study import run_study

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the CSV file of the rows")
    parser.add_argument("--games", nargs="+", default=["pong", "breakout", "space_invaders"])
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each game")
    parser.add_argument("--frames", type=int, default=600, help="observations to score")
    parser.add_argument(
        "--players", nargs="*", default=[], metavar="GAME=RUN", help="agents that play, too"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--resume", action="store_true", help="go on with the table that is there")
    o = parser.parse_args()

    def say(done: int, total: int, last: str) -> None:
        """A line for each job done."""
        print(f"{done} of {total}: {last}", flush=True)

    players = {game: Path(run) for game, run in (pair.split("=", 1) for pair in o.players)}
    run_study(
        o.out, o.games, o.seeds, score_frames=o.frames, players=players, processes=o.jobs,
        resume=o.resume, progress=say,
    )  # fmt: skip
