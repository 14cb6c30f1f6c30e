"""Encounters: what happens when another object and the controlled one come level.

A strike (offset and speed at which they come level) has an outcome (it leaves with some
velocity, passes by, or is gone), and an outcome has a value. Both are small tables over cells
that the rules derive, so what was learned from one encounter serves in others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from symbolic.rules.grounder import Cell, cell_order
from symbolic.values.tables import Tables

Outcome: TypeAlias = tuple[str, int, int]
"""("leaves", velocity along, gain in speed across), ("passed", 0, 0), ("gone", 0, 0), or, when it
was the end of the controlled object, ("struck", 0, 0).

The gain, so that what was learned of slow strikes tells what to expect of fast ones.
"""

MEMORY = 32.0  # encounters: an old habit yields to a few new experiences,
LONG = 512.0  # but what is avoided must not be forgotten
PRIOR = 2.0  # encounters that a coarser cell counts for in a finer one
PASSED: Outcome = ("passed", 0, 0)
GONE: Outcome = ("gone", 0, 0)
STRUCK: Outcome = ("struck", 0, 0)


class Strikes:
    """How often each outcome followed each strike cell: one array, cells by outcomes."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._columns: dict[Outcome, int] = {}
        self._rows: dict[Cell, int] = {}
        self._counts = np.zeros((64, 16))  # row 0 stays empty: no cell

    @property
    def outcomes(self) -> list[Outcome]:
        """Every outcome ever seen, in the order of first sight."""
        return list(self._columns)

    def rows(self, cells_by_strike: Sequence[Sequence[Cell]]) -> np.ndarray:
        """Row numbers for `returns`, (strikes, cells of each); they stay the same for ever."""
        return padded([[self._row(cell) for cell in each] for each in cells_by_strike], 0)

    def _row(self, cell: Cell) -> int:
        row = self._rows.setdefault(cell, len(self._rows) + 1)
        if row == len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
        return row

    def _column(self, outcome: Outcome) -> int:
        column = self._columns.setdefault(outcome, len(self._columns))
        if column == self._counts.shape[1]:
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)], axis=1)
        return column

    def add(self, cells: Sequence[Cell], outcome: Outcome, memory: float = MEMORY) -> None:
        """One encounter that was in these strike cells; beyond ``memory`` older ones fade."""
        column = self._column(outcome)
        for cell in cells:
            row = self._row(cell)
            self._counts[row] *= min(1.0, memory / (self._counts[row].sum() + 1.0))
            self._counts[row, column] += 1.0

    def returns(self, rows: np.ndarray, worth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What to expect of strikes that lie in the cells of these ``rows``.

        A strike lies in coarse and in fine cells. From the cell most often seen to the one
        least often, each takes what came before as `PRIOR` samples; before all of them stands a
        worth of 0.

        Args:
            rows: (strikes, cells of each).
            worth: (outcomes,) in the order of `outcomes`.

        Returns:
            The mean worth of what follows (strikes,), and how well such strikes are known
            (strikes,): samples of the finest cell, and a quarter of those of the coarsest.
        """
        mean = np.zeros(len(rows))
        if rows.shape[1] == 0:
            return mean, np.zeros(len(rows))
        counts = self._counts[: len(self._rows) + 1, : len(self._columns)]
        seen, sums = counts.sum(axis=1), (counts * worth).sum(axis=1)
        samples = seen[rows]
        ordered = np.take_along_axis(rows, np.argsort(-samples, axis=1, kind="stable"), axis=1)
        for level in range(rows.shape[1]):
            chosen = ordered[:, level]
            mean = (sums[chosen] + PRIOR * mean) / (seen[chosen] + PRIOR)
        return mean, samples.min(axis=1) + samples.max(axis=1) / 4

    def shares(self, cells: Sequence[Cell]) -> np.ndarray:
        """(outcomes,) how likely each is after a strike in these cells, mixed as in `returns`.

        They sum to less than 1: the rest is what is not known, which is worth 0.
        """
        rows = self.rows([cells])[0]
        counts = self._counts[: len(self._rows) + 1, : len(self._columns)]
        shares = np.zeros(len(self._columns))
        for row in rows[np.argsort(-counts[rows].sum(axis=1), kind="stable")]:
            shares = (counts[row] + PRIOR * shares) / (counts[row].sum() + PRIOR)
        return shares

    def items(self) -> list[tuple[Cell, dict[Outcome, float]]]:
        """Strike cells with the outcomes seen, sorted."""
        outcomes = self.outcomes
        return [
            (cell, {outcomes[j]: float(self._counts[row, j]) for j in columns})
            for cell, row in sorted(self._rows.items(), key=lambda item: cell_order(item[0]))
            if len(columns := np.flatnonzero(self._counts[row]))
        ]

    def get_state(self) -> dict[str, Any]:
        """JSON: the outcomes, and for each cell seen their numbers and counts."""
        return {
            "outcomes": [list(outcome) for outcome in self.outcomes],
            "cells": [
                [[table, list(key)], [[self._columns[o], n] for o, n in counts.items()]]
                for (table, key), counts in self.items()
            ],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave; row numbers given out before are void."""
        self._clear()
        for word, along, across in state["outcomes"]:
            self._column((str(word), int(along), int(across)))
        for (table, key), counts in state["cells"]:
            for column, n in counts:
                row = self._row((str(table), tuple(key)))  # before the look-up: it may grow
                self._counts[row, column] = n


def padded(rows: Sequence[Sequence[int] | np.ndarray], missing: int) -> np.ndarray:
    """Lists of row numbers as one array, (lists, length of the longest), the rest ``missing``."""
    depth = max((len(each) for each in rows), default=0)
    found = np.full((len(rows), depth), missing)
    for i, each in enumerate(rows):
        found[i, : len(each)] = each
    return found


class OutcomeValues:
    """Value of what an encounter leads to: additive tables, fitted to what came of it."""

    def __init__(self) -> None:
        self.tables = Tables(1)

    def value(self, cells: Sequence[Cell]) -> tuple[float, float]:
        """Expected return after an outcome in these cells, and how often it was seen."""
        (value,), (seen,) = self.value_batch(self.rows([cells]))
        return float(value), float(seen)

    def rows(self, cells_by_outcome: Sequence[Sequence[Cell]]) -> np.ndarray:
        """Row numbers, (outcomes, cells of each), -1 where there are fewer; they stay the same."""
        return padded([self.tables.rows(each) for each in cells_by_outcome], -1)

    def value_batch(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`value` of many: (outcomes,) each."""
        if rows.size == 0:
            return np.zeros(len(rows)), np.zeros(len(rows))
        there = rows >= 0
        values = (self.tables.weights[rows, 0] * there).sum(axis=1, dtype=np.float64)
        visits = np.where(there, self.tables.visits[rows, 0], np.inf).min(axis=1)
        return values, np.where(there.any(axis=1), visits, 0.0)

    def learn(self, cells: Sequence[Cell], outcome_return: float) -> None:
        """Move the sum of the active entries towards an observed return, shared among them."""
        rows = self.tables.rows(cells)
        error = outcome_return - float(self.tables.values(rows)[0])
        visits = self.tables.visits[rows, 0]
        steps = np.maximum(1.0 / (visits + 2.0), 0.02)
        self.tables.weights[rows, 0] += steps * error / max(1, len(rows))
        self.tables.visits[rows, 0] += 1
