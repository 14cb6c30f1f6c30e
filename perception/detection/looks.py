"""Which sprites are looks of one thing: those that follow one another, to and fro, on a track."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from perception.objects import Detection

if TYPE_CHECKING:
    from perception.detection.eyes import LatentEyes

REACH = 0.5  # of the tracker's gate, within which a thing is followed here
OFTEN = 0.2  # share of one look's changes that are to the other
FEWEST = 3  # such changes each way
EVEN = 0.25  # as many one way as the other, but for this factor: an explosion never goes back
STILL_PIXELS = 0.5
ALONE, ALWAYS = 0.99, 0.75  # shares of the frames with at most one, and with at least one


class LatentKinds:
    """The kind of each sprite, and what the tracker asks of kinds; arrays of length K.

    Kinds are numbered by their commonest sprite, and a sprite keeps its number.
    """

    def __init__(self, kind_of: np.ndarray, mobility: np.ndarray, solitary: np.ndarray) -> None:
        self.kind_of, self.mobility, self.solitary = kind_of, mobility, solitary
        self.family = np.arange(len(kind_of))

    @classmethod
    def one_each(cls, sprites: int) -> LatentKinds:
        """Every sprite is a kind of its own, before play tells."""
        return cls(np.arange(sprites), np.full(sprites, 0.5), np.zeros(sprites, bool))

    def evidence(
        self, family: int, y: float, x: float, height: float, width: float
    ) -> dict[int, float]:
        """A type read is a type known: nothing else tells for another."""
        return {family: 0.0}

    def get_state(self) -> dict[str, Any]:
        """Arrays."""
        return {
            "kind_of": self.kind_of.copy(),
            "mobility": self.mobility.copy(),
            "solitary": self.solitary.copy(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LatentKinds:
        """The inverse of `get_state`."""
        solitary = np.array(state["solitary"], bool)
        return cls(np.array(state["kind_of"]), np.array(state["mobility"]), solitary)


def joined_looks(eyes: LatentEyes, frames: np.ndarray) -> LatentKinds:
    """Kinds from play, (N, H, W, 3) uint8 in order, as these eyes read it."""
    count = len(eyes.dictionary)
    follows: Counter[tuple[int, int]] = Counter()
    met: Counter[int] = Counter()
    moved: Counter[int] = Counter()
    present = np.zeros((len(frames), count), np.int64)
    before: list[Detection] = []
    for index, frame in enumerate(frames):
        now = eyes.sprites_in(frame)
        for d in now:
            present[index, d.kind] += 1
        for one, other in successions(before, now, REACH * eyes.config.gate_pixels):
            follows[one.kind, other.kind] += 1
            met[other.kind] += 1
            moved[other.kind] += max(abs(one.y - other.y), abs(one.x - other.x)) >= STILL_PIXELS
        before = now
    joined = np.zeros((count, count), bool)
    changes: Counter[int] = Counter()
    for (a, b), n in follows.items():
        changes[a] += n if a != b else 0
    for (a, b), there in follows.items():
        back = follows[b, a]
        often = there >= OFTEN * changes[a] or back >= OFTEN * changes[b]
        even = min(there, back) >= max(FEWEST, EVEN * max(there, back))
        joined[a, b] = a != b and often and even
    _, names = connected_components(joined, directed=False)
    kind_of = np.array([np.flatnonzero(names == name)[0] for name in names], np.int64)
    mobility, solitary = np.full(count, 0.5), np.zeros(count, bool)
    for kind in np.unique(kind_of).tolist():
        members = np.flatnonzero(kind_of == kind).tolist()
        steps = sum(met[m] for m in members)
        if steps:
            share = sum(moved[m] for m in members) / steps
            mobility[kind] = min(max(share, 0.01), 0.99)
        seen = present[:, members].sum(axis=1)
        solitary[kind] = (seen <= 1).mean() >= ALONE and (seen > 0).mean() >= ALWAYS
    return LatentKinds(kind_of, mobility, solitary)


def successions(
    before: list[Detection], now: list[Detection], reach: float
) -> list[tuple[Detection, Detection]]:
    """Pairs of detections of two frames in a row, each the other's nearest, `reach` pixels apart
    at most."""
    if not before or not now:
        return []
    a, b = np.array(before)[:, 1:3], np.array(now)[:, 1:3]
    gap = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))
    to, fro = gap.argmin(axis=1), gap.argmin(axis=0)
    pairs = ((i, int(j)) for i, j in enumerate(to) if fro[j] == i and gap[i, j] <= reach)
    return [(before[i], now[j]) for i, j in pairs]
