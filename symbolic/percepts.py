"""Percepts: what the rules are asked about, one fact each so that answers can be remembered.

Plain measurements only (which is nearest, how far, how fast); what they mean is for the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from symbolic.facts import Fact, SymbolicObject
from symbolic.scene import position, size, velocity, way


class Habits(NamedTuple):
    """What was learned of a kind, in pixels: where it turns back along, its lowest and highest
    position across, and the distance across at which it turns back from the controlled object;
    None when it never did, then the distance at which the two boxes touch is taken."""

    along: tuple[int, int]
    across: tuple[int, int]
    reach: int | None


TILE = 8  # pixels
FAR = 3  # tiles: wider gaps are not told apart
FARTHEST = 64  # agent steps: meetings beyond are not foreseen


def nearest_of_kind(objects: Sequence[SymbolicObject], me: SymbolicObject) -> list[SymbolicObject]:
    """For each kind the object nearest to ``me`` (SRL+CS), in the order of kinds."""
    best: dict[int, tuple[int, int, SymbolicObject]] = {}
    for slot, o in enumerate(objects):
        if o.id == me.id:
            continue
        distance = abs(o.y - me.y) + abs(o.x - me.x)
        if o.kind not in best or (distance, slot) < best[o.kind][:2]:
            best[o.kind] = (distance, slot, o)
    return [best[kind][2] for kind in sorted(best)]


def seen(a: SymbolicObject, b: SymbolicObject, axis: int, *, calm: bool) -> Fact:
    """How ``b`` lies and moves as seen from ``a``, along and across.

    Coarse, so that answers repeat: offsets in tiles, gaps in tiles up to `FAR`, directions of
    motion as -1, 0 or 1. ``calm`` when no meeting is foreseen.
    """
    offsets, gaps, ways = [], [], []
    for ax in (axis, 1 - axis):
        offset = position(b, ax) - position(a, ax)
        gap = abs(offset) - (size(a, ax) + size(b, ax)) / 2
        offsets.append(_rounded(offset, TILE))
        gaps.append(min(FAR, max(0, -int(-gap // TILE))))
        ways.append(way(velocity(b, ax) - velocity(a, ax)))
    return ("seen", a.kind, b.kind, *offsets, *gaps, *ways, int(calm))


def comes(o: SymbolicObject, me: SymbolicObject, axis: int, habits: Habits) -> Fact | None:
    """An object on its way to be level with ``me``; None when it is not.

    One of a kind that turns back from ``me`` is expected to turn back at the far end of its
    range too, so it is on its way even while it leaves.
    """
    across = 1 - axis
    offset, speed = position(o, across) - position(me, across), velocity(o, across)
    reach = habits.reach
    if reach is None:
        reach = (size(o, across) + size(me, across)) // 2
    gap = abs(offset) - reach
    if speed == 0 or gap < 0:
        return None
    if offset * speed > 0:
        if habits.reach is None:
            return None
        end = habits.across[1] if speed > 0 else habits.across[0]
        gap += 2 * abs(end - position(o, across))
    if gap >= FARTHEST * abs(speed):
        return None
    place, along = position(o, axis), velocity(o, axis)
    return ("comes", o.kind, place, along, gap, abs(speed), *habits.along)


def percepts(
    objects: Sequence[SymbolicObject],
    me: SymbolicObject,
    axis: int,
    habits: Mapping[int, Habits],
) -> tuple[list[Fact], SymbolicObject | None]:
    """All percepts of a state, and the object that will be level with ``me`` next."""
    near = nearest_of_kind(objects, me)
    coming = [
        (fact[4] / fact[5], slot, o, fact)  # type: ignore[operator]
        for slot, o in enumerate(objects)
        if o.id != me.id and (fact := comes(o, me, axis, habits[o.kind])) is not None
    ]
    facts = [seen(me, o, axis, calm=not coming) for o in near]
    if not coming:
        return facts, None
    _, _, first, fact = min(coming, key=lambda c: c[:2])
    facts += [seen(first, o, axis, calm=False) for o in near if o.id != first.id]
    return [*facts, fact], first


def _rounded(value: int, unit: int) -> int:
    """To the nearest unit, halves away from zero."""
    return (abs(value) + unit // 2) // unit * (1 if value >= 0 else -1)
