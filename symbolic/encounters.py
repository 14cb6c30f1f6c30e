"""Encounters: what happens when another object and the controlled one come level.

A strike (offset and speed at which they come level) has an outcome (it leaves with some
velocity, passes by, or is gone), and an outcome has a value. Both are small tables over cells
that the rules derive, so what was learned from one encounter serves in others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from symbolic.grounder import Cell
from symbolic.tables import Tables

Outcome: TypeAlias = tuple[str, int, int]
"""("leaves", velocity along, velocity across), ("passed", 0, 0) or ("gone", 0, 0)."""

PASSED: Outcome = ("passed", 0, 0)
GONE: Outcome = ("gone", 0, 0)


class Strikes:
    """How often each outcome followed each strike cell."""

    def __init__(self) -> None:
        self._counts: dict[Cell, dict[Outcome, float]] = {}

    def add(self, cells: Sequence[Cell], outcome: Outcome) -> None:
        """One encounter that was in these strike cells."""
        for cell in cells:
            counts = self._counts.setdefault(cell, {})
            counts[outcome] = counts.get(outcome, 0.0) + 1.0

    def chances(
        self, cells_by_offset: Sequence[Sequence[Cell]]
    ) -> tuple[list[Outcome], np.ndarray, np.ndarray]:
        """What to expect of strikes that lie in these cells.

        A strike lies in coarse and in fine cells. From the cell most often seen to the one
        least often, each takes what came before as a prior of one sample; before all of them
        stands an unknown outcome, so the chances of a strike never seen sum to 0.

        Returns:
            The outcomes, their chances (strikes, outcomes), and how well such strikes are known
            (strikes,): samples of the finest cell, and a quarter of those of the coarsest.
        """
        cells = sorted({c for each in cells_by_offset for c in each if c in self._counts}, key=repr)
        outcomes = sorted({o for c in cells for o in self._counts[c]})
        column = {o: j for j, o in enumerate(outcomes)}
        table = np.zeros((len(cells) + 1, len(outcomes)))  # the last row: never seen
        position = {c: i for i, c in enumerate(cells)}
        for i, cell in enumerate(cells):
            for outcome, count in self._counts[cell].items():
                table[i, column[outcome]] = count
        depth = max((len(each) for each in cells_by_offset), default=0)
        rows = np.full((len(cells_by_offset), depth), len(cells))
        for o, each in enumerate(cells_by_offset):
            rows[o, : len(each)] = [position.get(cell, len(cells)) for cell in each]
        seen = table.sum(axis=1)[rows]
        order = np.argsort(-seen, axis=1, kind="stable")
        chances = np.zeros((len(cells_by_offset), len(outcomes)))
        for level in range(depth):
            chosen = np.take_along_axis(rows, order[:, level : level + 1], axis=1)[:, 0]
            chances = (table[chosen] + chances) / (table[chosen].sum(axis=1, keepdims=True) + 1.0)
        known = seen.min(axis=1) + seen.max(axis=1) / 4 if depth else np.zeros(len(chances))
        return outcomes, chances, known

    def items(self) -> list[tuple[Cell, dict[Outcome, float]]]:
        """Strike cells with the outcomes seen, in the order of first sight."""
        return list(self._counts.items())

    def get_state(self) -> list[Any]:
        """JSON: for each cell its outcomes and counts."""
        return [
            [[table, list(key)], [[list(o), n] for o, n in counts.items()]]
            for (table, key), counts in self._counts.items()
        ]

    def set_state(self, state: Sequence[Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._counts = {
            (str(table), tuple(key)): {
                (str(o[0]), int(o[1]), int(o[2])): float(n) for o, n in counts
            }
            for (table, key), counts in state
        }


class OutcomeValues:
    """Value of what an encounter leads to: additive tables, fitted to what came of it."""

    def __init__(self) -> None:
        self.tables = Tables(1)

    def value(self, cells: Sequence[Cell]) -> tuple[float, float]:
        """Expected return after an outcome in these cells, and how often it was seen."""
        rows = self.tables.rows(cells)
        seen = self.tables.visits[rows, 0].min() if len(rows) else 0.0
        return float(self.tables.values(rows)[0]), float(seen)

    def learn(self, cells: Sequence[Cell], outcome_return: float) -> None:
        """Move the sum of the active entries towards an observed return, shared among them."""
        rows = self.tables.rows(cells)
        error = outcome_return - float(self.tables.values(rows)[0])
        visits = self.tables.visits[rows, 0]
        steps = np.maximum(1.0 / (visits + 2.0), 0.02)
        self.tables.weights[rows, 0] += steps * error / max(1, len(rows))
        self.tables.visits[rows, 0] += 1


class Turns:
    """At which distance, across the axis of control, objects of a kind turn back."""

    FARTHEST = 64

    def __init__(self) -> None:
        self._counts: dict[int, np.ndarray] = {}

    def observe(
        self, kind: int, gap_tm1: float, speed_tm1: float, gap_t: float, speed_t: float
    ) -> None:
        """An object came ``gap_tm1`` pixels near at ``speed_tm1`` and is now ``gap_t`` away.

        Speeds are positive pixels per agent step, in before and out after; between the two
        looks it ran in for a time t and out for 1 - t.
        """
        speeds = speed_tm1 + speed_t
        if speeds <= 0:
            return
        t = min(1.0, max(0.0, (gap_tm1 - gap_t + speed_t) / speeds))
        gap = round(gap_tm1 - speed_tm1 * t)
        if 0 <= gap < self.FARTHEST:
            self._counts.setdefault(kind, np.zeros(self.FARTHEST, np.int64))[gap] += 1

    def reach(self, kind: int, least: int = 3) -> int | None:
        """The median turning distance in pixels, once ``least`` turns were seen."""
        counts = self._counts.get(kind)
        if counts is None or counts.sum() < least:
            return None
        return int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))

    def get_state(self) -> dict[str, Any]:
        """Counts by kind."""
        return {str(kind): counts.copy() for kind, counts in self._counts.items()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._counts = {int(kind): np.array(counts) for kind, counts in state.items()}
