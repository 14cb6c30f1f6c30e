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
MOST_LEVEL = 6  # agent steps: what stays level for longer is looked at again
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
    if speed == 0 or (gap < 0 and habits.reach is not None):
        return None
    if gap < 0:  # level already, and not past
        gap = 0
    elif offset * speed > 0:
        if habits.reach is None:
            return None
        end = habits.across[1] if speed > 0 else habits.across[0]
        gap += 2 * abs(end - position(o, across))
    if gap >= FARTHEST * abs(speed):
        return None
    place, along = position(o, axis), velocity(o, axis)
    return ("comes", o.kind, place, along, gap, abs(speed), *habits.along)


class Percept(NamedTuple):
    """A fact that the rules are asked about, and the ids of the objects that it is about."""

    fact: Fact
    ids: tuple[int, ...]


class Coming(NamedTuple):
    """An object on its way, the fact that says so, and for how many whole steps it stays level."""

    object: SymbolicObject
    fact: Fact
    lasts: int


def coming(
    objects: Sequence[SymbolicObject], me: SymbolicObject, axis: int, habits: Mapping[int, Habits]
) -> list[Coming]:
    """What is on its way to be level with ``me``, the soonest first."""
    found: list[tuple[float, int, Coming]] = []
    for slot, o in enumerate(objects):
        fact = None if o.id == me.id else comes(o, me, axis, habits[o.kind])
        if fact is None:
            continue
        _, _, _, _, gap, speed, *_ = fact
        lasts = 0
        if habits[o.kind].reach is None:
            lasts = min(MOST_LEVEL, _way_through(o, me, 1 - axis) // int(speed))
        found.append((int(gap) / int(speed), slot, Coming(o, fact, lasts)))
    return [each for _, _, each in sorted(found, key=lambda c: c[:2])]


def pairs(
    objects: Sequence[SymbolicObject], me: SymbolicObject, on_the_way: Sequence[Coming]
) -> list[tuple[SymbolicObject, SymbolicObject]]:
    """From which object which one is seen, in the order of `percepts`."""
    near = nearest_of_kind(objects, me)
    found = [(me, o) for o in near]
    if on_the_way:
        first = on_the_way[0].object
        found += [(first, o) for o in near if o.id != first.id]
    return found


def _way_through(o: SymbolicObject, me: SymbolicObject, across: int) -> int:
    """Pixels for which what comes level, or is, will stay so."""
    reach = (size(o, across) + size(me, across)) // 2
    ahead = (position(me, across) - position(o, across)) * way(velocity(o, across))
    return max(0, reach + min(reach, ahead))


def percepts(
    objects: Sequence[SymbolicObject], me: SymbolicObject, axis: int, on_the_way: Sequence[Coming]
) -> list[Fact]:
    """What is near ``me``, and near the object that will be level with it next."""
    calm = not on_the_way
    return [seen(a, b, axis, calm=calm) for a, b in pairs(objects, me, on_the_way)]


def _rounded(value: int, unit: int) -> int:
    """To the nearest unit, halves away from zero."""
    return (abs(value) + unit // 2) // unit * (1 if value >= 0 else -1)
