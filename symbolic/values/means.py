"""Means of what was observed, by cell, sparse cells leaning on those more often seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symbolic.rules.grounder import Cell

MEMORY = 512.0  # observations: an old habit yields to new experience
PRIOR = 2.0  # observations that a coarser cell counts for in a finer one


class Means:
    """Count and sum of an observed number for each cell; recent ones count more."""

    def __init__(self) -> None:
        self._cells: dict[Cell, list[float]] = {}  # count, sum
        self._known: dict[tuple[Cell, ...], tuple[float, float]] = {}  # answers, while they hold

    def add(self, cells: Sequence[Cell], value: float) -> None:
        """One observation that was in these cells."""
        self._known.clear()
        for cell in cells:
            entry = self._cells.setdefault(cell, [0.0, 0.0])
            fade = min(1.0, MEMORY / (entry[0] + 1.0))
            entry[0] = entry[0] * fade + 1.0
            entry[1] = entry[1] * fade + value

    def means(self, asked: Sequence[Sequence[Cell]]) -> tuple[np.ndarray, np.ndarray]:
        """What to expect where these cells hold, and how many observations the coarsest has.

        From the cell most often seen to the one least often, each takes what came before as
        `PRIOR` observations; before all of them stands a mean of 0.
        """
        found = np.array([self._mean(tuple(cells)) for cells in asked]).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def _mean(self, cells: tuple[Cell, ...]) -> tuple[float, float]:
        if cells not in self._known:
            mean = 0.0
            entries = sorted((self._cells.get(cell, [0.0, 0.0]) for cell in cells), reverse=True)
            for count, total in entries:
                mean = (total + PRIOR * mean) / (count + PRIOR)
            self._known[cells] = mean, entries[0][0] if entries else 0.0
        return self._known[cells]

    def get_state(self) -> list[Any]:
        """Cells with counts and sums, as JSON."""
        return [[table, list(key), *entry] for (table, key), entry in self._cells.items()]

    def set_state(self, state: Sequence[Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._known.clear()
        self._cells = {(str(t), tuple(key)): [n, total] for t, key, n, total in state}
