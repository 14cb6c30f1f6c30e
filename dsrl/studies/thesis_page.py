"""The tables of the page on the thesis, from the rows of the study: mean, worst, spread."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

from dsrl.runs.files import write_atomic
from dsrl.studies.thesis_study import TABLE

Row = dict[str, str]
BEGIN, END = "<!-- table {} -->", "<!-- end {} -->"
FIGURES = {  # column: what the page calls it
    "average_precision": "AP",
    "f1": "F1",
    "wide_f1": "F1, 12 px",
    "typed_f1": "typed F1",
    "typed_f1_few_labels": "10 labels",
    "bce_nats": "BCE",
    "kl_nats": "KL",
}
NATS = ("bce_nats", "kl_nats")
HEAD = ("method", "beta", "measure", "play", *FIGURES.values(), "seeds")


def table(rows: Sequence[Row], game: str) -> str:
    """Markdown of one game: a line for each method, beta, measure and play, in the table's order.

    A figure is the mean over seeds, with the worst of them and, from three seeds on, the standard
    deviation. Jobs that failed have a line that says so.
    """
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        if row["game"] == game:
            key = (row["method"], row["beta"], row["measure"], row["play"])
            groups.setdefault(key, []).append(row)
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    for key, group in groups.items():
        failed = next((row["failed"] for row in group if row["failed"]), "")
        cells = [failed] if failed else [_figure(group, column) for column in FIGURES]
        cells += [""] * (len(FIGURES) - len(cells))
        lines.append("| " + " | ".join((*key, *cells, str(len(group)))) + " |")
    return "\n".join(lines)


def _figure(group: Sequence[Row], column: str) -> str:
    values = [float(row[column]) for row in group if row[column]]
    if not values:
        return "-"
    if column in NATS:
        return f"{mean(values):,.0f}"
    text = f"{mean(values):.3f}"
    if len(values) > 1:
        text += f" (worst {min(values):.3f}"
        text += f", sd {stdev(values):.3f})" if len(values) > 2 else ")"
    return text


def fill(page: str, rows: Sequence[Row]) -> str:
    """The page with the tables of its markers made anew. ValueError for a marker without its end.

    A table stands between `<!-- table GAME -->` and `<!-- end GAME -->`.
    """
    for game in dict.fromkeys(row["game"] for row in rows):
        begin, end = BEGIN.format(game), END.format(game)
        if begin not in page:
            continue
        before, rest = page.split(begin, 1)
        if end not in rest:
            raise ValueError(f"the page has {begin} and no {end}")
        page = f"{before}{begin}\n\n{table(rows, game)}\n\n{end}{rest.split(end, 1)[1]}"
    return page


def write_page(study: Path, page: Path) -> None:
    """Fill the tables of a page from a study's rows. Raises FileNotFoundError without either."""
    with (study / TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    write_atomic(page, fill(page.read_text(), rows).encode())
