"""Grounding: tracked objects become symbolic ones. The only place where both sides meet."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perception import Object
from symbolic import SymbolicObject


def ground(objects: Sequence[Object]) -> tuple[SymbolicObject, ...]:
    """Whole pixels, in the order of ids: what facts are made of.

    A velocity is the difference of whole positions, so that positions and velocities agree.
    """
    return tuple(
        SymbolicObject(
            o.id,
            o.kind,
            pixel(o.y),
            pixel(o.x),
            pixel(o.y) - pixel(o.y - o.dy),
            pixel(o.x) - pixel(o.x - o.dx),
            pixel(o.height),
            pixel(o.width),
        )
        for o in sorted(objects, key=lambda o: o.id)
    )


def pixel(value: float) -> int:
    """The nearest whole pixel, halves always up: to even, smooth motion would jitter."""
    return math.floor(value + 0.5)
