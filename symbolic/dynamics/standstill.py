"""Standstill: the same few states again and again, nothing foreseen and nothing gained.

A game may wait for a button that nothing says is to be pressed; who always does what seemed best
would wait with it for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

SPANS = (32, 64, 128, 256, 512)  # agent steps: where chance moves me a little, a round is longer
OFTEN = 8  # times that each state comes in a span, in the mean, or more often


class Standstill:
    """The states of the last steps in which nothing was foreseen, by their active rows."""

    def __init__(self) -> None:
        self._states: deque[tuple[int, ...]] = deque(maxlen=SPANS[-1])

    def observe(self, rows: Sequence[int], foreseen: bool, signal: float) -> bool:
        """One step; whether it is time to do something else, whatever it be."""
        if foreseen or signal:
            self._states.clear()
            return False
        self._states.append(tuple(map(int, rows)))
        seen: set[tuple[int, ...]] = set()
        for steps, state in enumerate(reversed(self._states), 1):
            seen.add(state)
            if steps in SPANS and len(seen) * OFTEN <= steps:
                return True
        return False

    def start_episode(self) -> None:
        """Forget all states."""
        self._states.clear()

    def get_state(self) -> list[list[int]]:
        """The last states."""
        return [list(rows) for rows in self._states]

    def set_state(self, state: Sequence[Sequence[int]]) -> None:
        """Take up a state that `get_state` gave."""
        self._states = deque((tuple(rows) for rows in state), maxlen=SPANS[-1])
