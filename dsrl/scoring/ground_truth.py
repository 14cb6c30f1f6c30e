"""Scoring perception against the console's memory: the one place where RAM is read.

Nothing here ever reaches an agent. The figures over all are those of the map's objects. Fixtures
are scored apart, and so is a wall. Detections centred in a display (the score), in a thing the
map ignores (an explosion), in a fixture or in the wall are left out of the figures over all where
they match no object; any other detection without a counterpart is spurious.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from agents.envs import AtariEnv
from dsrl.scoring.memory_map import Box, Truth
from dsrl.scoring.true_objects import TrueObject, inside, true_fixtures, true_objects
from dsrl.scoring.wall_score import WallScore
from perception import Detection, Object

NEAR_PIXELS = 4.0  # a detection this near to a true centre has found it
OTHER_NAME = 100.0  # cost of a pair whose names differ: a shot within an alien is not that alien


def memory_behind(env: AtariEnv) -> tuple[np.ndarray, np.ndarray]:
    """The memory at the two emulator frames whose maximum is the last observation."""
    return env.rams()


class Match(NamedTuple):
    true: TrueObject
    seen: Detection | Object
    distance: float


def match(
    true: Sequence[TrueObject],
    seen: Sequence[Detection] | Sequence[Object],
    called: Mapping[int, str] = MappingProxyType({}),
) -> list[Match]:
    """One-to-one pairs of centres at most `NEAR_PIXELS` apart: as many as can be, then of the name
    that a kind is `called`, then nearest."""
    if not true or not seen:
        return []
    at = np.array([[t.y, t.x] for t in true])[:, None] - np.array([[s.y, s.x] for s in seen])[None]
    distance = np.hypot(at[..., 0], at[..., 1])
    names = np.array([called.get(s.kind, "") for s in seen])
    other = names[None] != np.array([t.name for t in true])[:, None]
    cost = distance + OTHER_NAME * other
    rows, columns = linear_sum_assignment(np.where(distance <= NEAR_PIXELS, cost, 1e6))
    return [
        Match(true[row], seen[column], float(distance[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if distance[row, column] <= NEAR_PIXELS
    ]


@dataclass
class Score:
    """Counts gathered frame by frame; `summary` turns them into the figures.

    Where it is known what kinds are `called`, a thing is found first, and followed only, by objects
    that are called as it is.
    """

    truth: Truth
    called: Mapping[int, str] = field(default_factory=dict)
    frames: int = 0
    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    spurious: Counter[int] = field(default_factory=Counter)  # by learned kind
    elsewhere: Counter[int] = field(default_factory=Counter)  # the same in displays and the wall
    displays: int = 0
    switches: int = 0
    alone: int = 0  # steps of things that are alone of their name
    followed: int = 0  # of them, those in which they were found, and by their name
    distances: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    kinds: Counter[tuple[int, str]] = field(default_factory=Counter)
    fixture_spurious: Counter[int] = field(default_factory=Counter)
    _last: dict[str, tuple[int, int]] = field(default_factory=dict)  # map entry, learned id
    _wall: WallScore | None = None

    def __post_init__(self) -> None:
        if self.truth.wall is not None:
            self._wall = WallScore(self.truth.wall)

    def new_episode(self) -> None:
        """Identities and a wall's looks need not outlive an episode."""
        self._last.clear()
        if self._wall is not None:
            self._wall.new_episode()

    def add(self, rams: Sequence[np.ndarray], seen: Sequence[Object]) -> None:
        """Score the objects of one observation."""
        objects = true_objects(self.truth.objects, rams)
        true = objects + true_fixtures(self.truth.fixtures, rams)
        matches = match(true, seen, self.called)
        self.frames += 1
        for m in matches:
            self.found[m.true.name] += 1
            self.distances[m.true.name].append(m.distance)
            self.kinds[m.seen.kind, m.true.name] += 1
        self.missed.update(t.name for t in true)
        self.missed.subtract(m.true.name for m in matches)
        matched = {id(m.seen) for m in matches}
        self._count_unmatched(rams, [s for s in seen if id(s) not in matched])
        names = {thing.name for thing in self.truth.objects}
        followed = [m for m in matches if m.true.name in names]
        if self.called:
            followed = [m for m in followed if self.called.get(m.seen.kind) == m.true.name]
        self._count_switches(objects, followed)
        if self._wall is not None:
            self._wall.add(rams, seen)

    def _count_unmatched(self, rams: Sequence[np.ndarray], seen: Iterable[Object]) -> None:
        """What matches nothing is spurious, unless it lies where detections do not count."""
        ignored = [_box(t) for t in true_objects(self.truth.ignored, rams)]
        fixtures = [grid.region for grid in self.truth.fixtures]
        wall = [self.truth.wall.region] if self.truth.wall is not None else []
        for s in seen:
            if inside(ignored, s.y, s.x):
                self.displays += 1
            elif inside(self.truth.displays, s.y, s.x):
                self.displays += 1
                self.elsewhere[s.kind] += 1
            elif inside(fixtures, s.y, s.x):
                self.fixture_spurious[s.kind] += 1
            elif inside(wall, s.y, s.x):
                self.elsewhere[s.kind] += 1
            else:
                self.spurious[s.kind] += 1

    def _count_switches(self, true: Iterable[TrueObject], matches: Iterable[Match]) -> None:
        """A switch: another id than last time though the thing neither left the screen nor jumped.

        A thing that was away (a ball out of play) may come back under a new id. Only what is alone
        of its name is followed, from one entry of the map: two shots are not the same one.
        """
        images = Counter(t.name for t in true)
        alone = {t.name: t.entry for t in true if images[t.name] == 1}
        self.alone += len(alone)
        self._last = {name: last for name, last in self._last.items() if alone.get(name) == last[0]}
        for m in matches:
            if m.true.name not in alone:
                continue
            assert isinstance(m.seen, Object)
            self.followed += 1
            _, last_id = self._last.get(m.true.name, (m.true.entry, m.seen.id))
            self.switches += last_id != m.seen.id
            self._last[m.true.name] = m.true.entry, m.seen.id

    def summary(self) -> dict[str, Any]:
        """F1, precision, recall, centre error (pixels), type purity, switches per 1,000 frames, and
        the share of steps in which what can switch was found at all (who finds nothing never does).

        Over all objects, and by name under `objects`: there a spurious detection counts against
        the name that its learned kind mostly stands for. `fixtures` and `wall` where there are any.
        """
        names = list(dict.fromkeys(thing.name for thing in self.truth.objects))
        fixtures = list(dict.fromkeys(grid.name for grid in self.truth.fixtures))
        majority = self.majority(names)
        pure = sum(self.kinds[kind, name] for kind, name in majority.items())
        found = sum(self.found[name] for name in names)
        missed = sum(self.missed[name] for name in names)
        spurious = self.spurious.total()
        distances = [d for name in names for d in self.distances[name]]
        summary: dict[str, Any] = {
            "frames": self.frames,
            **_f1(found, missed, spurious),
            "centre_error_pixels": float(np.mean(distances)) if distances else None,
            "type_purity": _ratio(pure, found),
            "switches_per_1000": _ratio(1000 * self.switches, self.frames),
            "followed": _ratio(self.followed, self.alone),
            "spurious": spurious,
            "display_detections": self.displays,
            "objects": {name: self._of(name, majority, self.spurious) for name in names},
        }
        if fixtures:
            majority = self.majority(names + fixtures)
            summary["fixtures"] = {
                name: self._of(name, majority, self.fixture_spurious) for name in fixtures
            }
        if self._wall is not None:
            summary["wall"] = self._wall.summary()
        return summary

    def majority(self, names: Sequence[str]) -> dict[int, str]:
        """The name of `names` that each learned kind mostly stands for, if for any."""
        majority: dict[int, str] = {}
        for (kind, name), _ in sorted(self.kinds.items(), key=lambda item: item[1]):
            if name in names:
                majority[kind] = name  # the most frequent comes last
        return majority

    def _of(self, name: str, majority: dict[int, str], spurious: Counter[int]) -> dict[str, Any]:
        """The same of one true name; purity: the share found under a kind that stands for it."""
        found, missed = self.found[name], self.missed[name]
        against = sum(n for kind, n in spurious.items() if majority.get(kind) == name)
        pure = sum(self.kinds[kind, name] for kind, true in majority.items() if true == name)
        distances = self.distances[name]
        kinds = {kind: count for (kind, true), count in self.kinds.items() if true == name}
        return {
            "found": found,
            "missed": missed,
            "spurious": against,
            **_f1(found, missed, against),
            "centre_error_pixels": float(np.mean(distances)) if distances else None,
            "purity": _ratio(pure, found),
            "kinds": dict(sorted(kinds.items(), key=lambda item: -item[1])),
        }


def _f1(found: int, missed: int, spurious: int) -> dict[str, float | None]:
    return {
        "f1": _ratio(2 * found, 2 * found + missed + spurious),
        "precision": _ratio(found, found + spurious),
        "recall": _ratio(found, found + missed),
    }


def _box(true: TrueObject) -> Box:
    top, left = true.y - (true.height - 1) / 2, true.x - (true.width - 1) / 2
    return round(top), round(left), round(top + true.height), round(left + true.width)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
