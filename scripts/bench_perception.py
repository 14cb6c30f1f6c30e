"""Speeds of the eyes of pixels beside the classic peer's, on a quiet machine."""

import argparse
from pathlib import Path

from dsrl.benchmarks.bench_perception import bench_perception

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.csv")
    for row in bench_perception(parser.parse_args().out):
        print(row, flush=True)
