"""The tables and plots of docs/perception.md from the study's CSVs; its prose stays.

`python scripts/perception_page.py results/perception docs/perception.md`
"""

import argparse
from pathlib import Path

from dsrl.studies.perception_page import write_page

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("page", type=Path)
    options = parser.parse_args()
    for path in write_page(options.results, options.page):
        print(path)
