"""What answering one state costs, by way of asking: `python scripts/bench_solver.py 3 6`."""

import argparse

from dsrl.benchmarks.bench_solver import bench_solver

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", type=int, nargs="*", default=[3, 6])
    parser.add_argument("--rounds", type=int, default=5, help="the best of so many is shown")
    options = parser.parse_args()
    for objects in options.objects:
        print(f"{objects} objects{'ms per state':>46}{'share':>9}")
        for name, cost, share in bench_solver(objects, rounds=options.rounds):
            print(f"  {name:42}{cost:13.3f}{share:9.2f}")
