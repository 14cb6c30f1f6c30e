"""How well a wall's state can be read off the objects, whatever way perception draws the wall."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dsrl.scoring.memory_map import BitGrid
from dsrl.scoring.true_objects import standing
from perception import Object

NOTHING = -1  # the label of a brick that no object covers


class WallScore:
    """Counts of bricks read as gone or standing against the memory, frame by frame.

    A brick's label is the learned kind of the smallest object whose box covers the brick's centre.
    It is read as gone while its label is not the one it had when last all bricks stood. Frames in
    which all stand give the labels and are not counted; nor are those of an episode before one.
    """

    def __init__(self, grid: BitGrid) -> None:
        self._grid = grid
        self._whole: np.ndarray | None = None  # labels when last all bricks stood
        self._bricks = np.zeros((2, 2), int)  # [truly gone, read as gone]

    def new_episode(self) -> None:
        """Labels need not outlive an episode."""
        self._whole = None

    def add(self, rams: Sequence[np.ndarray], seen: Sequence[Object]) -> None:
        """Count the bricks of one observation."""
        gone = ~standing(self._grid, rams)
        labels = brick_labels(self._grid, seen)
        if not gone.any():
            self._whole = labels
        elif self._whole is not None:
            np.add.at(self._bricks, (gone.astype(int), (labels != self._whole).astype(int)), 1)

    def summary(self) -> dict[str, Any]:
        """F1 of "gone", precision, recall and accuracy over bricks; None where none was counted."""
        (kept, wrong), (missed, found) = self._bricks.tolist()
        counted = kept + wrong + missed + found
        return {
            "f1": 2 * found / (2 * found + wrong + missed) if found + wrong + missed else None,
            "precision": found / (found + wrong) if found + wrong else None,
            "recall": found / (found + missed) if found + missed else None,
            "accuracy": (kept + found) / counted if counted else None,
            "bricks": counted,
            "gone": missed + found,
        }


def brick_labels(grid: BitGrid, seen: Sequence[Object]) -> np.ndarray:
    """The kind of the smallest object over each brick's centre, int (rows, columns); or NOTHING."""
    rows, columns = len(grid.bits), len(grid.bits[0])
    y = grid.top + (np.arange(rows) + 0.5) * grid.cell_height - 0.5
    x = grid.left + (np.arange(columns) + 0.5) * grid.cell_width - 0.5
    labels = np.full((rows, columns), NOTHING)
    for o in sorted(seen, key=lambda o: o.height * o.width, reverse=True):  # small over large
        covered = np.ix_(np.abs(y - o.y) <= o.height / 2, np.abs(x - o.x) <= o.width / 2)
        labels[covered] = o.kind
    return labels
