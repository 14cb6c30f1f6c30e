"""What a step of the learner costs, by how many objects there are.

python scripts/bench_learner.py 5 10 25 50 100 --out results/learner_cost.csv
"""

import argparse
from pathlib import Path

from dsrl.benchmarks.bench_learner import growth, learner_cost
from dsrl.runs.files import csv_bytes, write_atomic

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", type=int, nargs="*", default=[5, 10, 25, 50, 100])
    parser.add_argument("--out", type=Path, help="a CSV file of the same")
    options = parser.parse_args()
    rows: list[dict[str, float]] = []
    for objects in options.objects:
        cost = learner_cost(objects)
        share = cost / (rows[0]["ms_a_step"] if rows else cost)
        rows.append({"objects": objects, "ms_a_step": round(cost, 3), "share": round(share, 3)})
        print(f"{objects:4} objects{cost:8.2f} ms a step, {share:.2f} of the first")
    if len(rows) > 1:
        exponent = growth([int(r["objects"]) for r in rows], [r["ms_a_step"] for r in rows])
        print(f"grows as the number of objects to the power of {exponent:.2f}")
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(options.out, csv_bytes(rows))
