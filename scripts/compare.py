"""Compare runs: `python scripts/compare.py OUT RUN [RUN ...]`."""

import sys

from dsrl.reports.compare import compare

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    print(compare(sys.argv[2:], sys.argv[1]))
