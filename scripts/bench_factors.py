"""Speed of drawing images of known factors beside that of the network that learns from them.

python scripts/bench_factors.py --out results/encoders/throughput.csv
"""

import argparse
from pathlib import Path

from dsrl.benchmarks.bench_factors import bench_factors
from dsrl.runs.files import csv_bytes, write_atomic

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="a CSV file of the same")
    options = parser.parse_args()
    rows = []
    for row in bench_factors():
        print(row, flush=True)
        rows.append(row)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(options.out, csv_bytes(rows))
