"""Train the DSRL agent: `python scripts/train_dsrl.py --game pong --seed 0` (`--help` for more)."""

import sys

from dsrl.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
