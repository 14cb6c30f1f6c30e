"""Learned motion: which kind obeys the actions, along which axis, and how it moves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

AXES = ("y", "x")
REACH = 32  # pixels per agent step: longer displacements are jumps, not motion
SELDOM = 0.2  # share of the sightings of the kind seen most: what is seen less obeys by chance
SPEED_EDGES = (-13.5, -5.5, -1.5, 1.5, 5.5, 13.5)
SPEEDS = len(SPEED_EDGES) + 1
MIN_SAMPLES = 100
MIN_MOVES = 20  # of them in which it moved: a score that jumped three times obeys nothing
MIN_CONTROL = 0.2  # share of displacement variance that the actions must explain
BETWEEN, LOW, HIGH = 0, 1, 2  # where an object stands in the range of its kind, on one axis
ENDS = 3
MOST_SHARED = 20.0  # samples: a context met more often counts no more
RARE = 0.02  # share of steps: jumps and mistakes of sight
SHORT = 8  # pixels: what keeps to less stands still
PRIOR = 2.0  # samples that a coarser context counts for in a finer one


class MotionModel:
    """Counts of displacements, given what was done: a tabular model, readable as such.

    For each kind and axis, histograms by where in its range it starts, previous action, speed
    and action. What starts between the ends tells how much of the motion the actions explain
    and which actions do the same; at an end things move otherwise (a wall holds or hides them).
    """

    def __init__(self, actions: int) -> None:
        self.actions = actions
        self._histograms: dict[int, np.ndarray] = {}  # kind -> (2, ENDS, A, S, A, D)
        self.controlled: int | None = None
        self.axis = 0
        self.groups = np.zeros(actions, np.int64)  # group of each action
        self._chances: np.ndarray | None = None

    def observe(
        self,
        kind: int,
        before: int,
        action: int,
        speed: tuple[int, int],
        moved: tuple[int, int],
        was: tuple[int, int] = (BETWEEN, BETWEEN),
        came: tuple[int, int] = (BETWEEN, BETWEEN),
    ) -> None:
        """One step of one object: ``speed`` and ``moved`` are pixels per agent step, y and x;
        ``was`` and ``came`` tell on each axis whether it started from, or reached, an end."""
        if max(map(abs, moved)) > REACH:
            return
        counts = self._histograms.get(kind)
        if counts is None:
            shape = (2, ENDS, self.actions, SPEEDS, self.actions, 2 * REACH + 1)
            counts = self._histograms[kind] = np.zeros(shape, np.float32)
        for axis in (0, 1):
            if was[axis] == BETWEEN and came[axis] != BETWEEN:
                continue  # the end cut it short: it says less of the action
            speed_bin = bin_of_speed(speed[axis])
            counts[axis, was[axis], before, speed_bin, action, moved[axis] + REACH] += 1
        if kind == self.controlled:
            self._chances = None

    def refresh(self) -> None:
        """Decide anew what is controlled and which actions do the same."""
        best: tuple[float, int | None, int] = (MIN_CONTROL, None, 0)
        seen = {kind: counts[0].sum() for kind, counts in self._histograms.items()}
        most = max(seen.values(), default=0.0)
        for kind in sorted(self._histograms):
            if seen[kind] < SELDOM * most:
                continue
            for axis in (0, 1):
                share = control_share(self._histograms[kind][axis, BETWEEN])
                if share > best[0]:
                    best = (share, kind, axis)
        _, self.controlled, self.axis = best
        self._chances = None
        if self.controlled is not None:
            self.groups = group_actions(self._histograms[self.controlled][self.axis, BETWEEN])

    @property
    def variants(self) -> np.ndarray:
        """(A,) which of the actions that move the controlled object alike each one is."""
        return np.array([(self.groups[:a] == g).sum() for a, g in enumerate(self.groups)])

    def chances(self) -> np.ndarray:
        """(ENDS, G, S, G, D) as `lookahead.plan` wants it; sparse contexts lean on coarser ones."""
        if self.controlled is None:
            raise ValueError("no kind is known to obey the actions yet")
        if self._chances is None:
            raw = self._histograms[self.controlled][self.axis]
            grouped = _sum_groups(_sum_groups(raw, self.groups, 1), self.groups, 3)
            between = backed_off(grouped[BETWEEN])
            self._chances = grouped + PRIOR * between
            self._chances /= self._chances.sum(axis=-1, keepdims=True)
            self._chances[BETWEEN] = between
        return self._chances

    def speed_of_bin(self) -> np.ndarray:
        """(S,) mean displacement that falls into each speed bin."""
        displacement = np.arange(2 * REACH + 1) - REACH
        bins = bin_of_displacement()
        assert self.controlled is not None
        seen = self._histograms[self.controlled][self.axis, BETWEEN].sum(axis=(0, 1, 2)) + 1e-3
        return np.bincount(bins, seen * displacement, SPEEDS) / np.bincount(bins, seen, SPEEDS)

    def fastest(self) -> float:
        """How fast the controlled object can move, pixels per agent step, at least 1: of its steps
        `RARE` are faster."""
        assert self.controlled is not None
        seen = self._histograms[self.controlled][self.axis, BETWEEN].sum(axis=(0, 1, 2))
        by_speed = seen[REACH:] + seen[REACH::-1]
        faster = by_speed[::-1].cumsum()[::-1]
        return max(1.0, float(np.flatnonzero(faster > RARE * by_speed.sum()).max(initial=1)))

    def get_state(self) -> dict[str, Any]:
        """Histograms by kind, and what `refresh` decided."""
        return {
            "histograms": {str(kind): h.copy() for kind, h in self._histograms.items()},
            "controlled": self.controlled,
            "axis": self.axis,
            "groups": self.groups.copy(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._histograms = {int(k): np.array(h) for k, h in state["histograms"].items()}
        self.controlled = state["controlled"]
        self.axis = int(state["axis"])
        self.groups = np.array(state["groups"])
        self._chances = None


def end_of(place: int, low: int, high: int) -> int:
    """`BETWEEN`, `LOW` or `HIGH`: ends are a pixel wide; a short range has none."""
    if high - low <= SHORT:
        return BETWEEN
    return LOW if place <= low + 1 else HIGH if place >= high - 1 else BETWEEN


def bin_of_speed(speed: int) -> int:
    """The speed bin of a displacement per agent step."""
    return bisect_left(SPEED_EDGES, speed)


def nearest_bin(bins: np.ndarray, speed: int) -> int:
    """Which of the speed ``bins`` is nearest to that of a displacement."""
    return int(np.abs(bins - bin_of_speed(speed)).argmin())


@cache
def bin_of_displacement() -> np.ndarray:
    """(D,) speed bin of each whole displacement."""
    return np.array([bin_of_speed(moved) for moved in range(-REACH, REACH + 1)])


def control_share(counts: np.ndarray) -> float:
    """Share of displacement variance explained by the last two actions, bias removed.

    omega squared of a one-way analysis of variance over (previous action, action), from
    ``counts`` (A, S, A, D). 0 with fewer than `MIN_SAMPLES` samples or `MIN_MOVES` moves.
    """
    by_actions = counts.sum(axis=1).reshape(-1, counts.shape[-1]).astype(float)
    displacement = np.arange(counts.shape[-1]) - counts.shape[-1] // 2
    n = by_actions.sum(axis=1)
    total = n.sum()
    if total < MIN_SAMPLES or total - by_actions[:, counts.shape[-1] // 2].sum() < MIN_MOVES:
        return 0.0
    n, by_actions = n[n > 0], by_actions[n > 0]
    means = by_actions @ displacement / n
    mean = (n * means).sum() / total
    squares = (by_actions @ displacement**2).sum() - total * mean**2
    between = (n * (means - mean) ** 2).sum()
    if squares <= 0:  # it always moves alike
        return 0.0
    within = (squares - between) / max(1.0, total - len(n))
    return float((between - (len(n) - 1) * within) / (squares + within))


def group_actions(counts: np.ndarray, least: float = 0.2) -> np.ndarray:
    """Group number of each action, by its effect on the displacement.

    ``counts`` is (A before, S, A now, D). Two actions do the same if in the contexts (action
    before, speed) in which both were taken their mean displacements differ, in the median, by
    less than ``least`` of the widest difference, or than twice the standard error; what does the
    same as a third does the same. The median, since a policy repeats itself, and a context that
    is often met where a wall holds one of the two is no evidence. Groups in order of effect.
    """
    displacement = np.arange(counts.shape[-1]) - counts.shape[-1] // 2
    counts = counts.reshape(-1, *counts.shape[2:]).astype(float)
    n = counts.sum(axis=-1)
    mean = counts @ displacement / np.maximum(n, 1)
    _, effect = additive_effects(mean, n)
    within = (counts @ displacement**2 - n * mean**2).sum() / max(1.0, n.sum() - (n > 0).sum())
    one, other = n[:, :, None], n[:, None, :]
    shared = one * other / np.maximum(one + other, 1)  # inverse variance of their difference
    apart = weighted_median(mean[:, :, None] - mean[:, None, :], np.minimum(shared, MOST_SHARED))
    apart = np.where(shared.any(axis=0), apart, effect[:, None] - effect)
    noise = 2 * np.sqrt(within / np.maximum(shared.sum(axis=0), 1))
    alike = np.abs(apart) <= np.maximum(least * np.abs(apart).max(), noise)
    _, groups = connected_components(alike, directed=False)
    by_effect = np.array([effect[groups == g].mean() for g in range(groups.max() + 1)])
    return np.argsort(np.argsort(by_effect, kind="stable"), kind="stable")[groups]


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Along the first axis, the lower of two; the lowest value where all weights are 0."""
    order = np.argsort(values, axis=0)
    values = np.take_along_axis(values, order, axis=0)
    weights = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    middle = (weights < weights[-1] / 2).sum(axis=0)
    return np.take_along_axis(values, middle[None], axis=0)[0]


def additive_effects(
    mean: np.ndarray, n: np.ndarray, sweeps: int = 100
) -> tuple[np.ndarray, np.ndarray]:
    """Least squares of mean (C, A), n times each, by context + effect: (C,) and (A,).

    A learned policy takes some actions in some contexts only; plain means would credit the
    action with what the context did. Alternating projections, effects centred.
    """
    by_context = np.maximum(n.sum(axis=1), 1e-9)
    by_action = np.maximum(n.sum(axis=0), 1e-9)
    effect = np.zeros(mean.shape[1])
    context = np.zeros(len(mean))
    for _ in range(sweeps):
        context = ((mean - effect) * n).sum(axis=1) / by_context
        effect = ((mean - context[:, None]) * n).sum(axis=0) / by_action
        effect -= effect.mean()
    return context, effect


def backed_off(counts: np.ndarray, weight: float = PRIOR) -> np.ndarray:
    """(G, S, G, D) counts to probabilities; each level is a prior of ``weight`` for the next.

    From the action alone, to the action before and now, to those and the speed.
    """
    middle = np.zeros(counts.shape[-1])
    middle[counts.shape[-1] // 2] = 0.5
    action = counts.sum(axis=(0, 1), keepdims=True) + middle
    action = action / action.sum(axis=-1, keepdims=True)
    pair = counts.sum(axis=1, keepdims=True) + weight * action
    pair = pair / pair.sum(axis=-1, keepdims=True)
    full = counts + weight * pair
    return np.asarray(full / full.sum(axis=-1, keepdims=True))


def _sum_groups(array: np.ndarray, groups: np.ndarray, axis: int) -> np.ndarray:
    parts = [
        array.take(np.flatnonzero(groups == g), axis).sum(axis) for g in range(groups.max() + 1)
    ]
    return np.stack(parts, axis)
