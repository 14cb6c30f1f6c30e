"""Which sprites are looks of one thing: those that follow one another, to and fro, on a track."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from perception.objects import Detection

if TYPE_CHECKING:
    from perception.detection.eyes import LatentEyes

REACH = 0.5  # of the tracker's gate, within which a thing is followed here
OFTEN = 0.2  # share of one look's changes that are to the other
FEWEST = 3  # such changes each way
EVEN = 0.15  # as many one way as the other, but for this factor: an explosion never goes back
LIKE = 90.0  # levels between mean colours, summed over the channels, that looks may differ by
TOGETHER = 0.25  # share of the rarer look's frames that show the other too, above which it is not
STILL_PIXELS = 0.5
BLOCK = 8  # pixels: side of the squares in which places are counted
LASTING = 60  # steps
STRAY = 0.02  # share of steps in a block that may be moves where things stand
PARTS = ("kind_of", "stands", "mobility", "solitary")
ALONE, ALWAYS = 0.99, 0.75  # shares of the frames with at most one, and with at least one


class LatentKinds:
    """The kind of each sprite, and what the tracker asks of kinds: arrays of length 2K.

    A kind has the number of the first of its sprites. Kind k + K is what
    looks like k but stands where nothing of k ever moved (a digit like a paddle). `stands`
    (K, rows, columns) are these places, in blocks of `BLOCK` pixels.
    """

    def __init__(
        self, kind_of: np.ndarray, stands: np.ndarray, mobility: np.ndarray, solitary: np.ndarray
    ) -> None:
        self.kind_of, self.stands = kind_of, stands
        self.mobility, self.solitary = mobility, solitary
        self.family = np.arange(len(mobility))

    @classmethod
    def one_each(cls, sprites: int, shape: tuple[int, int]) -> LatentKinds:
        """Every sprite is a kind of its own, before play tells."""
        stands = np.zeros((sprites, -(-shape[0] // BLOCK), -(-shape[1] // BLOCK)), bool)
        solitary = np.zeros(2 * sprites, bool)
        return cls(np.arange(sprites), stands, np.full(2 * sprites, 0.5), solitary)

    def kind(self, d: Detection) -> int:
        """Of a detection whose kind is a sprite."""
        kind = int(self.kind_of[d.kind])
        return kind + len(self.kind_of) * bool(self.stands[kind, *block_of(d)])

    def evidence(
        self, family: int, y: float, x: float, height: float, width: float
    ) -> dict[int, float]:
        """A type read is a type known: nothing else tells for another."""
        return {family: 0.0}

    def get_state(self) -> dict[str, Any]:
        """Arrays."""
        return {name: getattr(self, name).copy() for name in PARTS}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LatentKinds:
        """The inverse of `get_state`."""
        kind_of, stands, mobility, solitary = (np.array(state[name]) for name in PARTS)
        return cls(kind_of, stands.astype(bool), mobility, solitary.astype(bool))


def block_of(d: Detection) -> tuple[int, int]:
    """The block that its centre is in."""
    return int(d.y) // BLOCK, int(d.x) // BLOCK


def joined_looks(eyes: LatentEyes, frames: np.ndarray) -> LatentKinds:
    """Kinds from play, (N, H, W, 3) uint8 in order, as these eyes read it."""
    seen = [eyes.sprites_in(frame) for frame in frames]
    reach = REACH * eyes.config.gate_pixels
    followed = [pair for a, b in itertools.pairwise(seen) for pair in successions(a, b, reach)]
    kinds = LatentKinds.one_each(len(eyes.dictionary), eyes.background.shape[:2])
    kinds.stands = _standing(followed, kinds)  # by sprite, as far as nothing is joined yet
    roaming = [[d for d in each if kinds.kind(d) == d.kind] for each in seen]
    joined = _alternating(Counter((a.kind, b.kind) for a, b in followed), eyes.colours)
    joined &= ~_together(roaming, len(eyes.dictionary))
    _, names = connected_components(joined, directed=False)
    kinds.kind_of = np.array([np.flatnonzero(names == name)[0] for name in names], np.int64)
    kinds.stands = _standing(followed, kinds)
    moves: dict[int, list[bool]] = defaultdict(list)
    for a, b in followed:
        moves[kinds.kind(b)].append(_moved(a, b))
    for kind, each in moves.items():
        kinds.mobility[kind] = min(max(float(np.mean(each)), 0.01), 0.99)
    present = np.zeros((len(frames), len(kinds.mobility)), np.int64)
    for index, detections in enumerate(seen):
        np.add.at(present[index], [kinds.kind(d) for d in detections], 1)
    kinds.solitary = ((present <= 1).mean(axis=0) >= ALONE) & ((present > 0).mean(axis=0) >= ALWAYS)
    return kinds


def _alternating(follows: Counter[tuple[int, int]], colours: np.ndarray) -> np.ndarray:
    """Pairs of sprites of like colour that change into each other to and fro, bool (K, K)."""
    joined = np.zeros((len(colours), len(colours)), bool)
    changes: Counter[int] = Counter()
    for (a, b), n in follows.items():
        changes[a] += n if a != b else 0
    for (a, b), there in follows.items():
        back = follows[b, a]
        often = there >= OFTEN * changes[a] or back >= OFTEN * changes[b]
        even = min(there, back) >= max(FEWEST, EVEN * max(there, back))
        like = np.abs(colours[a] - colours[b]).sum() <= LIKE
        joined[a, b] = a != b and often and even and like
    return joined


def _together(seen: list[list[Detection]], count: int) -> np.ndarray:
    """Pairs of sprites that are often on one frame, so of two things, bool (K, K)."""
    present = np.zeros((len(seen), count))
    for index, detections in enumerate(seen):
        present[index, [d.kind for d in detections]] = 1
    both = present.T @ present
    alone = both.diagonal()
    return np.asarray(both > TOGETHER * np.minimum(alone[:, None], alone[None]))


def _standing(followed: list[tuple[Detection, Detection]], kinds: LatentKinds) -> np.ndarray:
    """Blocks in which things of a kind that moves elsewhere were seen, and never to move."""
    stood, roamed = np.zeros(kinds.stands.shape, np.int64), np.zeros(kinds.stands.shape, np.int64)
    for a, b in followed:
        to = roamed if _moved(a, b) else stood
        to[kinds.kind_of[b.kind], *block_of(b)] += 1
    found = (stood >= LASTING) & (roamed <= STRAY * stood)
    return found & (roamed.sum(axis=(1, 2), keepdims=True) > LASTING)


def _moved(a: Detection, b: Detection) -> bool:
    return max(abs(a.y - b.y), abs(a.x - b.x)) >= STILL_PIXELS


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
