"""Which detection continues which track: what stands first, then the least total distance.

Shapes: T tracks, D detections.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from perception.objects import Detection

FORBIDDEN = 1e6  # cost of a pair that may not be matched
SIZE_COST = 0.5  # pixels of distance a pixel of changed height or width weighs
KIND_COST = 16.0  # and another kind: what merges as it touches goes on as the one it looks like

Pairs = list[tuple[int, int]]  # (index of a track, index of its detection)


class Tracked(Protocol):
    """The part of a track that decides where it is expected."""

    y: float
    x: float
    dy: float
    dx: float
    height: float
    width: float
    kind: int
    missed: int


def assign(
    tracks: Sequence[Tracked], detections: Sequence[Detection], families: list[int], gate: float
) -> Pairs:
    """One-to-one pairs within a family, none farther than `gate` pixels from where it was expected.

    `families` gives each kind's. A track is expected where it was or where its velocity leads.
    """
    pairs = standing(tracks, detections, families)
    matched, taken = {row for row, _ in pairs}, {column for _, column in pairs}
    rows_of = defaultdict(list)
    for row, track in enumerate(tracks):
        if row not in matched:
            rows_of[families[track.kind]].append(row)
    columns_of = defaultdict(list)
    for column, detection in enumerate(detections):
        if column not in taken:
            columns_of[families[detection.kind]].append(column)
    for family, columns in columns_of.items():
        rows = rows_of.get(family, [])
        if len(rows) == len(columns) == 1:
            if _distance(tracks[rows[0]], detections[columns[0]]) <= gate:
                pairs.append((rows[0], columns[0]))
        elif rows:
            chosen = nearest([tracks[r] for r in rows], [detections[c] for c in columns], gate)
            pairs += [(rows[i], columns[j]) for i, j in chosen]
    return pairs


def standing(
    tracks: Sequence[Tracked], detections: Sequence[Detection], families: list[int]
) -> Pairs:
    """What has neither moved nor changed its size since the last step."""
    where = {
        (families[t.kind], t.y, t.x, t.height, t.width): row
        for row, t in enumerate(tracks)
        if t.missed == 0
    }
    keys = ((families[d.kind], d.y, d.x, d.height, d.width) for d in detections)
    return [(where[key], column) for column, key in enumerate(keys) if key in where]


def _distance(track: Tracked, d: Detection) -> float:
    ahead = track.missed + 1
    dy, dx = d.y - track.y, d.x - track.x
    expected = math.hypot(dy - ahead * track.dy, dx - ahead * track.dx)
    return min(expected, math.hypot(dy, dx))


def nearest(tracks: Sequence[Tracked], detections: Sequence[Detection], gate: float) -> Pairs:
    """As many pairs within the gate as can be, of least total distance and change of looks."""
    t = np.array([[a.y, a.x, a.dy, a.dx, a.height, a.width, a.missed, a.kind] for a in tracks])
    d = np.array(detections)
    ahead = t[:, 6:7] + 1
    place = d[None, :, 1:3] - t[:, None, 0:2]
    expected = place - (t[:, 2:4] * ahead)[:, None]
    distance = np.minimum(
        np.hypot(expected[..., 0], expected[..., 1]), np.hypot(place[..., 0], place[..., 1])
    )
    size = np.abs(d[None, :, 3:5] - t[:, None, 4:6]).sum(axis=2)
    looks = SIZE_COST * size + KIND_COST * (d[None, :, 0] != t[:, None, 7])
    allowed = distance <= gate
    rows, columns = linear_sum_assignment(np.where(allowed, distance + looks, FORBIDDEN))
    keep = allowed[rows, columns]
    return list(zip(rows[keep].tolist(), columns[keep].tolist(), strict=True))
