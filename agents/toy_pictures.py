"""How the toy worlds look: three shapes, each in a colour of its own, on a dark ground."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np

TILE = 16  # pixels of a cell
SPRITE = 10  # pixels of a shape, in the middle of its cell: neighbours stay 6 apart
GROUND = (24, 24, 32)
COLOURS = {"agent": (240, 240, 240), "cross": (80, 200, 80), "circle": (220, 70, 60)}


@cache
def sprite(kind: str) -> np.ndarray:
    """A plus, a slanted cross or a ring, uint8 (TILE, TILE, 3)."""
    import cv2  # slow to import, and the ids of the worlds are known without

    tile = np.full((TILE, TILE, 3), GROUND, np.uint8)
    first = (TILE - SPRITE) // 2
    last, middle = first + SPRITE - 1, first + SPRITE // 2
    colour = COLOURS[kind]
    if kind == "agent":
        tile[first : last + 1, middle - 2 : middle + 2] = colour
        tile[middle - 2 : middle + 2, first : last + 1] = colour
    elif kind == "cross":
        cv2.line(tile, (first, first), (last, last), colour, 2)
        cv2.line(tile, (first, last), (last, first), colour, 2)
    else:
        cv2.circle(tile, (middle, middle), SPRITE // 2 - 1, colour, 2)
    return tile


def draw(shapes: Iterable[tuple[str, int, int]], side: int) -> np.ndarray:
    """A grid of side x side cells with (kind, row, column) shapes, uint8 (112, 112, 3) for 7."""
    picture = _ground(side).copy()
    for kind, row, column in shapes:
        picture[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE] = sprite(kind)
    return picture


@cache
def _ground(side: int) -> np.ndarray:
    return np.full((side * TILE, side * TILE, 3), GROUND, np.uint8)
