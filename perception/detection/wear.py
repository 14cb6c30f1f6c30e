"""What wears away: a shield that loses a piece at a time is one thing, however much is left of it.

Taken for sprites, what is left at times would be found on no other day. Patches that stand are
followed at their places: one that always shows a part of what stood there before is that thing,
worn. What comes and goes otherwise (the digits of a score) is not, nor what moves, nor what mostly
gets shorter (a gauge, a row of lives): there its size tells how much is left.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from perception.detection.dictionary import Patch, Placed
from perception.detection.meetings import SAME_COLOUR

STOOD = 8  # steps of play for which a patch stands still
WITHIN = 0.95  # share of what is left that must have been there before
MOSTLY = 0.9  # of the times that it comes, it is what is left of another


class Stood(NamedTuple):
    """A patch and the place where its upper left corner stood."""

    key: bytes
    top: int
    left: int


class _Run(NamedTuple):
    """From one frame to another."""

    start: int
    end: int
    what: Stood


def find_worn(
    seen: Sequence[Placed], patches: Mapping[bytes, Patch], stride: int = 1
) -> dict[Stood, Stood]:
    """What stood worn, and the whole thing that it is.

    `seen` are the patches of frames in the order they were played, one in so many (`stride`).
    """
    left_of: dict[Stood, Counter[Stood]] = defaultdict(Counter)
    otherwise: dict[Stood, Counter[Stood]] = defaultdict(Counter)
    for now, before in _followed(_runs(seen, max(2, STOOD // stride)), patches):
        of = left_of if _is_left(now, before, patches) else otherwise
        of[now][before] += 1
    parents = {
        what: counts.most_common(1)[0][0]
        for what, counts in left_of.items()
        if counts.total() >= MOSTLY * (counts.total() + otherwise[what].total())
    }
    whole = {what: _whole(what, parents) for what in parents}
    # a thing comes whole, or again after it was worn; a digit comes after any other
    returns = {
        what: sum(n for before, n in comes.items() if whole.get(before) == what)
        >= MOSTLY * comes.total()
        for what, comes in otherwise.items()
    }
    found = {what: of for what, of in whole.items() if returns.get(of, True)}
    shorter = Counter(of for what, of in found.items() if _is_shorter(what, of, patches))
    of_each = Counter(found.values())
    return {what: of for what, of in found.items() if 2 * shorter[of] <= of_each[of]}


def mended(placed: Placed, worn: Mapping[Stood, Stood], patches: Mapping[bytes, Patch]) -> Placed:
    """A frame's patches with the whole thing, once, for what is left of it."""
    if not worn:
        return placed
    stood = [Stood(*each[:3]) for each in placed]
    whole = dict.fromkeys(worn.get(what, what) for what in stood)
    return [(*what, patches[what.key]) for what in whole]


def _runs(seen: Sequence[Placed], stood: int) -> list[_Run]:
    found: list[_Run] = []
    alive: dict[Stood, int] = {}
    for n, placed in enumerate([*seen, []]):
        here = {Stood(*each[:3]) for each in placed}
        for gone in alive.keys() - here:
            start = alive.pop(gone)
            if n - start >= stood:
                found.append(_Run(start, n, gone))
        for each in here - alive.keys():
            alive[each] = n
    return sorted(found)


def _followed(
    runs: Sequence[_Run], patches: Mapping[bytes, Patch]
) -> Iterator[tuple[Stood, Stood]]:
    """Each run after the last one, of another patch, on half of whose place it stands."""
    if not runs:
        return
    boxes = [(r.what.top, r.what.left, *patches[r.what.key].alpha.shape) for r in runs]
    low, sides = np.array(boxes)[:, :2], np.array(boxes)[:, 2:]
    ends = np.array([r.end for r in runs])
    for n, (start, _, now) in enumerate(runs):
        common = np.minimum(low + sides, low[n] + sides[n]) - np.maximum(low, low[n])
        near = ((common > 0).all(axis=1) & (ends <= start)).nonzero()[0]
        for before in (runs[i].what for i in near[np.argsort(-ends[near], kind="stable")]):
            both, _ = _shared(now, before, patches)
            if 2 * both >= patches[now.key].alpha.sum():
                if now.key != before.key:
                    yield now, before
                break


def _shared(one: Stood, other: Stood, patches: Mapping[bytes, Patch]) -> tuple[int, int]:
    """Pixels that are opaque in both where they stand, and those of like colour in both."""
    mine, its = patches[one.key], patches[other.key]
    (h, w), (h2, w2) = mine.alpha.shape, its.alpha.shape
    top, left = max(one.top, other.top), max(one.left, other.left)
    bottom, right = min(one.top + h, other.top + h2), min(one.left + w, other.left + w2)
    here = np.s_[top - one.top : bottom - one.top, left - one.left : right - one.left]
    there = np.s_[top - other.top : bottom - other.top, left - other.left : right - other.left]
    both = mine.alpha[here] & its.alpha[there]
    apart = np.abs(mine.rgb[here].astype(np.int16) - its.rgb[there]).sum(axis=2)
    return int(both.sum()), int((both & (apart <= SAME_COLOUR)).sum())


def _is_left(now: Stood, before: Stood, patches: Mapping[bytes, Patch]) -> bool:
    """Whether it shows nothing but a part of what was there before."""
    mine, whole = int(patches[now.key].alpha.sum()), int(patches[before.key].alpha.sum())
    return mine < whole and _shared(now, before, patches)[1] >= WITHIN * mine


def _is_shorter(what: Stood, whole: Stood, patches: Mapping[bytes, Patch]) -> bool:
    """Whether it is the whole but for what is beyond some row or column."""
    mine, its = patches[what.key].alpha, patches[whole.key].alpha
    top, left = what.top - whole.top, what.left - whole.left
    bottom, right = top + mine.shape[0], left + mine.shape[1]
    if min(top, left) < 0 or bottom > its.shape[0] or right > its.shape[1]:
        return False
    shown, rows, columns = np.zeros((3, *its.shape), bool)
    shown[top:bottom, left:right] = mine
    rows[top:bottom], columns[:, left:right] = its[top:bottom], its[:, left:right]
    return np.array_equal(shown, rows) or np.array_equal(shown, columns)


def _whole(what: Stood, parents: Mapping[Stood, Stood]) -> Stood:
    """What it was before anything was gone. It has more pixels at every step."""
    while what in parents:
        what = parents[what]
    return what
