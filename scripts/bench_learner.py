"""What a step of each learner costs, by how many objects there are.

python scripts/bench_learner.py 5 10 25 50 100 --out results/learner_cost.csv
"""

import argparse
from pathlib import Path

from dsrl.benchmarks.bench_learner import LEARNERS, Cost, compared, growth
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.runs.rundir import code_commit

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", type=int, nargs="*", default=[5, 10, 25, 50, 100])
    parser.add_argument("--learners", nargs="+", default=list(LEARNERS), choices=list(LEARNERS))
    parser.add_argument("--out", type=Path, help="a CSV file of the same")
    o = parser.parse_args()
    costs: list[Cost] = []
    for cost in compared(o.learners, o.objects):
        print(cost, flush=True)
        costs.append(cost)
    for name in o.learners if len(o.objects) > 1 else ():
        power = growth(o.objects, [cost.median_ms for cost in costs if cost.learner == name])
        print(f"{name} grows as the number of objects to the power of {power:.2f}")
    if o.out:
        write_atomic(o.out, csv_bytes([c._asdict() | {"commit": code_commit()} for c in costs]))
