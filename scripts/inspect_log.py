"""Read a run's symbolic log: `python scripts/inspect_log.py RUN [--episode E --step S]`."""

import sys

from dsrl.cli import main

if __name__ == "__main__":
    main(["inspect", *sys.argv[1:]])
