"""How things drift: displacements of single steps jump where a fleet moves now and then."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from symbolic.dynamics.ranges import Ranges
from symbolic.facts import SymbolicObject
from symbolic.scene import position

SPAN = 8  # agent steps that a drift is measured over
ALIKE = 0.1, 0.25  # pixels per agent step, and share of it: what drifts so much alike is one fleet


class Drifts:
    """The last places of each object, and where that leads."""

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges
        self.start_episode()

    def start_episode(self) -> None:
        """Forget all places."""
        self._paths: dict[int, list[tuple[int, int]]] = {}

    def observe(self, objects: Sequence[SymbolicObject]) -> None:
        """One agent step."""
        self._paths = {o.id: [*self._paths.get(o.id, [])[-SPAN:], (o.y, o.x)] for o in objects}

    def drift(self, o: SymbolicObject, axis: int) -> float:
        """Mean displacement along an axis, pixels per agent step; 0 for what was never seen.

        What turned back once within the span goes on as fast as before it.
        """
        path = [place[axis] for place in self._paths.get(o.id, [])]
        if len(path) < 2:
            return 0.0
        steps = [b - a for a, b in pairwise(path)]
        moved = [step for step in steps if step]
        turns = [a * b < 0 for a, b in pairwise(moved)]
        if sum(turns) != 1:
            return sum(steps) / len(steps)
        cut_short = abs(moved[turns.index(True)]) if len(steps) > 2 else 0  # where its range ends
        speed = (sum(map(abs, moved)) - cut_short) / (len(steps) - bool(cut_short))
        return float(np.copysign(speed, moved[-1]))

    def ahead(self, objects: Sequence[SymbolicObject], axis: int, steps: np.ndarray) -> np.ndarray:
        """(M, T) where these objects are so many agent ``steps`` (M, T) from now, along an axis.

        What drifts alike is taken for a fleet that turns back as one where its first reaches the
        end of the range of its kind.
        """
        at = np.array([position(o, axis) for o in objects], float)
        drift = np.array([self.drift(o, axis) for o in objects])
        extents = np.array([self._ranges.extent(o.kind, axis) for o in objects], float)
        least, share = ALIKE
        apart = np.abs(drift[:, None] - drift)
        fleet = (apart <= least + share * np.abs(drift)) & (drift[:, None] * drift > 0)
        fleet |= np.eye(len(at), dtype=bool)
        low = np.where(fleet, at - extents[:, 0], np.inf).min(axis=1)  # room towards lower places
        high = np.where(fleet, extents[:, 1] - at, np.inf).min(axis=1)
        moved = _to_and_fro(
            np.maximum(0.0, low), np.maximum(0.0, high), drift, int(steps.max()) + 2
        )
        whole = np.floor(steps).astype(np.intp)
        each = np.arange(len(at))[:, None]
        part = (steps - whole) * (moved[each, whole + 1] - moved[each, whole])
        return np.asarray(at[:, None] + moved[each, whole] + part)

    def get_state(self) -> list[Any]:
        """Places by id."""
        return [[id_, [list(place) for place in path]] for id_, path in self._paths.items()]

    def set_state(self, state: Sequence[Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._paths = {int(id_): [(y, x) for y, x in path] for id_, path in state}


def _to_and_fro(low: np.ndarray, high: np.ndarray, speed: np.ndarray, steps: int) -> np.ndarray:
    """(M, steps) how far what has so much room on both sides will be from where it is.

    Where a step would lead beyond its range it ends there, and the next one leads back.
    """
    place, lowest, fast = np.zeros((steps, len(low))), -low, np.abs(speed)
    for step in range(1, steps):
        was = place[step - 1]
        speed = np.where(was >= high, -fast, np.where(was <= lowest, fast, speed))
        place[step] = np.minimum(np.maximum(was + speed, lowest), high)
    return place.T
