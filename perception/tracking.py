"""Detections -> objects that keep their identity: optimal assignment, births, deaths, occlusion.

Shapes: T tracks, D detections, K kinds.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from perception.assignment import Pairs, assign
from perception.objects import Detection, Object

MEMORY = 0.95  # share of a track's evidence kept each step
OPEN = 1.0  # pixels at an edge of a region shared by two that one of them leaves to the other
BOUNCE = 8.0  # pixels that the other may be from where it was expected
STILL_PIXELS = 0.5  # a centre that shifts by less has not moved


@dataclass(frozen=True, kw_only=True)
class TrackerConfig:
    """How things are followed: what eyes of every sort have among their settings."""

    coast_steps: int = 3  # agent steps an unseen track is kept
    gate_pixels: float = 28.0  # farthest a detection may lie from where its track was expected

    def __post_init__(self) -> None:
        if self.coast_steps < 0:
            raise ValueError(f"coast_steps must be at least 0, got {self.coast_steps}")
        if not self.gate_pixels > 0:
            raise ValueError(f"gate_pixels must be above 0, got {self.gate_pixels}")


class KindModel(Protocol):
    """What the tracker must know of the kinds; arrays of length K."""

    family: np.ndarray  # colour group: a track never leaves it
    mobility: np.ndarray  # chance of moving in an agent step
    solitary: np.ndarray  # bool: there is always one, and never two

    def evidence(self, d: Detection) -> dict[int, float]:
        """What one frame tells for each kind of the detection's family, nats of at most 0."""
        ...


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
    merged: int = 0  # steps in a row in which it was one region with another


class Tracker:
    """Follows detections by nearness to where each track was expected.

    A track is matched within its family alone, and its kind is the member with most evidence along
    the track; mobility tells apart look-alikes that move and that stand (a paddle, a digit). What
    is farther off than the gate is another thing, unless its kind is solitary: then it jumped.
    """

    def __init__(self, config: TrackerConfig) -> None:
        self.coast_steps, self.gate_pixels = config.coast_steps, config.gate_pixels
        self.tracks: list[Track] = []
        self.next_id = 0

    def reset(self) -> None:
        """Forget every track; ids start again at 0."""
        self.tracks, self.next_id = [], 0

    def step(self, detections: list[Detection], kinds: KindModel) -> list[Object]:
        """Objects seen in this step, by id; coasting tracks are kept but not reported."""
        families = kinds.family.tolist()
        evidence = [kinds.evidence(d) for d in detections]
        pairs = self._matched(detections, families, kinds.solitary)
        within = self._merged(detections, pairs, families)
        self._follow(detections, pairs, within, evidence, kinds.mobility.tolist())
        self._place_hidden(detections, pairs, within)
        self._end_unseen(pairs, within)
        self._begin(detections, pairs, evidence)
        return [
            Object(t.id, t.kind, t.y, t.x, t.dy, t.dx, t.height, t.width)
            for t in self.tracks
            if t.missed == 0
        ]

    def _matched(
        self, detections: list[Detection], families: list[int], solitary: np.ndarray
    ) -> Pairs:
        """Each track with the detection that continues it, near or, for solitary kinds, far."""
        pairs = assign(self.tracks, detections, families, self.gate_pixels)
        return pairs + self._jumps(detections, pairs, solitary)

    def _follow(
        self,
        detections: list[Detection],
        pairs: Pairs,
        within: Pairs,
        evidence: list[dict[int, float]],
        mobility: list[float],
    ) -> None:
        """Move tracks to their detections; a shared region tells neither place nor kind of one."""
        shared = {column for _, column in within}
        for row, column in pairs:
            track = self.tracks[row]
            if column in shared:
                place_within(track, detections[column])
            else:
                moved = move(track, detections[column], self.gate_pixels)
                weigh(track, evidence[column], mobility, moved)

    def _place_hidden(self, detections: list[Detection], pairs: Pairs, within: Pairs) -> None:
        """Move tracks that are within another's region, after that other has moved."""
        holder = {column: self.tracks[row] for row, column in pairs}
        for row, column in within:
            place_within(self.tracks[row], detections[column])
            fill(self.tracks[row], detections[column], holder[column])

    def _end_unseen(self, pairs: Pairs, within: Pairs) -> None:
        """Count the steps that tracks are missed or merged; forget those missed for too long."""
        hidden = {row for row, _ in within}
        matched = {row for row, _ in pairs} | hidden
        for row, track in enumerate(self.tracks):
            track.missed = 0 if row in matched else track.missed + 1
            track.merged = track.merged + 1 if row in hidden else 0
        self.tracks = [t for t in self.tracks if t.missed <= self.coast_steps]

    def _begin(
        self, detections: list[Detection], pairs: Pairs, evidence: list[dict[int, float]]
    ) -> None:
        """A new track for each detection that continues none."""
        taken = {column for _, column in pairs}
        for column, d in enumerate(detections):
            if column not in taken:
                votes = dict(evidence[column])
                track = Track(self.next_id, d.y, d.x, 0.0, 0.0, d.height, d.width, d.kind, votes)
                self.tracks.append(track)
                self.next_id += 1

    def _jumps(self, detections: list[Detection], pairs: Pairs, solitary: np.ndarray) -> Pairs:
        """Unmatched track and unmatched detection of the same solitary kind, one of each."""
        if len(pairs) in (len(self.tracks), len(detections)):
            return []
        matched = {row for row, _ in pairs}
        taken = {column for _, column in pairs}
        found = []
        for kind in solitary.nonzero()[0].tolist():
            rows = [r for r, t in enumerate(self.tracks) if t.kind == kind]
            columns = [c for c, d in enumerate(detections) if d.kind == kind]
            if len(rows) == len(columns) == 1 and rows[0] not in matched:
                found.append((rows[0], columns[0]))
        return [(row, column) for row, column in found if column not in taken]

    def _merged(self, detections: list[Detection], pairs: Pairs, families: list[int]) -> Pairs:
        """Unmatched tracks, and the grown region of another in which each is expected.

        Things of one family that touch are one region: a ball at a paddle of its colour.
        """
        if len(pairs) == len(self.tracks):
            return []
        matched = {row for row, _ in pairs}
        grown = [(r, c) for r, c in pairs if has_grown(self.tracks[r], detections[c])]
        found = []
        for row, track in enumerate(self.tracks):
            if row in matched or track.missed or track.merged >= self.coast_steps:
                continue
            y, x = track.y + track.dy, track.x + track.dx
            for other, column in grown:
                d = detections[column]
                near = abs(y - d.y) <= d.height / 2 and abs(x - d.x) <= d.width / 2
                if near and families[self.tracks[other].kind] == families[track.kind]:
                    found.append((row, column))
                    break
        return found

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


def move(track: Track, d: Detection, gate_pixels: float) -> bool:
    """Put `track` where its detection is, last displacement as velocity; whether it moved.

    Beyond the gate it is a jump, which says nothing about velocity.
    """
    steps = track.missed + 1
    dy, dx = d.y - track.y, d.x - track.x
    jumped = math.hypot(dy, dx) > gate_pixels * steps
    track.dy, track.dx = (0.0, 0.0) if jumped else (dy / steps, dx / steps)
    track.y, track.x, track.height, track.width = d.y, d.x, d.height, d.width
    return abs(dy) >= STILL_PIXELS or abs(dx) >= STILL_PIXELS


def has_grown(track: Track, d: Detection) -> bool:
    """Whether a region is larger than the track it continues was."""
    return d.height > track.height or d.width > track.width


def place_within(track: Track, region: Detection) -> None:
    """Put `track` where it was expected, its box held inside a region that it shares."""
    ahead = track.missed + 1
    spare_y = max(0.0, (region.height - track.height) / 2)
    spare_x = max(0.0, (region.width - track.width) / 2)
    y, x = track.y + ahead * track.dy, track.x + ahead * track.dx
    track.y = min(max(y, region.y - spare_y), region.y + spare_y)
    track.x = min(max(x, region.x - spare_x), region.x + spare_x)


def fill(track: Track, region: Detection, holder: Track) -> None:
    """Move a hidden track to the edge of the region that its holder leaves open, if it is near.

    Where it was expected it may have bounced off the holder, and something makes the region larger.
    """
    for axis, side in (("y", "height"), ("x", "width")):
        middle, reach = getattr(region, axis), getattr(region, side) / 2
        apart = getattr(holder, axis) - middle
        open_low = reach + apart - getattr(holder, side) / 2
        open_high = reach - apart - getattr(holder, side) / 2
        if max(open_low, open_high) < OPEN:
            continue
        end = reach - getattr(track, side) / 2
        place = middle + (end if open_high > open_low else -end)
        if abs(place - getattr(track, axis)) <= BOUNCE:
            setattr(track, axis, place)


def weigh(track: Track, nats: dict[int, float], mobility: list[float], moved: bool) -> None:
    """Add a frame's evidence for the kind, and that of having moved or not."""
    votes = {}
    for kind, value in nats.items():
        chance = mobility[kind] if moved else 1.0 - mobility[kind]
        votes[kind] = MEMORY * track.votes.get(kind, 0.0) + value + math.log(chance)
    track.votes = votes
    track.kind = max(votes, key=lambda kind: (votes[kind], -kind))
