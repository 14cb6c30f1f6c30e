"""The page of the study of perception: its tables from the CSVs, two plots, and the prose as it is.

A table stands between ``<!-- table NAME -->`` and ``<!-- end -->``, with NAME.csv behind it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from dsrl.runs.files import write_atomic
from dsrl.studies.perception_methods import BEST, BETAS, CLASSIC, SETTINGS, UNGATED
from dsrl.studies.perception_study import COLUMNS

Row = Mapping[str, str]
BLOCK = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
OPENING = re.compile(r"<!-- table (\w+)")
PLACES = {  # a figure's column in the CSV: its heading, decimals
    "bce_nats": ("BCE", 0),
    "kl_nats": ("KL", 0),
    "gain_nats": ("gain", 0),
    "f1": ("F1", 4),
    "type_purity": ("type purity", 4),
    "latent_f1": ("latent F1", 3),
    "latent_type_purity": ("latent type purity", 3),
    "cells_on_objects": ("cells on objects", 3),
    "frames_per_second": ("frames/s", 0),
    "train_seconds": ("training s", 1),
}


def write_page(results: Path, page: Path) -> list[Path]:
    """Rewrite the tables of a page and the plots beside it; the files written.

    Raises FileNotFoundError where the page or every table's CSV is missing, ValueError where a CSV
    has other columns or the page's markers do not pair. Nothing is written then.
    """
    from dsrl.studies.perception_plots import gain_by_kl, latents_by_method

    if not page.is_file():
        raise FileNotFoundError(f"{page} is missing: write its prose and its markers first")
    text = page.read_text()
    names = table_names(text, page)
    tables = {name: read(results / f"{name}.csv") for name in names}
    there = {name: rows for name, rows in tables.items() if rows}
    if not there:
        raise FileNotFoundError(f"{results} has no rows of {', '.join(names)}: run the study first")
    files = {
        page.with_name(f"{page.stem}_gain.png"): gain_by_kl(there),
        page.with_name(f"{page.stem}_latents.png"): latents_by_method(there),
        page: rewritten(text, {name: table(rows) for name, rows in tables.items()}).encode(),
    }
    for path, content in files.items():
        write_atomic(path, content)
    return list(files)


def table_names(text: str, page: Path) -> list[str]:
    """The tables a page asks for. Raises ValueError for a marker without its end, or for none."""
    names = [match[2] for match in BLOCK.finditer(text)]
    if names != OPENING.findall(text) or not names:
        raise ValueError(
            f"{page}: every '<!-- table NAME -->' needs an '<!-- end -->' on a line after it, and "
            f"there must be one; found {OPENING.findall(text)}, of which {names} are whole"
        )
    return names


def rewritten(text: str, tables: Mapping[str, str]) -> str:
    """The page with these between its markers; the rest as it was."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{tables[block[2]]}\n\n{block[3]}", text)


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV of the study, none where there is no file. ValueError for other columns."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path} has other columns than the study's: run the study anew")
        return list(reader)


def table(rows: Sequence[Row]) -> str:
    """Markdown: the best back end and its peer over their seeds, the grid, and what is missing."""
    if not rows:
        return "*No rows yet.*"
    order = [BEST, CLASSIC, UNGATED, *SETTINGS]
    by_place = sorted(rows, key=lambda row: (order.index(row["method"]), _number(row["beta"]) or 0))
    lines = [
        _line(list(group))
        for _, group in groupby(by_place, key=lambda row: (row["method"], row["beta"]))
    ]
    columns = [key for key in lines[0] if any(line[key] for line in lines)]
    text = [columns, ["---"] * len(columns)]
    text += [[line[column] or "-" for column in columns] for line in lines]
    missing = missing_rows(rows)
    note = f"\n\n*Rows still missing: {', '.join(missing)}.*" if missing else ""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in text) + note


def missing_rows(rows: Iterable[Row]) -> list[str]:
    """What of the study's plan has no row: methods, with their betas."""
    there = {(row["method"], _number(row["beta"])) for row in rows}
    methods = {method for method, _ in there}
    missing = [method for method in (BEST, CLASSIC, UNGATED) if method not in methods]
    for method in SETTINGS:
        betas = [f"{beta:g}" for beta in BETAS if (method, beta) not in there]
        if method not in methods:
            missing.append(method)
        elif betas:
            missing.append(f"{method} (beta {', '.join(betas)})")
    return missing


def _line(rows: Sequence[Row]) -> dict[str, str]:
    """One line of a table: these rows are of one method and beta and differ in their seeds."""
    done = [row for row in rows if not row["failed"]]
    line = {"method": rows[0]["method"], "beta": rows[0]["beta"]}
    for column, (heading, decimals) in PLACES.items():
        line[heading] = _over_seeds([_number(row[column]) for row in done], decimals)
        if column == "f1":
            line["F1 by kind"] = _by_name([_parts(row, "objects") for row in done])
    line["fixtures' F1"] = _by_name([_parts(row, "fixtures") for row in done])
    walls = [_parts(row, "wall").get("f1") for row in done]
    line["wall's F1 of gone bricks"] = _over_seeds(walls, 3)
    line["seeds"] = str(len(rows))
    line["failed"] = "; ".join(dict.fromkeys(row["failed"] for row in rows if row["failed"]))
    return line


def _by_name(seeds: Sequence[Mapping[str, Any]]) -> str:
    """Mean F1 of each true name that was there to be found."""
    names = list(dict.fromkeys(name for parts in seeds for name in parts))
    means = {name: _mean([parts[name]["f1"] for parts in seeds if name in parts]) for name in names}
    return ", ".join(f"{name} {value:.3f}" for name, value in means.items() if value is not None)


def _over_seeds(values: Sequence[float | None], decimals: int) -> str:
    """Mean ± standard deviation over seeds; the value itself of one."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    text = f"{mean(known):,.{decimals}f}"
    return text if len(known) < 2 else f"{text} ± {stdev(known):,.{decimals}f}"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def _parts(row: Row, column: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row[column]) if row[column] else {}
    return found


def _number(text: str) -> float | None:
    return float(text) if text else None
