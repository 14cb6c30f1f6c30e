"""Triggers: how likely each action sends something out, by what was done before.

A button that is held may send once and no more: then the same action sends after some actions and
hardly ever after others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

LEAST_CHANCE = 0.15  # an action that is followed by a launch less often does not send
PRIOR = 10.0  # tries that an action counts for, whatever was done before, in one context


class Try(NamedTuple):
    """An action, the one before, and whether (1, 0) something was on its way when it was chosen."""

    busy: int
    before: int
    action: int


class Triggers:
    """Counts of tries and launches, (2, A, A): as the parts of `Try`."""

    def __init__(self, actions: int) -> None:
        self.tried = np.zeros((2, actions, actions))
        self.sent = np.zeros((2, actions, actions))

    @property
    def known(self) -> bool:
        """Whether some action sends, and not by chance."""
        return bool(self._whatever_before()[0].max() >= LEAST_CHANCE)

    def chances(self, steps: int, busy: int, before: int) -> np.ndarray:
        """(steps, A) how likely each action sends from now on, if nothing was sent yet.

        Something is on its way for ``busy`` steps more; ``before`` was done last. Later on what is
        done before is taken to be what is best for it.
        """
        each = self._each()
        later = (np.arange(steps) < busy).astype(np.intp)
        chances = each.max(axis=1)[later]
        chances[0] = each[later[0], before]
        return chances

    def spoils(self) -> np.ndarray:
        """(A,) by which share each action lowers the chance to send in the step after it."""
        best = self._each()[0].max(axis=1)  # by what is done before
        return np.asarray(1.0 - best / best.max()) if best.max() else np.zeros(len(best))

    def _whatever_before(self) -> np.ndarray:
        return np.asarray(self.sent.sum(axis=1) / (self.tried.sum(axis=1) + 1.0))  # (2, A)

    def _each(self) -> np.ndarray:
        """(2, A, A) what is rarely done leans on the same action whatever was done before."""
        lean = PRIOR * self._whatever_before()[:, None]
        return np.asarray((self.sent + lean) / (self.tried + PRIOR))

    def get_state(self) -> dict[str, Any]:
        """The counts."""
        return {"tried": self.tried.copy(), "sent": self.sent.copy()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.tried, self.sent = np.array(state["tried"]), np.array(state["sent"])
