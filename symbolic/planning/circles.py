"""How often play went round in a circle: what is aimed at wavers the more, so that it ends.

A frozen player in a world without chance would repeat a rally for ever, or lose the same point
again and again. Both are told by what comes back in one episode: a meeting that repeats without a
good signal, and a moment, to the pixel, on the way to a bad one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

from symbolic.scene import Forecast

FAILED = 10  # meetings that repeat: what a moment on the way to a bad signal counts for

Meeting: TypeAlias = tuple[int, ...]  # kind, place, along, across of a forecast
Moment: TypeAlias = tuple[int, ...]  # a forecast, place and speed of what obeys, the last action


class Circles:
    """Counts what came back in this episode; ``repeats`` is how often."""

    def __init__(self) -> None:
        self.won = False  # whether there ever was a good signal
        self.start_episode()

    def start_episode(self) -> None:
        """Forget all but that there was a good signal."""
        self._met: Counter[Meeting] = Counter()  # since the last good signal
        self._failed: set[Moment] = set()
        self._way: list[Moment] = []  # to the meeting under way
        self._passed: list[Moment] = []  # on the way to the last one that is over

    @property
    def repeats(self) -> int:
        """0 before there ever was a good signal: then nothing is known to be better."""
        if not self.won:
            return 0
        failed = not self._failed.isdisjoint(self._way)
        return max(FAILED if failed else 0, *self._met.values(), 0)

    def awaits(self, forecast: Forecast, place: int, speed: int, before: int) -> None:
        """The next meeting is this one, what obeys being there."""
        self._way.append((*forecast, place, speed, before))

    def over(self, forecast: Forecast) -> None:
        """That meeting is over."""
        self._met[forecast.kind, forecast.place, forecast.along, forecast.across] += 1
        self._passed, self._way = self._way, []

    def signal(self, reward: float) -> None:
        """Something good or bad came of it."""
        if not reward:
            return
        if reward > 0:
            self.won = True
            self._met.clear()
        else:
            self._failed.update(self._passed, self._way)
        self._passed, self._way = [], []

    def get_state(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "won": self.won,
            "met": [[*meeting, times] for meeting, times in self._met.items()],
            "failed": sorted(map(list, self._failed)),
            "way": [list(moment) for moment in self._way],
            "passed": [list(moment) for moment in self._passed],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave; older ones have the first two alone."""
        self.won = bool(state["won"])
        self._met = Counter({tuple(meeting): times for *meeting, times in state["met"]})
        self._failed = {tuple(moment) for moment in state.get("failed", [])}
        self._way = [tuple(moment) for moment in state.get("way", [])]
        self._passed = [tuple(moment) for moment in state.get("passed", [])]
