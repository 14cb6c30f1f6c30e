"""Additive tables: the value of a state is the sum of its active cells' entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symbolic.rules.grounder import Cell


class Tables:
    """All tables in one growing array: a row for each cell ever active, a column per action.

    One table for each interaction of kinds, their entries summed (Garnelo et al. 2016).
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self._rows: dict[Cell, int] = {}
        self.weights = np.zeros((64, columns), np.float32)
        self.visits = np.zeros((64, columns), np.uint32)

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, cells: Sequence[Cell]) -> np.ndarray:
        """Row numbers of cells, shape (n,); a cell not seen before starts at zero."""
        found = np.empty(len(cells), np.int64)
        for i, cell in enumerate(cells):
            row = self._rows.get(cell)
            if row is None:
                row = self._rows[cell] = len(self._rows)
                if row == len(self.weights):
                    self.weights = np.concatenate([self.weights, np.zeros_like(self.weights)])
                    self.visits = np.concatenate([self.visits, np.zeros_like(self.visits)])
            found[i] = row
        return found

    def values(self, rows: np.ndarray) -> np.ndarray:
        """Sum over the active rows, shape (columns,) float64."""
        return np.asarray(self.weights[rows].sum(axis=0, dtype=np.float64))

    def items(self) -> list[tuple[Cell, np.ndarray, np.ndarray]]:
        """Every cell with its weights and visits, in the order of first sight."""
        return [(c, self.weights[r], self.visits[r]) for c, r in self._rows.items()]

    def get_state(self) -> dict[str, Any]:
        """Cells as JSON lists, weights and visits as arrays of the rows in use."""
        used = len(self._rows)
        return {
            "cells": [[table, list(key)] for table, key in self._rows],
            "weights": self.weights[:used].copy(),
            "visits": self.visits[:used].copy(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave.

        Raises:
            ValueError: its arrays do not fit its cells or this number of columns.
        """
        cells = [(str(table), tuple(key)) for table, key in state["cells"]]
        weights = np.array(state["weights"], np.float32)
        visits = np.array(state["visits"], np.uint32)
        expected = (len(cells), self.columns)
        for array in (weights, visits):
            if array.shape != expected:
                raise ValueError(f"tables: expected arrays of shape {expected}, got {array.shape}")
        self._rows = {cell: row for row, cell in enumerate(cells)}
        room = (max(64, len(cells)), self.columns)
        self.weights, self.visits = np.zeros(room, np.float32), np.zeros(room, np.uint32)
        self.weights[: len(cells)], self.visits[: len(cells)] = weights, visits
