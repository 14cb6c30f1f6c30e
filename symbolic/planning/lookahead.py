"""Look-ahead over learned motion: which action now brings the best meetings and launches later.

Legend: G groups of actions that move the controlled object alike, R variants within a group,
W ways to move, S speed bins, D displacements (pixels per agent step), O offsets (pixels, other
object minus controlled one, along the axis of control), N positions of the controlled object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from symbolic.dynamics.motion import BETWEEN, HIGH, LOW, end_of
from symbolic.scene import WAYS, way


class Moves(NamedTuple):
    """How the controlled object moves, as learned.

    ``chances`` (ENDS, G, S, G, D): probability of each displacement, given where in its range it
    starts, the group before, the speed bin and the group now; D odd, its middle is 0.
    ``bin_of_displacement`` (D,): the speed bin a displacement leads to; ``speed_of_bin`` (S,)
    pixels per agent step. ``low`` and ``high`` are the ends of its range.
    """

    chances: np.ndarray
    bin_of_displacement: np.ndarray
    speed_of_bin: np.ndarray
    low: int
    high: int


class Meeting(NamedTuple):
    """Another object comes level at ``place``, this ``fraction`` into the step numbered ``step``.

    ``worth`` (R, W, O): by the variant of the action during which it happens, the way the
    controlled object then moves (-1, 0, 1) and the offset; O odd, its middle is 0.
    """

    step: int
    fraction: float
    place: int
    worth: np.ndarray


class Launches(NamedTuple):
    """What can be sent out, and what that brings.

    ``chance`` (steps, G, 2): how likely the least and the most likely action of a group sends
    something out, if nothing was yet. ``worth`` (steps, N): of what is sent out in that step, by
    the position at its end, less the time until the next can be sent. ``after`` (N,): what being
    there is worth after the last step. ``step_cost``: of a step in which nothing is sent out.
    """

    chance: np.ndarray
    worth: np.ndarray
    after: np.ndarray
    step_cost: float


class Stage(NamedTuple):
    """Action values in one step, (R, G, S, G, N): by variant, group before, speed, group now.

    R is 1 where no meeting tells variants apart. ``sends`` is the value if something is sent out in
    this step, and nothing more in sight; without `Launches` it is the same as ``waits``.
    """

    waits: np.ndarray
    sends: np.ndarray


class Arithmetic(NamedTuple):
    """In which numbers a plan is made, and how each expected value is rounded."""

    dtype: type[np.floating[Any]]
    rounded: Callable[[np.ndarray], np.ndarray]


FLOATING = Arithmetic(np.float32, lambda values: values)
# Whole values, chances and fractions in powers of 1/2: exact in these, and cut off towards zero as
# clingo divides.
WHOLE = Arithmetic(np.float64, np.trunc)


def part_way(speed: np.ndarray, displacement: np.ndarray, fraction: float) -> np.ndarray:
    """How far an object is after ``fraction`` of a step that ends at ``displacement``.

    The parabola through the last three positions, so a start or a stop is not taken for even
    motion. ``speed`` is the displacement of the step before; shapes broadcast, pixels.
    """
    mean = (speed + displacement) / 2
    return fraction * mean + fraction**2 * (displacement - speed) / 2


def plan(
    moves: Moves,
    positions: range,
    meetings: Sequence[Meeting],
    steps: int,
    launches: Launches | None = None,
    discount: float = 1.0,
    arithmetic: Arithmetic = FLOATING,
) -> list[Stage]:
    """Action values by backward induction over ``steps``, exact for the learned motion.

    Args:
        positions: consecutive pixels at which the controlled object may be; it is taken to stay
            at the first or last where it would leave them.
        discount: per step.

    Returns:
        A `Stage` for each step, the present one first.
    """
    return _Planner(moves, positions, launches, discount, arithmetic).stages(meetings, steps)


class _Planner:
    def __init__(
        self,
        moves: Moves,
        positions: range,
        launches: Launches | None,
        discount: float,
        arithmetic: Arithmetic,
    ) -> None:
        self.dtype, self.rounded = arithmetic
        happens = np.flatnonzero(moves.chances.any(axis=(0, 1, 2, 3)))
        chances = moves.chances[..., happens].astype(self.dtype)
        _, self.groups, self.speeds, _, reach = moves.chances.shape
        self.displacement = happens - reach // 2
        self.bins = moves.bin_of_displacement[happens]
        self.speed_of_bin = moves.speed_of_bin
        self.size = len(positions)
        self.low = positions.start
        # Moved by d, column k becomes k + d, or stays at an end.
        columns = np.arange(self.size)
        self.moved_to = np.clip(columns + self.displacement[:, None], 0, self.size - 1)  # (D, N)
        self.parts = _columns_of_ends(positions, moves.low, moves.high)
        self.by_speed = chances.transpose(0, 2, 1, 3, 4).reshape(
            -1, self.speeds, self.groups * self.groups, len(happens)
        )
        self.by_group = chances.transpose(0, 3, 1, 2, 4).reshape(
            -1, self.groups, self.groups * self.speeds, len(happens)
        )
        self.way_of = np.array([WAYS.index(way(d)) for d in self.displacement])[:, None]
        self.on_the_way: dict[float, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}  # by fraction
        self.launches = launches
        self.step_cost = self.dtype(0.0 if launches is None else launches.step_cost)
        self.discount = self.dtype(discount)

    def stages(self, meetings: Sequence[Meeting], steps: int) -> list[Stage]:
        shape = self.groups, self.speeds, self.size
        launches = self.launches
        after = np.zeros(self.size) if launches is None else launches.after * self.discount
        ready = sent = np.broadcast_to(after.astype(self.dtype), shape)
        stages: list[Stage] = []
        for step in reversed(range(steps)):
            met = [self._met(m) for m in meetings if m.step == step]
            if launches is None:
                under_way = sum(met, start=self._expected(sent[None]))
                stage = Stage(under_way, under_way)
            else:
                brings = np.broadcast_to(launches.worth[step].astype(self.dtype), shape)
                one, other, gain = self._expected(np.stack([sent, ready, brings]))
                under_way = sum(met, start=one[None])
                stage = Stage(sum(met, start=other[None] - self.step_cost), under_way + gain)
            stages.append(stage)
            sent = self.rounded(under_way.max(axis=(0, 3)) * self.discount)
            best = None if launches is None else self._best(stage, step)
            ready = sent if best is None else self.rounded(best * self.discount)
        return stages[::-1]

    def _best(self, stage: Stage, step: int) -> np.ndarray:
        """(G, S, N) the best there is to do in a step when something can be sent out."""
        assert self.launches is not None
        gain = stage.sends - stage.waits
        chance = self.launches.chance[step].astype(self.dtype)[:, :, None]
        sends = np.where(gain > 0, chance[:, 1], chance[:, 0])
        return np.asarray((stage.waits + sends * gain).max(axis=(0, 3)))

    def _expected(self, best: np.ndarray) -> np.ndarray:
        """(K, G, S, G, N) what a step leads to, given (K, G, S, N) what the next is worth."""
        ahead = best[:, :, self.bins[:, None], self.moved_to]  # (K, G, D, N)
        shape = len(best), self.groups, self.groups, self.speeds, self.size
        q = np.empty((*shape[:2], self.groups * self.speeds, self.size), self.dtype)
        for end, columns in self.parts:
            q[..., columns] = self.rounded(self.by_group[end] @ ahead[..., columns])
        return q.reshape(shape).transpose(0, 2, 3, 1, 4)

    def _met(self, meeting: Meeting) -> np.ndarray:
        """(R, G, S, G, N) the expected worth of a meeting in this step."""
        variants, _, wide = meeting.worth.shape
        near, far, share = self._part_way(meeting.fraction)
        offsets = meeting.place - self.low - np.arange(self.size) + wide // 2
        worth = meeting.worth.astype(self.dtype)[..., np.clip(offsets, 0, wide - 1)]
        met = worth[:, self.way_of, near] * (1 - share) + worth[:, self.way_of, far] * share
        pairs = self.groups * self.groups
        found = np.empty((variants, self.speeds, pairs, self.size), self.dtype)
        for end, columns in self.parts:
            found[..., columns] = self.rounded(self.by_speed[end] @ met[..., columns])
        shape = variants, self.speeds, self.groups, self.groups, self.size
        return found.reshape(shape).transpose(0, 2, 1, 3, 4)

    def _part_way(self, fraction: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The columns (S, D, N) between which it is then, and the share (S, D, 1) of the second."""
        if fraction not in self.on_the_way:
            moved = part_way(self.speed_of_bin[:, None], self.displacement, fraction)  # (S, D)
            below = np.floor(moved).astype(np.intp)
            columns = np.arange(self.size) + below[..., None]
            near, far = (np.clip(c, 0, self.size - 1) for c in (columns, columns + 1))
            self.on_the_way[fraction] = near, far, (moved - below).astype(self.dtype)[..., None]
        return self.on_the_way[fraction]


def _columns_of_ends(positions: range, low: int, high: int) -> list[tuple[int, slice]]:
    """Which of the positions lie at which end of the controlled object's range."""
    ends = [end_of(place, low, high) for place in positions]
    first, last = ends.count(LOW), len(ends) - ends.count(HIGH)
    parts = [
        (LOW, slice(0, first)),
        (BETWEEN, slice(first, last)),
        (HIGH, slice(last, len(ends))),
    ]
    return [(end, columns) for end, columns in parts if columns.start < columns.stop]
