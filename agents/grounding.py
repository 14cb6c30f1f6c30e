"""Grounding: tracked objects become symbolic ones. The only place where both sides meet."""

from __future__ import annotations

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
            round(o.y),
            round(o.x),
            round(o.y) - round(o.y - o.dy),
            round(o.x) - round(o.x - o.dx),
            round(o.height),
            round(o.width),
        )
        for o in sorted(objects, key=lambda o: o.id)
    )
