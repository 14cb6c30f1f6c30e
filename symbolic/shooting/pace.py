"""The price of time: what a step brought of late, by how much there was to be had.

As the reward of an average step in average-reward learning (Mahadevan 1996), but told apart by how
many targets are left: where few are, a step brings less, and waiting for a good moment costs less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

LEVELS = 8  # none, 1, 2 to 3, 4 to 7, ...
RECENT = 4000.0  # agent steps
PRIOR = 100.0  # agent steps that the mean of all levels counts for in each


class Pace:
    """Reward and steps by level."""

    def __init__(self) -> None:
        self._gained, self._steps = np.zeros(LEVELS), np.zeros(LEVELS)

    def observe(self, targets: int, reward: float) -> None:
        """One step with so many targets in sight."""
        level = level_of(targets)
        self._gained[level] += reward
        self._steps[level] += 1
        if self._steps[level] > RECENT:  # halve both: what came long ago counts less
            self._gained[level] /= 2
            self._steps[level] /= 2

    def step_worth(self, targets: int) -> float:
        """What a step brings while there are so many."""
        level, steps = level_of(targets), self._steps.sum()
        overall = self._gained.sum() / steps if steps else 0.0
        return float((self._gained[level] + PRIOR * overall) / (self._steps[level] + PRIOR))

    def get_state(self) -> dict[str, Any]:
        """Both counts."""
        return {"gained": self._gained.copy(), "steps": self._steps.copy()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._gained, self._steps = np.array(state["gained"]), np.array(state["steps"])


def level_of(targets: int) -> int:
    """0 for none, then one more with each doubling."""
    return min(LEVELS - 1, targets.bit_length())
