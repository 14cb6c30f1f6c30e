"""What is found in each frame against the console's memory, at one threshold or at all of them.

The rules are those of `ground_truth.Score`: one-to-one pairs of near centres; what lies in a
display, in an ignored thing, in a fixture or in the wall, and matches nothing, does not count. The
memory is read once for a play, so that many thresholds can be tried.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from dsrl.scoring.ground_truth import NEAR_PIXELS
from dsrl.scoring.memory_map import Box, Truth
from dsrl.scoring.play import Memory
from dsrl.scoring.true_objects import TrueObject, inside, true_fixtures, true_objects
from perception.gaussian_eyes.readout import Blob


class Scene(NamedTuple):
    """What is truly on a frame: objects, then fixtures; and where detections do not count."""

    objects: list[TrueObject]
    fixtures: list[TrueObject]
    uncounted: list[Box]


def scene_of(truth: Truth, memory: Memory) -> Scene:
    """From the memory at the two emulator frames behind an observation."""
    uncounted = [*truth.displays, *(grid.region for grid in truth.fixtures)]
    if truth.wall is not None:
        uncounted.append(truth.wall.region)
    for t in true_objects(truth.ignored, memory):
        top, left = t.y - (t.height - 1) / 2, t.x - (t.width - 1) / 2
        uncounted.append((round(top), round(left), round(top + t.height), round(left + t.width)))
    return Scene(
        true_objects(truth.objects, memory), true_fixtures(truth.fixtures, memory), uncounted
    )


@dataclass
class Tally:
    """Counts over frames. `pairs` are (true name, what was found there)."""

    there: Counter[str] = field(default_factory=Counter)
    pairs: list[tuple[str, Blob]] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    spurious: Counter[int] = field(default_factory=Counter)  # by kind

    @property
    def recall(self) -> float:
        """Share of the true objects that were found; 0 of none."""
        return len(self.pairs) / max(1, self.there.total())

    @property
    def precision(self) -> float:
        """Share of what was found that is true; 1 of nothing."""
        found = len(self.pairs) + self.spurious.total()
        return len(self.pairs) / found if found else 1.0

    @property
    def f1(self) -> float:
        """2 found / (true + found + spurious)."""
        whole = self.there.total() + len(self.pairs) + self.spurious.total()
        return 2 * len(self.pairs) / whole if whole else 0.0


def tally(
    scenes: Iterable[Scene], found: Iterable[Sequence[Blob]], near: float = NEAR_PIXELS
) -> Tally:
    """Count the blobs of each frame; `near` is the farthest a centre may lie from a true one."""
    counts = Tally()
    for scene, seen in zip(scenes, found, strict=True):
        true = scene.objects + scene.fixtures
        counts.there.update(t.name for t in scene.objects)
        taken = set()
        for row, column, distance in _matched(true, seen, near):
            taken.add(column)
            if row < len(scene.objects):
                counts.pairs.append((true[row].name, seen[column]))
                counts.distances.append(distance)
        for number, blob in enumerate(seen):
            if number not in taken and not inside(scene.uncounted, blob.y, blob.x):
                counts.spurious[blob.kind] += 1
    return counts


def _matched(
    true: Sequence[TrueObject], seen: Sequence[Blob], near: float
) -> list[tuple[int, int, float]]:
    """Pairs at most `near` apart: as many as can be, then nearest."""
    if not true or not seen:
        return []
    y, x = (np.array(each) for each in zip(*((t.y, t.x) for t in true), strict=True))
    v, u = (np.array(each) for each in zip(*((b.y, b.x) for b in seen), strict=True))
    distance = np.hypot(y[:, None] - v[None], x[:, None] - u[None])
    rows, columns = linear_sum_assignment(np.where(distance <= near, distance, 1e6))
    pairs = zip(rows.tolist(), columns.tolist(), distance[rows, columns].tolist(), strict=True)
    return [pair for pair in pairs if pair[2] <= near]


def average_precision(points: Iterable[tuple[float, float]]) -> float:
    """Area under the (recall, precision) points of all thresholds.

    At each recall counts the best precision of any threshold that reaches it (Everingham et al.
    2010, "The PASCAL VOC challenge", 4.2, at all points). A threshold low enough runs blobs
    together and finds less, so recall need not fall as thresholds rise.
    """
    area, reached, best = 0.0, 0.0, 0.0
    by_recall = sorted(points)
    ceilings = []
    for _, precision in reversed(by_recall):
        best = max(best, precision)
        ceilings.append(best)
    for (recall, _), ceiling in zip(by_recall, reversed(ceilings), strict=True):
        area += (recall - reached) * ceiling
        reached = recall
    return area


def called(counts: Tally) -> dict[int, str]:
    """The name that each kind mostly stands for, of what was found."""
    names: dict[int, Counter[str]] = {}
    for name, blob in counts.pairs:
        names.setdefault(blob.kind, Counter())[name] += 1
    return {kind: max(sorted(c), key=c.__getitem__) for kind, c in names.items()}


def typed_f1(counts: Tally, called: Mapping[int, str]) -> dict[str, float]:
    """F1 of each true name that was there: found *and* under a kind that is called so."""
    said = Counter(called[b.kind] for _, b in counts.pairs if b.kind in called)
    for kind, n in counts.spurious.items():
        if kind in called:
            said[called[kind]] += n
    right = Counter(name for name, b in counts.pairs if called.get(b.kind) == name)
    return {n: 2 * right[n] / (there + said[n]) for n, there in counts.there.items() if there}
