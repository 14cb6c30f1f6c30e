"""Detections -> objects that keep their identity: optimal assignment, births, deaths, occlusion.

Shapes: T tracks, D detections, K kinds.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from perception.objects import Detection, Object

VOTE = 4.0  # weight of a frame's opinion of the kind, in nats
MEMORY = 0.95  # share of a track's evidence kept each step
STILL_PIXELS = 0.5  # a centre that shifts by less has not moved
FORBIDDEN = 1e6  # cost of a pair that may not be matched
SIZE_COST = 0.5  # pixels of distance a pixel of changed height or width weighs


@dataclass(slots=True)
class Track:
    """One followed object. `votes` are nats of evidence for each kind."""

    id: int
    y: float
    x: float
    dy: float
    dx: float
    height: float
    width: float
    kind: int
    votes: dict[int, float]
    missed: int = 0


class Tracker:
    """Follows detections by nearness to where each track was expected.

    `family` gives each kind's colour group: a track is matched within its family alone, and its
    kind is the member with most evidence along the track. `mobility` is the chance that a kind
    moves in a step, which tells apart look-alikes that move and that stand (a paddle, a digit).
    """

    def __init__(self, coast_steps: int, gate_pixels: float) -> None:
        self.coast_steps, self.gate_pixels = coast_steps, gate_pixels
        self.tracks: list[Track] = []
        self.next_id = 0

    def reset(self) -> None:
        """Forget every track; ids start again at 0."""
        self.tracks, self.next_id = [], 0

    def step(
        self, detections: list[Detection], family: np.ndarray, mobility: np.ndarray
    ) -> list[Object]:
        """Objects seen in this step, by id; coasting tracks are kept but not reported."""
        seen: list[Track] = []
        free = set(range(len(detections)))
        rows, columns = self._assign(detections, family)
        for row, column in zip(rows, columns, strict=True):
            track, detection = self.tracks[row], detections[column]
            follow(track, detection, family, mobility)
            free.discard(int(column))
            seen.append(track)
        matched = set(rows)
        lost = [track for row, track in enumerate(self.tracks) if row not in matched]
        for track in lost:
            track.missed += 1
        born = [self._birth(detections[column]) for column in sorted(free)]
        seen += born
        self.tracks = [t for t in self.tracks if t.missed <= self.coast_steps] + born
        return [
            Object(t.id, t.kind, t.y, t.x, t.dy, t.dx, t.height, t.width)
            for t in sorted(seen, key=lambda track: track.id)
        ]

    def _birth(self, d: Detection) -> Track:
        votes = {d.kind: VOTE}
        track = Track(self.next_id, d.y, d.x, 0.0, 0.0, d.height, d.width, d.kind, votes)
        self.next_id += 1
        return track

    def _assign(self, detections: list[Detection], family: np.ndarray) -> tuple[list[int], list]:
        """Pairs (track, detection) of least total distance from the places expected."""
        if not self.tracks or not detections:
            return [], []
        t = np.array([[a.y, a.x, a.dy, a.dx, a.height, a.width, a.missed] for a in self.tracks])
        d = np.array(detections)
        t_family = family[[track.kind for track in self.tracks]]
        ahead = t[:, 6:7] + 1
        place = d[None, :, 1:3] - t[:, None, 0:2]
        expected = place - (t[:, 2:4] * ahead)[:, None]
        distance = np.minimum(
            np.hypot(expected[..., 0], expected[..., 1]), np.hypot(place[..., 0], place[..., 1])
        )
        size = np.abs(d[None, :, 3:5] - t[:, None, 4:6]).sum(axis=2)
        same = t_family[:, None] == family[d[:, 0].astype(np.intp)][None]
        allowed = same & (distance <= self.gate_pixels)
        cost = np.where(allowed, distance + SIZE_COST * size, FORBIDDEN)
        rows, columns = linear_sum_assignment(cost)
        keep = allowed[rows, columns]
        return rows[keep].tolist(), columns[keep].tolist()

    def get_state(self) -> dict[str, Any]:
        """JSON values only."""
        tracks = [asdict(track) for track in self.tracks]
        for track in tracks:
            track["votes"] = [[kind, nats] for kind, nats in track["votes"].items()]
        return {"tracks": tracks, "next_id": self.next_id}

    def set_state(self, state: dict[str, Any]) -> None:
        self.next_id = int(state["next_id"])
        self.tracks = [
            Track(**{**track, "votes": {int(k): float(v) for k, v in track["votes"]}})
            for track in state["tracks"]
        ]


def follow(track: Track, d: Detection, family: np.ndarray, mobility: np.ndarray) -> None:
    """Move `track` onto its detection: last displacement as velocity, evidence for the kind."""
    steps = track.missed + 1
    moved = abs(d.y - track.y) >= STILL_PIXELS or abs(d.x - track.x) >= STILL_PIXELS
    track.dy, track.dx = (d.y - track.y) / steps, (d.x - track.x) / steps
    track.y, track.x, track.height, track.width = d.y, d.x, d.height, d.width
    track.missed = 0
    votes = {}
    for kind in (family == family[d.kind]).nonzero()[0].tolist():
        chance = mobility[kind] if moved else 1.0 - mobility[kind]
        opinion = VOTE if kind == d.kind else 0.0
        votes[kind] = MEMORY * track.votes.get(kind, 0.0) + opinion + float(np.log(chance))
    track.votes = votes
    track.kind = max(votes, key=lambda kind: (votes[kind], -kind))
