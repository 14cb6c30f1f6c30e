"""On which course things are, where an end of their range was seen to turn them back.

In the step of a bounce the displacement mixes both directions, so it tells nothing of the course.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from symbolic.dynamics.turns import TurningPoints
from symbolic.facts import SymbolicObject
from symbolic.scene import SLOWEST, position

TOLERANCE = 3  # pixels: a bounce foreseen within these happened
AFTER = 2  # steps in which a bounce still shows in the displacement

Bounced: TypeAlias = tuple[int, int]
"""The velocity after the latest bounce, and the steps for which it still stands."""


class Courses:
    """The turning points learned, and the courses of what just turned."""

    def __init__(self) -> None:
        self._turns = TurningPoints()
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
            if path[0] == path[-1] and len(set(path)) == 1:
                continue  # it rests
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
        low, high = (self._turns.point(kind, axis, end, seen[end]) for end in (0, 1))
        return seen[0] if low is None else low, seen[1] if high is None else high

    def _learn(self, kind: int, axis: int, path: list[int], seen: tuple[int, int]) -> None:
        """Count a turn between the second and the third place, with the speed kept."""
        before, between, after = (b - a for a, b in pairwise(path))
        if abs(before) < SLOWEST or abs(before + after) > 1 or abs(between) > abs(before) + 1:
            return
        end = int(before > 0)
        turned_at = path[1] + path[2] + (before - after) // 2  # twice the place, in pixels
        self._turns.observe(kind, axis, end, turned_at, seen[end])

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
        end = self._turns.point(o.kind, axis, int(course > 0), seen[int(course > 0)])
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
            "turns": self._turns.get_state(),
            "paths": [[*key, [list(place) for place in path]] for key, path in self._paths.items()],
            "bounced": [[*key, *course] for key, course in self._bounced.items()],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._turns.set_state(state["turns"])
        self._paths = {(id_, kind): [(y, x) for y, x in p] for id_, kind, p in state["paths"]}
        self._bounced = {(id_, axis): (v, left) for id_, axis, v, left in state["bounced"]}
