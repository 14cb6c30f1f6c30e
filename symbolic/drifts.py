"""How fast things drift: displacements of single steps jump where a fleet moves now and then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbolic.facts import SymbolicObject

SPAN = 8  # agent steps that a drift is measured over


class Drifts:
    """The last places of each object, and its mean velocity over them."""

    def __init__(self) -> None:
        self.start_episode()

    def start_episode(self) -> None:
        """Forget all places."""
        self._paths: dict[int, list[tuple[int, int]]] = {}

    def observe(self, objects: Sequence[SymbolicObject]) -> None:
        """One agent step."""
        self._paths = {o.id: [*self._paths.get(o.id, [])[-SPAN:], (o.y, o.x)] for o in objects}

    def drift(self, o: SymbolicObject, axis: int) -> float:
        """Mean displacement along an axis, pixels per agent step; 0 for what was never seen."""
        path = self._paths.get(o.id, [])
        return (path[-1][axis] - path[0][axis]) / (len(path) - 1) if len(path) > 1 else 0.0

    def get_state(self) -> list[Any]:
        """Places by id."""
        return [[id_, [list(place) for place in path]] for id_, path in self._paths.items()]

    def set_state(self, state: Sequence[Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._paths = {int(id_): [(y, x) for y, x in path] for id_, path in state}
