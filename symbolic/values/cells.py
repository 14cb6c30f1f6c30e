"""Action values as sums over the active cells, learned by Watkins's Q(lambda).

Entries learn what is left over by what stands beside them in the values: foresight, what a model
imagines, advice.

Legend: n active cells, A actions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symbolic.rules.grounder import Cell
from symbolic.values.tables import Tables
from symbolic.values.td import (
    Traces,
    no_traces,
    q_learning_error,
    replacing_traces,
    td_lambda_increments,
)

TIE = 1e-9  # values so near each other are as good


class CellValues:
    """Tables with one entry a cell and action, and what they learn from.

    ``discount`` is per agent step, ``trace_decay`` is lambda; ``step_size`` is shared among the
    active cells.
    """

    def __init__(self, actions: int, discount: float, trace_decay: float, step_size: float) -> None:
        self.tables = Tables(actions)
        self._discount, self._decay, self._step_size = discount, discount * trace_decay, step_size
        self.start_episode()

    def start_episode(self) -> None:
        """Nothing of before is eligible."""
        self._traces: Traces = no_traces()

    def look(self, cells: Sequence[Cell]) -> tuple[np.ndarray, np.ndarray]:
        """Rows (n,) of the active cells, and their entries (n, A) as they are now."""
        rows = self.tables.rows(cells)
        return rows, self.tables.weights[rows].astype(np.float64)

    def learn(
        self, rows: np.ndarray, values: np.ndarray, action: int, signal: float, now: np.ndarray
    ) -> None:
        """From a step: its rows, all values (A,) then, what was done, the ``signal`` it brought,
        and all values now; (A,) of nothing after an end."""
        delta = q_learning_error(values, action, signal, self._discount, now)
        traced, actions, _ = self._traces
        self.tables.visits[rows, action] += 1
        share = np.full(len(traced), self._step_size / max(1, len(rows)))
        np.add.at(
            self.tables.weights, (traced, actions), td_lambda_increments(self._traces, delta, share)
        )

    def follow(self, rows: np.ndarray, values: np.ndarray, action: int) -> None:
        """These cells are active while this is done; what is not the best cuts what was before."""
        followed = self._traces if values[action] >= values.max() - TIE else no_traces()
        self._traces = replacing_traces(followed, rows, action, self._decay)

    def get_state(self) -> dict[str, Any]:
        """Tables and traces."""
        return {
            "tables": self.tables.get_state(),
            "traces": [np.array(part) for part in self._traces],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.tables.set_state(state["tables"])
        self._traces = Traces(*(np.array(part) for part in state["traces"]))
