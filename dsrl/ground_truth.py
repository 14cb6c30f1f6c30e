"""Scoring perception against the console's memory: the one place where RAM is read.

Nothing here ever reaches an agent. An observation is the maximum of two emulator frames, so an
object's true box is the union of its boxes in both, each cut to the window it is drawn in; it is
visible where something of it is left and its row byte says it is in play. What jumps between the
two frames (a paddle put back for the next serve) shows two images far apart: both must be found.
Detections centred in a display (the score) are left out; any other detection without a counterpart
is spurious.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from agents.envs import AtariEnv
from dsrl.experiments import Box, RamObject, Truth
from perception import Detection, Object

NEAR_PIXELS = 4.0  # a detection this near to a true centre has found it


class TrueObject(NamedTuple):
    """Centre and size, native pixels."""

    name: str
    y: float
    x: float
    height: float
    width: float


def memory_behind(env: AtariEnv) -> tuple[np.ndarray, np.ndarray]:
    """The memory at the two emulator frames whose maximum is the last observation."""
    return env.rams()


def true_objects(truth: Truth, rams: Sequence[np.ndarray]) -> list[TrueObject]:
    """The visible objects of an observation, from the memory at the frames it is the maximum of."""
    found = []
    for thing in truth.objects:
        boxes = [box for ram in rams if (box := _drawn(thing, ram)) is not None]
        if len(boxes) == 2 and _gap(*boxes) < NEAR_PIXELS:
            lows, highs = np.min(boxes, axis=0).tolist(), np.max(boxes, axis=0).tolist()
            boxes = [(lows[0], lows[1], highs[2], highs[3])]
        found += [_centred(thing.name, box) for box in boxes]
    return found


def _centred(name: str, box: Box) -> TrueObject:
    height, width = box[2] - box[0], box[3] - box[1]
    return TrueObject(name, box[0] + (height - 1) / 2, box[1] + (width - 1) / 2, height, width)


def _gap(one: Box, other: Box) -> int:
    """Pixels between two boxes, row- or columnwise, the larger; below 1 where they touch."""
    rows = max(one[0], other[0]) - min(one[2], other[2])
    columns = max(one[1], other[1]) - min(one[3], other[3])
    return max(rows, columns)


def _drawn(thing: RamObject, ram: np.ndarray) -> Box | None:
    """Its box in one emulator frame, cut to its window; None where nothing of it is drawn."""
    row = int(ram[thing.row_byte])
    if row in thing.hidden_rows:
        return None
    top, left = row + thing.row_offset, int(ram[thing.column_byte]) + thing.column_offset
    window = thing.window
    cut = (
        max(top, window[0]),
        max(left, window[1]),
        min(top + thing.height, window[2]),
        min(left + thing.width, window[3]),
    )
    return cut if cut[0] < cut[2] and cut[1] < cut[3] else None


def in_display(truth: Truth, y: float, x: float) -> bool:
    return any(
        top <= y < bottom and left <= x < right for top, left, bottom, right in truth.displays
    )


class Match(NamedTuple):
    true: TrueObject
    seen: Detection | Object
    distance: float


def match(true: Sequence[TrueObject], seen: Sequence[Detection] | Sequence[Object]) -> list[Match]:
    """One-to-one pairs of centres at most `NEAR_PIXELS` apart: as many as can be, then nearest."""
    if not true or not seen:
        return []
    at = np.array([[t.y, t.x] for t in true])[:, None] - np.array([[s.y, s.x] for s in seen])[None]
    distance = np.hypot(at[..., 0], at[..., 1])
    rows, columns = linear_sum_assignment(np.where(distance <= NEAR_PIXELS, distance, 1e6))
    return [
        Match(true[row], seen[column], float(distance[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if distance[row, column] <= NEAR_PIXELS
    ]


@dataclass
class Score:
    """Counts gathered frame by frame; `summary` turns them into the figures."""

    truth: Truth
    frames: int = 0
    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    spurious: int = 0
    displays: int = 0
    switches: int = 0
    distances: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    kinds: Counter[tuple[int, str]] = field(default_factory=Counter)
    _last_id: dict[str, int] = field(default_factory=dict)
    _present: set[str] = field(default_factory=set)

    def new_episode(self) -> None:
        """Identities need not outlive an episode."""
        self._last_id.clear()
        self._present.clear()

    def add(self, rams: Sequence[np.ndarray], seen: Sequence[Object]) -> None:
        """Score the objects of one observation."""
        true = true_objects(self.truth, rams)
        matches = match(true, seen)
        self.frames += 1
        for m in matches:
            self.found[m.true.name] += 1
            self.distances[m.true.name].append(m.distance)
            self.kinds[m.seen.kind, m.true.name] += 1
        self.missed.update(t.name for t in true)
        self.missed.subtract(m.true.name for m in matches)
        matched_seen = {id(m.seen) for m in matches}
        for s in seen:
            if id(s) not in matched_seen:
                shown = in_display(self.truth, s.y, s.x)
                self.displays += shown
                self.spurious += not shown
        self._count_switches(true, matches)

    def _count_switches(self, true: Iterable[TrueObject], matches: Iterable[Match]) -> None:
        """A switch: another id than last time though the thing neither left the screen nor jumped.

        A thing that was away (a ball out of play) may come back under a new id.
        """
        images = Counter(t.name for t in true)
        present = {name for name, count in images.items() if count == 1}
        for name in self._present - present:
            self._last_id.pop(name, None)
        for m in matches:
            if m.true.name not in present:
                continue
            assert isinstance(m.seen, Object)
            self.switches += self._last_id.get(m.true.name, m.seen.id) != m.seen.id
            self._last_id[m.true.name] = m.seen.id
        self._present = present

    def summary(self) -> dict[str, Any]:
        """F1, precision, recall, centre error (pixels), type purity, switches per 1,000 frames."""
        names = [thing.name for thing in self.truth.objects]
        found, missed = self.found.total(), self.missed.total()
        distances = [d for name in names for d in self.distances[name]]
        majority = Counter[int]()
        for (kind, _), count in self.kinds.items():
            majority[kind] = max(majority[kind], count)
        return {
            "frames": self.frames,
            "f1": _ratio(2 * found, 2 * found + missed + self.spurious),
            "precision": _ratio(found, found + self.spurious),
            "recall": _ratio(found, found + missed),
            "centre_error_pixels": float(np.mean(distances)) if distances else None,
            "type_purity": _ratio(majority.total(), found),
            "switches_per_1000": _ratio(1000 * self.switches, self.frames),
            "spurious": self.spurious,
            "display_detections": self.displays,
            "objects": {name: self._of(name) for name in names},
        }

    def _of(self, name: str) -> dict[str, Any]:
        """The same of one true object."""
        distances = self.distances[name]
        kinds = {kind: count for (kind, true), count in self.kinds.items() if true == name}
        return {
            "found": self.found[name],
            "missed": self.missed[name],
            "recall": _ratio(self.found[name], self.found[name] + self.missed[name]),
            "centre_error_pixels": float(np.mean(distances)) if distances else None,
            "kinds": dict(sorted(kinds.items(), key=lambda item: -item[1])),
        }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
