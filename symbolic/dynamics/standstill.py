"""Standstill: the same few states again and again, nothing foreseen and nothing gained.

A game may wait for a button that nothing says is to be pressed; who always does what seemed best
would wait with it for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

SPAN = 32  # agent steps
FEW = 4  # different states in that span


class Standstill:
    """The states of the last steps in which nothing was foreseen, by their active rows."""

    def __init__(self) -> None:
        self._states: deque[tuple[int, ...]] = deque(maxlen=SPAN)

    def observe(self, rows: Sequence[int], foreseen: bool, signal: float) -> bool:
        """One step; whether it is time to do something else, whatever it be."""
        if foreseen or signal:
            self._states.clear()
            return False
        self._states.append(tuple(map(int, rows)))
        return len(self._states) == SPAN and len(set(self._states)) <= FEW

    def start_episode(self) -> None:
        """Forget all states."""
        self._states.clear()

    def get_state(self) -> list[list[int]]:
        """The last states."""
        return [list(rows) for rows in self._states]

    def set_state(self, state: Sequence[Sequence[int]]) -> None:
        """Take up a state that `get_state` gave."""
        self._states = deque((tuple(rows) for rows in state), maxlen=SPAN)
