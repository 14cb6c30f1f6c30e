"""Where things turn back: from the controlled object, and at the ends of their range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

LEAST = 3  # turns: fewer may be chance
SHARE = 0.2  # of those that came near: where fewer turn back, they were taken for one another
SURE = 20  # that came near: of fewer it is not known whether they turn back
NEAR = 8  # pixels from an end of the range seen: what turns elsewhere did not meet a wall


class Turns:
    """At which distance, across the axis of control, objects of a kind turn back."""

    FARTHEST = 64

    def __init__(self) -> None:
        self._counts: dict[int, np.ndarray] = {}
        self._passed: dict[int, int] = {}

    def passed(self, kind: int) -> None:
        """One of this kind came near and went by."""
        self._passed[kind] = self._passed.get(kind, 0) + 1

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

    @property
    def kinds(self) -> list[int]:
        """Those that ever came near."""
        return sorted({*self._counts, *self._passed})

    def reach(self, kind: int) -> int | None:
        """The median turning distance in pixels, once turning back is seen to be its habit."""
        counts = self._counts.get(kind)
        if counts is None or counts.sum() < SHARE * (counts.sum() + self._passed.get(kind, 0)):
            return None
        return median_of(counts)

    def passes(self, kind: int) -> bool:
        """Whether going by is seen to be its habit."""
        return self.reach(kind) is None and self._passed.get(kind, 0) >= SURE

    def get_state(self) -> dict[str, Any]:
        """Counts by kind."""
        return {
            "turned": {str(kind): counts.copy() for kind, counts in self._counts.items()},
            "passed": {str(kind): count for kind, count in self._passed.items()},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._counts = {int(kind): np.array(counts) for kind, counts in state["turned"].items()}
        self._passed = {int(kind): int(count) for kind, count in state["passed"].items()}


class TurningPoints:
    """At which place things of a kind turn back, on each axis, at the low and the high end."""

    LOWEST, HALVES = -32, 640  # pixels; half pixels counted from there

    def __init__(self) -> None:
        self._counts: dict[tuple[int, int], np.ndarray] = {}  # kind, axis -> (2, HALVES)
        self._medians: dict[tuple[int, int], list[int | None]] = {}  # as long as they hold

    def observe(self, kind: int, axis: int, end: int, twice: int, seen: int) -> None:
        """A turn at ``twice`` its place in pixels, and the end of the range ``seen``, pixels."""
        if abs(twice - 2 * seen) > 2 * NEAR:
            return
        if (kind, axis) not in self._counts:
            self._counts[kind, axis] = np.zeros((2, self.HALVES), np.int64)
        column = min(self.HALVES - 1, max(0, twice - 2 * self.LOWEST))
        self._counts[kind, axis][end, column] += 1
        self._medians.pop((kind, axis), None)

    def point(self, kind: int, axis: int, end: int, seen: int) -> int | None:
        """The median turning point at an end, None if turns near the end ``seen`` are unknown."""
        if (kind, axis) not in self._counts:
            return None
        if (kind, axis) not in self._medians:
            halves = map(median_of, self._counts[kind, axis])
            self._medians[kind, axis] = [
                None if half is None else round((half + 2 * self.LOWEST) / 2) for half in halves
            ]
        turn = self._medians[kind, axis][end]
        return turn if turn is not None and abs(turn - seen) <= NEAR else None

    def get_state(self) -> dict[str, Any]:
        """Counts by kind and axis."""
        return {f"{kind},{axis}": counts.copy() for (kind, axis), counts in self._counts.items()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._counts.clear()
        self._medians.clear()
        for key, counts in state.items():
            kind, axis = map(int, key.split(","))
            self._counts[kind, axis] = np.array(counts)


def median_of(counts: np.ndarray) -> int | None:
    """The median index of a histogram, the lower of two; None with fewer than `LEAST` counts."""
    total = counts.sum()
    return None if total < LEAST else int(np.searchsorted(np.cumsum(counts), total / 2))
