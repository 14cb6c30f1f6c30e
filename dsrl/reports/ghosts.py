"""What is imagined to come, as places in the frame: of two actions, and where the two part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dsrl.reports.explain import Explanation
from dsrl.reports.futures import Pictured, lines
from symbolic import SymbolicObject
from symbolic.dynamics.motion import AXES
from symbolic.facts import Fact, fact_of
from symbolic.scene import position, size, velocity, way

APART = 1  # pixels: what is farther apart is in another place
NOTHING = "this learner foresees meetings alone, and none is foreseen here: there is no picture"
UNKNOWN = "nothing is imagined: nothing in sight is known to obey the actions"


class Track(NamedTuple):
    """Where one thing will be after each agent step from ``first`` (1 is the next), (y, x) in
    pixels; ``id`` None of what is not there yet."""

    id: int | None
    kind: int
    height: int
    width: int
    first: int
    places: tuple[tuple[int, int], ...]


class Ghosts(NamedTuple):
    """Tracks by the name of the action, and what comes whatever is done (``common``); after which
    step (from 1) another action's future differs from that of the action taken; what is told of
    each in words. ``note`` says why there are none, if there are none."""

    common: tuple[Track, ...] = ()
    tracks: dict[str, tuple[Track, ...]] = {}  # noqa: RUF012 (never written to)
    parts: dict[str, int] = {}  # noqa: RUF012
    told: tuple[str, ...] = ()
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "common": [track._asdict() for track in self.common],
            "tracks": {name: [t._asdict() for t in each] for name, each in self.tracks.items()},
            "parts": self.parts,
            "told": list(self.told),
            "note": self.note,
        }


def foreseen(found: Explanation) -> Ghosts:
    """What foresight has: where what approaches is until it is level with the controlled object,
    and where each action leads that one, along the likeliest motion."""
    leads, actions = found.leads, found.stage.actions
    if leads is None or not leads.actions:
        return Ghosts(note=NOTHING if leads is None else leads.why_not)
    objects = {row[0]: SymbolicObject(*row) for row in found.entry.record.objects}
    me, axis = objects[found.me or 0], AXES.index(found.axis)
    common = [
        _coming(objects[ids[0]], me, axis, fact)
        for fact, ids in _percepts(found)
        if fact[0] == "comes" and ids[0] in objects
    ]
    own = {
        name: Track(me.id, me.kind, me.height, me.width, 1, _along(me, axis, each.path))
        for name, each in zip(actions, leads.actions, strict=True)
    }
    taken = own[actions[found.contrast.taken]].places
    parts = {name: _parting(taken, track.places) for name, track in own.items()}
    told = (
        "where things are until the first of them is level with me, by the likeliest motion, as "
        f"far as the run knew after {leads.known_after} agent steps",
    )
    return Ghosts(
        tuple(common),
        {name: (track,) for name, track in own.items()},
        {name: step for name, step in parts.items() if step is not None},
        told,
    )


def _percepts(found: Explanation) -> list[tuple[Fact, tuple[int, ...]]]:
    return [(fact_of(text), ids) for text, ids in found.entry.record.percepts]


def _along(me: SymbolicObject, axis: int, path: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple((p, me.x) if axis == 0 else (me.y, p) for p in path)


def _coming(o: SymbolicObject, me: SymbolicObject, axis: int, fact: Fact) -> Track:
    """The way of ``comes(K,P,V,G,W,Low,High)``: folded back at both ends along, as in
    relations.lp; across it turns back where it must to come so many pixels G."""
    place, along, gap, speed, low, high = (int(value) for value in fact[2:])
    across = 1 - axis
    start, offset = position(o, across), position(o, across) - position(me, across)
    leaving, outward = 0.0, 1 if offset >= 0 else -1
    if offset * velocity(o, across) > 0:  # it goes to the end of its range before it turns back
        reach = (size(o, across) + size(me, across)) // 2
        leaving = max(0.0, (gap - abs(offset) + reach) / 2)
    elif not offset:
        outward = -way(velocity(o, across))
    places = []
    steps = [*range(1, -(-gap // speed)), gap / speed]  # the last ends where they are level
    for step in steps:
        gone = speed * step
        off = min(gone, leaving) - max(0.0, gone - leaving)
        there = round(start + outward * off)
        folded = round(_folded(place + along * step, low, high))
        places.append((folded, there) if axis == 0 else (there, folded))
    return Track(o.id, o.kind, o.height, o.width, 1, tuple(places))


def _folded(place: float, low: int, high: int) -> float:
    span = high - low
    if span <= 0:
        return place
    return low + span - abs((place - low) % (2 * span) - span)


def _parting(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> int | None:
    """The first step (from 1) at which two tracks are apart."""
    for step, (a, b) in enumerate(zip(one, other, strict=True), 1):
        if max(abs(a[0] - b[0]), abs(a[1] - b[1])) > APART:
            return step
    return None


def imagined(found: Pictured | None) -> Ghosts:
    """What a model imagines of two actions: the best plan found that begins with each."""
    if found is None:
        return Ghosts(note=UNKNOWN)
    of = found.futures
    names = (of.taken.action, of.other.action)
    tracks = {name: _tracks(found, i) for i, name in enumerate(names)}
    parts = {} if of.parts is None else {names[1]: of.parts}
    return Ghosts(tracks=tracks, parts=parts, told=tuple(lines(of)))


def _tracks(found: Pictured, which: int) -> tuple[Track, ...]:
    """Of what moves or comes to be in one future."""
    future, tracks = found.seen[which], []
    for i in range(future.places.shape[1]):
        there = future.there[:, i].nonzero()[0]
        if not len(there):
            continue
        places = [(round(y), round(x)) for y, x in future.places[there, i].tolist()]
        number = found.ids[i] if i < len(found.ids) else None
        still = len(set(places)) == 1 and len(there) == len(future.there)
        if number is None or not still:
            kind, height, width = (round(x) for x in future.looks[there[0], i].tolist())
            called = found.kinds[kind]
            tracks.append(Track(number, called, height, width, int(there[0]) + 1, tuple(places)))
    return tuple(tracks)
