"""A scene as an array: one row an object, the same columns for real and imagined ones.

Shapes: N objects of a scene, K kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from symbolic.facts import SymbolicObject

# Columns. Centre and size in pixels, velocity in pixels per agent step; ALIVE is 1 while the
# object is there, else 0, AGE the agent steps since it was first seen.
KIND: Final = 0
Y: Final = 1
X: Final = 2
VY: Final = 3
VX: Final = 4
HEIGHT: Final = 5
WIDTH: Final = 6
ALIVE: Final = 7
AGE: Final = 8
COLUMNS: Final = 9


class SceneReader:
    """Makes scenes of objects: kinds get numbers from 0, velocities are true displacements.

    A velocity is the difference of the places of one id, whatever the tracker says of it, so
    that a real scene and an imagined one mean the same by it. At most ``most_kinds`` kinds are
    told apart, those first seen; objects of further ones are left out.
    """

    def __init__(self, most_kinds: int) -> None:
        self.kinds: list[int] = []  # as perception calls them, by our number
        self._most = most_kinds
        self.start_episode()

    def start_episode(self) -> None:
        """Forget where things were."""
        self._was: dict[int, tuple[int, int, int]] = {}  # id: y, x, age

    def __call__(self, objects: Sequence[SymbolicObject]) -> tuple[np.ndarray, np.ndarray]:
        """Rows (N, COLUMNS) and ids (N,) of the objects; must be called for every step."""
        rows, ids, now = [], [], {}
        for o in objects:
            kind = self._number(o.kind)
            if kind is None:
                continue
            y, x, age = self._was.get(o.id, (o.y, o.x, -1))
            now[o.id] = (o.y, o.x, age + 1)
            rows.append((kind, o.y, o.x, o.y - y, o.x - x, o.height, o.width, 1.0, age + 1))
            ids.append(o.id)
        self._was = now
        return np.array(rows, np.float64).reshape(-1, COLUMNS), np.array(ids, np.int64)

    def _number(self, kind: int) -> int | None:
        if kind not in self.kinds:
            if len(self.kinds) >= self._most:
                return None
            self.kinds.append(kind)
        return self.kinds.index(kind)

    def get_state(self) -> dict[str, Any]:
        """JSON values."""
        return {"kinds": list(self.kinds), "was": [[i, *place] for i, place in self._was.items()]}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.kinds = [int(kind) for kind in state["kinds"]]
        self._was = {int(i): (int(y), int(x), int(age)) for i, y, x, age in state["was"]}
