"""Velocities of what changed its name: a track that is lost and found again starts at rest."""

from __future__ import annotations

from collections.abc import Sequence

from symbolic.facts import SymbolicObject
from symbolic.scene import SLOWEST

NEAR = 3  # pixels from where something was expected


class Continuity:
    """What was seen one step ago, and where it was to go."""

    def __init__(self) -> None:
        self.start_episode()

    def start_episode(self) -> None:
        """Forget what was seen."""
        self._last: tuple[SymbolicObject, ...] = ()

    def mend(self, objects: Sequence[SymbolicObject]) -> tuple[SymbolicObject, ...]:
        """The objects; one at rest, or that jumped, where another of its kind was expected to be
        takes over that one's velocity."""
        before = {o.id: o for o in self._last}
        moving = [o for o in self._last if max(abs(o.dy), abs(o.dx)) >= SLOWEST]
        mended = tuple(_mended(o, before.get(o.id), moving) for o in objects) if moving else objects
        self._last = tuple(mended)
        return self._last

    def get_state(self) -> list[list[int]]:
        """What was seen."""
        return [list(o) for o in self._last]

    def set_state(self, state: Sequence[Sequence[int]]) -> None:
        """Take up a state that `get_state` gave."""
        self._last = tuple(SymbolicObject(*o) for o in state)


def _mended(
    o: SymbolicObject, before: SymbolicObject | None, moving: Sequence[SymbolicObject]
) -> SymbolicObject:
    if before is not None and _expected(o, before):
        return o
    for other in moving:
        if other.kind == o.kind and other.id != o.id and _expected(o, other):
            return o._replace(dy=other.dy, dx=other.dx)
    return o


def _expected(o: SymbolicObject, before: SymbolicObject) -> bool:
    """Whether ``before``, moving on, would be where ``o`` is."""
    return abs(before.y + before.dy - o.y) <= NEAR and abs(before.x + before.dx - o.x) <= NEAR
