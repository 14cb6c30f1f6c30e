"""On which course things are, where an end of their range was seen to turn them back.

In the step of a bounce the displacement mixes both directions, so it tells nothing of the course.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from symbolic.facts import SymbolicObject
from symbolic.scene import SLOWEST, position

LEAST = 3  # turns: fewer may be chance
NEAR = 8  # pixels from an end of the range seen: what turns elsewhere did not meet a wall
TOLERANCE = 3  # pixels: a bounce foreseen within these happened
AFTER = 2  # steps in which a bounce still shows in the displacement

Bounced: TypeAlias = tuple[int, int]
"""The velocity after the latest bounce, and the steps for which it still stands."""


class Courses:
    """Turning points by kind, axis and end; and the courses of what just turned."""

    def __init__(self) -> None:
        self._turns: dict[tuple[int, int], np.ndarray] = {}  # (2 ends, half pixels)
        self._medians: dict[tuple[int, int], tuple[int | None, int | None]] = {}
        self.start_episode()

    def start_episode(self) -> None:
        """Forget what was under way."""
        self._paths: dict[tuple[int, int], list[tuple[int, int]]] = {}  # id, kind -> (y, x)
        self._bounced: dict[tuple[int, int], Bounced] = {}  # id, axis

    def observe(
        self,
        objects: Sequence[SymbolicObject],
        seen: Mapping[int, tuple[tuple[int, int], tuple[int, int]]],
        learning: bool,
    ) -> None:
        """One agent step. ``seen`` is the lowest and highest place of each kind, by axis."""
        paths, bounced = {}, {}
        for o in objects:
            path = [*self._paths.get((o.id, o.kind), [])[-3:], (o.y, o.x)]
            paths[o.id, o.kind] = path
            for axis in (0, 1):
                if learning and len(path) == 4:
                    self._learn(o.kind, axis, [place[axis] for place in path], seen[o.kind][axis])
                course = self._after(o, axis, path, seen[o.kind][axis])
                if course is not None:
                    bounced[o.id, axis] = course
        self._paths, self._bounced = paths, bounced

    def straighten(
        self, objects: Sequence[SymbolicObject], me: SymbolicObject
    ) -> list[SymbolicObject]:
        """The objects with the velocities of their courses, ``me`` as it is."""
        if not self._bounced:
            return list(objects)
        return [
            o
            if o.id == me.id
            else o._replace(
                dy=self._bounced.get((o.id, 0), (o.dy, 0))[0],
                dx=self._bounced.get((o.id, 1), (o.dx, 0))[0],
            )
            for o in objects
        ]

    def ends(self, kind: int, axis: int, seen: tuple[int, int]) -> tuple[int, int]:
        """Where things of this kind turn back: the median by end, or what was ``seen``."""
        low, high = (self._turn(kind, axis, end, seen[end]) for end in (0, 1))
        return seen[0] if low is None else low, seen[1] if high is None else high

    def _turn(self, kind: int, axis: int, end: int, seen: int) -> int | None:
        """The median turning point at an end, None if turns near the end ``seen`` are unknown."""
        if (kind, axis) not in self._turns:
            return None
        if (kind, axis) not in self._medians:
            below, above = self._turns[kind, axis]
            self._medians[kind, axis] = _median(below), _median(above)
        turn = self._medians[kind, axis][end]
        return turn if turn is not None and abs(turn - seen) <= NEAR else None

    def _learn(self, kind: int, axis: int, path: list[int], seen: tuple[int, int]) -> None:
        """Count a turn between the second and the third place, with the speed kept."""
        before, between, after = (b - a for a, b in pairwise(path))
        if abs(before) < SLOWEST or abs(before + after) > 1 or abs(between) > abs(before) + 1:
            return
        end = int(before > 0)
        turned_at = path[1] + path[2] + (before - after) // 2  # twice the place, in pixels
        if abs(turned_at - 2 * seen[end]) > 2 * NEAR:
            return
        if (kind, axis) not in self._turns:
            self._turns[kind, axis] = np.zeros((2, 640), np.int64)
        counts = self._turns[kind, axis][end]
        counts[min(len(counts) - 1, max(0, turned_at + 64))] += 1
        self._medians.pop((kind, axis), None)

    def _after(
        self, o: SymbolicObject, axis: int, path: list[tuple[int, int]], seen: tuple[int, int]
    ) -> Bounced | None:
        """The course of what bounces now, or bounced just before."""
        if len(path) < 2:
            return None
        now, was = position(o, axis), path[-2][axis]
        bounced = self._bounced.get((o.id, axis))
        if bounced is not None:
            course, left = bounced
            lasts = left > 1 and abs(now - was - course) <= TOLERANCE
            return (course, left - 1) if lasts else None
        if len(path) < 3:
            return None
        # The step before may be cut short already: the speed is that of the faster of the two.
        course = max((b[axis] - a[axis] for a, b in pairwise(path[:-1])), key=abs)
        end = self._turn(o.kind, axis, int(course > 0), seen[int(course > 0)])
        if end is None or abs(course) < SLOWEST:
            return None
        on = was + course
        back = 2 * end - on
        if (on - end) * course <= 0 or abs(back - now) > TOLERANCE:
            return None
        # Slow things are within the tolerance wherever they go: it must be the likeliest.
        return (-course, AFTER) if abs(back - now) < min(abs(on - now), abs(end - now)) else None

    def get_state(self) -> dict[str, Any]:
        """Turns by kind and axis, and what is under way."""
        return {
            "turns": {f"{kind},{axis}": n.copy() for (kind, axis), n in self._turns.items()},
            "paths": [[*key, [list(place) for place in path]] for key, path in self._paths.items()],
            "bounced": [[*key, *course] for key, course in self._bounced.items()],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._medians.clear()
        self._turns = {}
        for key, counts in state["turns"].items():
            kind, axis = map(int, key.split(","))
            self._turns[kind, axis] = np.array(counts)
        self._paths = {(id_, kind): [(y, x) for y, x in p] for id_, kind, p in state["paths"]}
        self._bounced = {(id_, axis): (v, left) for id_, axis, v, left in state["bounced"]}


def _median(counts: np.ndarray) -> int | None:
    """The median place in whole pixels, of counts by half pixels from -32 on."""
    total = counts.sum()
    if total < LEAST:
        return None
    return round((int(np.searchsorted(np.cumsum(counts), total / 2)) - 64) / 2)
