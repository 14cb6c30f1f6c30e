"""The objects of one moment, seen from the controlled one: along and across its axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from symbolic.facts import SymbolicObject

SLOWEST = 2  # pixels per agent step
WAYS = (-1, 0, 1)


class Forecast(NamedTuple):
    """When and where an object comes level with the controlled one, as relations.lp foresees it.

    ``time`` in quarters of an agent step, ``offset`` pixels from where the controlled object is
    now, ``place`` pixels along the axis of control, velocities in pixels per agent step along
    it and, as a positive closing speed, across it. It stays level for ``lasts`` steps after the
    one in which it comes level, unless it turns back.
    """

    kind: int
    time: int
    offset: int
    place: int
    along: int
    across: int
    lasts: int = 0

    @property
    def whole_steps(self) -> int:
        """Agent steps that pass before the one in which they come level."""
        return self.time // 4

    @property
    def fraction(self) -> float:
        """How far into that step, at the middle of the quarter."""
        return (self.time % 4 + 0.5) / 4


class Expected(NamedTuple):
    """The object that a forecast is about, and the side it comes from (-1 or 1, across)."""

    id: int
    side: int
    forecast: Forecast


def position(o: SymbolicObject, axis: int) -> int:
    """Centre along y (0) or x (1), pixels."""
    return (o.y, o.x)[axis]


def velocity(o: SymbolicObject, axis: int) -> int:
    """Pixels per agent step along y (0) or x (1)."""
    return (o.dy, o.dx)[axis]


def size(o: SymbolicObject, axis: int) -> int:
    """Height (0) or width (1), pixels."""
    return (o.height, o.width)[axis]


def way(speed: float) -> int:
    """Direction of motion, -1, 0 or 1; what moves less than `SLOWEST` is at rest."""
    return int(speed >= SLOWEST) - int(speed <= -SLOWEST)


def controlled_object(objects: Sequence[SymbolicObject], kind: int | None) -> SymbolicObject | None:
    """The first object of the controlled kind, as ``me`` in relations.lp."""
    return next((o for o in objects if o.kind == kind), None)
