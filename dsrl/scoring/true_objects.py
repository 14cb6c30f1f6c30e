"""What stands on the screen according to the console's memory.

An observation is the maximum of two emulator frames, so a thing's true box is the union of its
boxes in both, each cut to the window it is drawn in. It is visible where its conditions hold, and
something of it is left, in either frame: what is drawn on alternate frames alone is visible in
all observations. What jumps between the two frames (a paddle put back for the next serve) shows
two images far apart: both are true.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from dsrl.scoring.memory_map import BitGrid, Box, Conditions, RamObject, Reading

APART_PIXELS = 4  # boxes of one thing further apart than this are two images


class TrueObject(NamedTuple):
    """Centre and size, native pixels; `entry` is the map's entry it comes from."""

    name: str
    y: float
    x: float
    height: float
    width: float
    entry: int = 0


def true_objects(things: Sequence[RamObject], rams: Sequence[np.ndarray]) -> list[TrueObject]:
    """The visible things of an observation, from the memory at the frames it is the maximum of."""
    found = []
    for entry, thing in enumerate(things):
        boxes = [box for ram in rams if (box := _drawn(thing, ram)) is not None]
        if len(boxes) == 2 and _gap(*boxes) < APART_PIXELS:
            boxes = [_union(boxes)]
        found += [_centred(thing.name, box, entry) for box in boxes]
    return found


def true_fixtures(grids: Sequence[BitGrid], rams: Sequence[np.ndarray]) -> list[TrueObject]:
    """The boxes around what is left of each grid, where anything is."""
    found = []
    for entry, grid in enumerate(grids):
        rows, columns = standing(grid, rams).nonzero()
        if len(rows):
            box = (
                grid.top + int(rows.min()) * grid.cell_height,
                grid.left + int(columns.min()) * grid.cell_width,
                grid.top + (int(rows.max()) + 1) * grid.cell_height,
                grid.left + (int(columns.max()) + 1) * grid.cell_width,
            )
            found.append(_centred(grid.name, box, entry))
    return found


def standing(grid: BitGrid, rams: Sequence[np.ndarray]) -> np.ndarray:
    """Which cells are drawn in either frame, bool (rows, columns)."""
    drawn = np.zeros((len(grid.bits), len(grid.bits[0])), bool)
    for ram in rams:
        if _holds(grid.shown, ram):
            drawn |= [[ram[bit.byte] & bit.mask == bit.mask for bit in row] for row in grid.bits]
    return drawn


def inside(boxes: Iterable[Box], y: float, x: float) -> bool:
    """Whether the point lies in any of the boxes."""
    return any(top <= y < bottom and left <= x < right for top, left, bottom, right in boxes)


def _drawn(thing: RamObject, ram: np.ndarray) -> Box | None:
    """Its box in one emulator frame, cut to its window; None where nothing of it is drawn."""
    if not _holds(thing.shown, ram):
        return None
    top, left = _value(thing.top, ram), _value(thing.left, ram)
    window = thing.window
    cut = (
        max(top, window[0]),
        max(left, window[1]),
        min(top + thing.height, window[2]),
        min(left + _value(thing.width, ram), window[3]),
    )
    return cut if cut[0] < cut[2] and cut[1] < cut[3] else None


def _value(number: Reading | int, ram: np.ndarray) -> int:
    if isinstance(number, int):
        return number
    return number.scale * int(ram[number.byte]) + number.offset


def _holds(shown: tuple[Conditions, ...], ram: np.ndarray) -> bool:
    return not shown or any(
        all(int(ram[c.byte]) & c.mask in c.values for c in conditions) for conditions in shown
    )


def _union(boxes: Sequence[Box]) -> Box:
    lows, highs = np.min(boxes, axis=0).tolist(), np.max(boxes, axis=0).tolist()
    return lows[0], lows[1], highs[2], highs[3]


def _gap(one: Box, other: Box) -> int:
    """Pixels between two boxes, row- or columnwise, the larger; below 1 where they touch."""
    rows = max(one[0], other[0]) - min(one[2], other[2])
    columns = max(one[1], other[1]) - min(one[3], other[3])
    return max(rows, columns)


def _centred(name: str, box: Box, entry: int) -> TrueObject:
    height, width = box[2] - box[0], box[3] - box[1]
    y, x = box[0] + (height - 1) / 2, box[1] + (width - 1) / 2
    return TrueObject(name, y, x, height, width, entry)
