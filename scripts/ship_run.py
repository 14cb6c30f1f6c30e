"""A small copy of a run for results/: `python scripts/ship_run.py RUN OUT [--log-steps 10000]`."""

import argparse

from dsrl.runs.ship import ship

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("out")
    parser.add_argument("--log-steps", type=int, default=10_000)
    options = parser.parse_args()
    print(ship(options.run, options.out, log_steps=options.log_steps))
