"""What a reward and a lost life are worth to the learner, in a unit that fits every game."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MEMORY = 20.0  # lives: how long the worth of a life looks back


class Signals:
    """Rewards in units of their mean size so far; a life is worth what a life brought so far."""

    def __init__(self) -> None:
        self._size = 0.0  # sum of the sizes of all rewards
        self._rewards = 0
        self._lives = 0.0
        self._gained = 0.0  # by these lives
        self._gain = 0.0  # by this life

    def __call__(self, reward: float, life_lost: bool, learning: bool) -> tuple[float, float]:
        """(signal, worth of the life that was lost or 0) of one agent step's raw score."""
        if reward and learning:
            self._size += abs(reward)
            self._rewards += 1
        signal = reward * self._rewards / self._size if self._size else reward
        lost = max(1.0, self._gained / max(1.0, self._lives)) if life_lost else 0.0
        if learning:
            self._gain += max(0.0, signal)
            if life_lost:
                fade = min(1.0, MEMORY / (self._lives + 1.0))
                self._lives = self._lives * fade + 1.0
                self._gained = self._gained * fade + self._gain
                self._gain = 0.0
        return signal, lost

    def get_state(self) -> dict[str, Any]:
        """All counters."""
        return dict(vars(self))

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        for name in vars(self):
            setattr(self, name, state[name])
