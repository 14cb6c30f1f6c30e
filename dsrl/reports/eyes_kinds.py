"""The kinds that eyes know: their rows, their looks, and the dictionary as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from dsrl.reports.eyes_figures import COLUMNS, GREY, Looks, dictionary
from dsrl.runs.names import NO_NAMES, Names, with_name
from perception.detection import LatentEyes
from perception.eyes import AnyEyes
from perception.pixels import PixelEyes

UNSEEN = "(none seen in training)"
SHOWN = 0.05  # share of its steps in which a kind shows a look that is told of


def looks_of(eyes: LatentEyes, kind: int) -> list[int]:
    """The sprites that a kind shows in more than `SHOWN` of its steps, the commonest first."""
    chance = np.exp(eyes.kinds.looks[kind])
    often = [k for k in np.argsort(-chance, kind="stable").tolist() if chance[k] > SHOWN]
    return often or [int(chance.argmax())]


def kinds_in(eyes: AnyEyes) -> list[dict[str, Any]]:
    """One row a kind: mean RGB, height and width in pixels, chance of moving in a step, whether
    there is always one, detections in training. Of latents the first are the commonest look's."""
    if isinstance(eyes, PixelEyes):
        return eyes.kinds.describe()
    if not isinstance(eyes, LatentEyes):
        return [{"kind": int(kind)} for kind in np.unique(eyes.kinds.kind_of)]
    rows = []
    for kind in range(len(eyes.kinds)):
        sprites = looks_of(eyes, kind)
        height, width = eyes.dictionary.patch(sprites[0]).alpha.shape
        rows.append(
            {
                "kind": kind,
                "colour": [round(c) for c in eyes.dictionary.mean_colour(sprites[0]).tolist()],
                "height": height,
                "width": width,
                "mobility": round(float(eyes.kinds.mobility[kind]), 3),
                "solitary": bool(eyes.kinds.solitary[kind]),
                "detections": int(eyes.kinds.count[kind]),
                "sprites": sprites,
            }
        )
    return rows


def kinds_of(eyes: AnyEyes, names: Names = NO_NAMES) -> list[dict[str, Any]]:
    """The same, and how many looks a kind has (None where eyes have none), and its name if any."""
    rows = kinds_in(eyes)
    return [
        with_name({**row, "looks": len(row["sprites"]) if "sprites" in row else None}, names)
        for row in rows
    ]


def sheet(eyes: LatentEyes, names: Names = NO_NAMES, title: str = "") -> Figure:
    """The dictionary: a row for the looks of each kind, after its number, its name if it has one,
    and its size."""
    rows = [
        Looks(_texts(row), [_look(eyes, sprite) for sprite in looks_of(eyes, row["kind"])])
        for row in kinds_of(eyes, names)
    ]
    return dictionary(rows, title)


def _look(eyes: LatentEyes, sprite: int) -> np.ndarray:
    patch = eyes.dictionary.patch(sprite)
    return np.where(patch.alpha[..., None], patch.rgb, np.uint8(GREY))


def _texts(row: dict[str, Any]) -> tuple[str, str, str, str]:
    """Number, name, height x width and number of looks of a kind, empty what is not known; a kind
    that training did not show has the looks of its family."""
    size = f"{row['height']:g}x{row['width']:g}" if "height" in row else ""
    looks = "" if row["looks"] is None else str(row["looks"])
    name = row.get("name") or (UNSEEN if row.get("detections") == 0 else "")
    return str(row["kind"]), name, size, looks


def kinds_table(kinds: Sequence[dict[str, Any]]) -> Table:
    """A row a kind, for reading."""
    table = Table(box=None, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in ("kind", "looks") else "left")
    for row in kinds:
        table.add_row(*_texts(row))
    return table
