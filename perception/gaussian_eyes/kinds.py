"""Kinds from clusters of spectra: those that follow one another on a thing's way are one kind.

A thing's spectrum changes with the part of a position that it stands on, so one thing has several
clusters. Which belong together is asked of play.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from perception.gaussian_eyes.readout import Blob
from perception.gaussian_eyes.types import nearest
from perception.objects import Detection

REACH = 0.5  # of the tracker's gate, within which a thing is followed here
OFTEN = 0.2  # share of the successions of one of two clusters that are to the other
EVEN = 0.15  # as many one way as the other, but for this factor: what explodes never goes back
STILL_PIXELS = 0.5
ALONE, ALWAYS = 0.99, 0.75  # shares of the frames with at most one, and with at least one
PARTS = ("centres", "kind_of", "mobility", "solitary")


class SpectrumKinds:
    """The kind of each cluster of spectra, and what the tracker asks of kinds: arrays of length C.

    A kind has the number of the first of its clusters, whose centres are (C, K).
    """

    def __init__(
        self, centres: np.ndarray, kind_of: np.ndarray, mobility: np.ndarray, solitary: np.ndarray
    ) -> None:
        self.centres, self.kind_of = centres, kind_of
        self.mobility, self.solitary = mobility, solitary
        self.family = np.arange(len(centres))

    def kind(self, blob: Blob) -> int:
        """Of what was found."""
        return int(self.kind_of[nearest(blob.spectrum[None], self.centres)[0]])

    def evidence(self, d: Detection) -> dict[int, float]:
        """A spectrum read is a kind known: nothing else tells for another."""
        return {int(self.family[d.kind]): 0.0}

    def get_state(self) -> dict[str, Any]:
        """Arrays."""
        return {name: getattr(self, name).copy() for name in PARTS}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> SpectrumKinds:
        """The inverse of `get_state`."""
        centres, kind_of, mobility, solitary = (np.array(state[name]) for name in PARTS)
        return cls(centres, kind_of, mobility, solitary.astype(bool))


def joined_kinds(
    found: Sequence[Sequence[Blob]], centres: np.ndarray, gate_pixels: float
) -> SpectrumKinds:
    """Kinds from what was found in frames that were played one after the other."""
    clusters = [_clusters(seen, centres) for seen in found]
    follows = np.zeros((len(centres), len(centres)))
    ways: list[tuple[int, bool]] = []
    for (a, of_a), (b, of_b) in itertools.pairwise(zip(found, clusters, strict=True)):
        for i, j in successions(a, b, REACH * gate_pixels):
            follows[of_a[i], of_b[j]] += 1
            moved = max(abs(a[i].y - b[j].y), abs(a[i].x - b[j].x)) >= STILL_PIXELS
            ways.append((of_b[j], moved))
    kind_of = one_kind(follows)
    moves: dict[int, list[bool]] = defaultdict(list)
    for cluster, moved in ways:
        moves[int(kind_of[cluster])].append(moved)
    mobility = np.full(len(centres), 0.5)
    for kind, each in moves.items():
        mobility[kind] = min(max(float(np.mean(each)), 0.01), 0.99)
    present = np.zeros((len(found), len(centres)), np.int64)
    for index, seen in enumerate(clusters):
        np.add.at(present[index], kind_of[seen], 1)
    solitary = ((present <= 1).mean(axis=0) >= ALONE) & ((present > 0).mean(axis=0) >= ALWAYS)
    return SpectrumKinds(centres, kind_of, mobility, solitary)


def one_kind(follows: np.ndarray) -> np.ndarray:
    """The kind of each cluster (C,), from how often each (row) is followed by each (column)."""
    share = follows / np.maximum(follows.sum(axis=1, keepdims=True), 1.0)
    often = (share >= OFTEN) | (share.T >= OFTEN)
    even = np.minimum(follows, follows.T) >= np.maximum(EVEN * np.maximum(follows, follows.T), 1.0)
    _, names = connected_components(often & even, directed=False)
    return np.array([np.flatnonzero(names == name)[0] for name in names], np.int64)


def successions(before: Sequence[Blob], now: Sequence[Blob], reach: float) -> list[tuple[int, int]]:
    """Pairs (before, now) in two frames in a row, each the other's nearest and within reach."""
    if not before or not now:
        return []
    a, b = (np.array([(d.y, d.x) for d in seen]) for seen in (before, now))
    gap = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))
    to, fro = gap.argmin(axis=1), gap.argmin(axis=0)
    pairs = ((i, int(j)) for i, j in enumerate(to) if fro[j] == i and gap[i, j] <= reach)
    return list(pairs)


def _clusters(seen: Sequence[Blob], centres: np.ndarray) -> np.ndarray:
    if not seen:
        return np.zeros(0, np.int64)
    return nearest(np.stack([b.spectrum for b in seen]), centres)
