"""Redraw the pictures of docs/perception from runs of the default perception, one of each game.

`python scripts/perception_pictures.py RUN [RUN ...] --out docs/perception`
"""

import argparse
from pathlib import Path

from dsrl.experiments import short_name
from dsrl.studies.page_pictures import NAMES, page_pictures
from dsrl.studies.perception_cli import load_run

SHOWN = {  # game: the agent step of "seen", and what is shown
    "pong": (119, ("seen", "filters")),
    "breakout": (159, ("seen", "filters")),
    "space_invaders": (159, NAMES),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    for run in options.runs:
        game = short_name(load_run(run).protocol.game)
        if game not in SHOWN:
            parser.error(f"{run} is of {game}: the page shows {', '.join(SHOWN)}")
        step, names = SHOWN[game]
        for path in page_pictures(run, options.out, step, names):
            print(path, flush=True)


if __name__ == "__main__":
    main()
