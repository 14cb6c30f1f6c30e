"""Where each kind of object is seen: the range it keeps to, from counts of places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from symbolic.dynamics.motion import end_of
from symbolic.facts import SymbolicObject
from symbolic.scene import position

PLACES = 256  # pixels: farther out counts as the last
SEEN = 3  # times: a place seen less often may be a slip of perception, as may one that
RARE = 1000  # times fewer sightings are of than of its kind,
GAP = 16  # pixels: and so may what lies beyond so many places never seen

Extent: TypeAlias = tuple[int, int]  # lowest and highest place


class Ranges:
    """Counts of places by kind and axis, and the extents that follow from them."""

    def __init__(self) -> None:
        self._counts: dict[int, np.ndarray] = {}  # kind -> (2, PLACES), along y and x
        self._sightings: dict[int, int] = {}  # of each kind
        self._extents: dict[tuple[int, int], tuple[int, int]] = {}  # as long as they hold

    def observe(self, objects: Sequence[SymbolicObject]) -> None:
        """Count where these objects are."""
        for o in objects:
            if o.kind not in self._counts:
                self._counts[o.kind] = np.zeros((2, PLACES), np.int64)
            sightings = self._sightings[o.kind] = self._sightings.get(o.kind, 0) + 1
            wanted = wanted_of(sightings)
            for axis in (0, 1):
                counts, place = self._counts[o.kind][axis], position(o, axis)
                place = min(PLACES - 1, max(0, place))
                counts[place] += 1
                if counts[place] == wanted or wanted != wanted_of(sightings - 1):
                    self._extents.pop((o.kind, axis), None)

    def extent(self, kind: int, axis: int) -> Extent:
        """Lowest and highest place of this kind in pixels, but for slips of perception."""
        if (kind, axis) not in self._extents:
            counts = self._counts.get(kind, np.zeros((2, PLACES), np.int64))[axis]
            self._extents[kind, axis] = extent_of(counts)
        return self._extents[kind, axis]

    def extents(self, objects: Sequence[SymbolicObject]) -> dict[int, tuple[Extent, Extent]]:
        """The extents along y and x of the kinds that these objects are of."""
        return {o.kind: (self.extent(o.kind, 0), self.extent(o.kind, 1)) for o in objects}

    def ends(self, o: SymbolicObject) -> tuple[int, int]:
        """On each axis, whether an object stands at an end of the range of its kind."""
        return end_of(o.y, *self.extent(o.kind, 0)), end_of(o.x, *self.extent(o.kind, 1))

    def get_state(self) -> dict[str, Any]:
        """Counts by kind."""
        return {str(kind): counts.copy() for kind, counts in self._counts.items()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._counts = {int(kind): np.array(counts) for kind, counts in state.items()}
        self._sightings = {kind: int(each[0].sum()) for kind, each in self._counts.items()}
        self._extents.clear()


def wanted_of(sightings: int) -> int:
    """How often a place must be seen; it changes at powers of two alone, so that an extent holds
    for long."""
    return max(SEEN, (1 << max(0, sightings.bit_length() - 1)) // RARE)


def extent_of(counts: np.ndarray) -> tuple[int, int]:
    """Lowest and highest place of those often seen that hang together, the most seen of all.

    ``counts`` (P,) by place; all P places when nothing was seen often enough.
    """
    seen = np.flatnonzero(counts >= wanted_of(int(counts.sum())))
    if len(seen) == 0:
        return 0, len(counts) - 1
    parts = np.split(seen, np.flatnonzero(np.diff(seen) > GAP) + 1)
    part = max(parts, key=lambda places: counts[places].sum())
    return int(part[0]), int(part[-1])
