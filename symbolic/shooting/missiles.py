"""Missiles: what the controlled object sends out, when it can, where it goes, what it brings.

Nothing is told in advance: something is sent out when an object appears beside the controlled one
and moves away from it, and an action sends if that follows it often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symbolic.dynamics.drifts import Drifts
from symbolic.facts import Fact, SymbolicObject
from symbolic.rules.grounder import Cell
from symbolic.rules.solver import Solver
from symbolic.scene import SLOWEST, position, size
from symbolic.shooting.lanes import DELAY, NOTHING, Lane, lane, targets_of
from symbolic.shooting.pace import Pace
from symbolic.shooting.triggers import Triggers, Try
from symbolic.values.means import Means

BESIDE = 4  # pixels: farther along than their sizes, it was not sent from here
NEAR = 32  # pixels across within which it is first seen
FASTEST = 16  # pixels per agent step
ASIDE = 3  # pixels: a missile keeps its lane
ASTRAY = 5  # pixels: from where a missile is expected
LEAST_SENT = 20  # before that nothing is known of what is sent out
SETTLE = 1  # agent steps after it is gone within which its reward comes


class Flight(NamedTuple):
    """A missile on its way: where it is (pixels), in which cells it was sent, how many agent steps
    it was expected to fly, and has flown; for how many it has been out of sight, what it gained."""

    kind: int
    along: int
    across: float
    cells: tuple[Cell, ...]
    expected: float
    flown: int = 0
    unseen: int = 0
    gained: float = 0.0


class Candidate(NamedTuple):
    """What just appeared beside the controlled object: on which side across (-1 or 1), and how far
    along and across from its middle."""

    kind: int
    along: int
    across: int
    side: int
    aside: int
    off: int


class Missiles:
    """Counts of launches by action, flights under way, and what flights brought by cell."""

    def __init__(self, actions: int, solver: Solver) -> None:
        self._solver = solver
        self._triggers = Triggers(actions)
        self._speed = 0.0  # mean velocity across of what is sent out, signed
        self._worth = Means()
        self._longer = Means()  # than it takes to reach what is first in the lane, agent steps
        self._pace = Pace()
        self._aside = 0.0  # means of where it is seen first, along and, signed, across, from the
        self._off = 0.0  # middle of the controlled object
        self.start_episode()

    def start_episode(self) -> None:
        """Forget what is under way."""
        self.flights: list[Flight] = []
        self.ids: set[int] = set()  # of the objects that are taken for them now
        self._beside: list[Candidate] = []
        self._previous: list[tuple[int, int, int]] | None = None  # kind, along, across of all
        self._last = Try(0, 0, 0)
        self._targets = 0  # that are worth hitting, as last seen

    @property
    def speed(self) -> float:
        """Of what is sent out, pixels per agent step across, signed; 0 when nothing is known."""
        return self._speed if self._triggers.sent.sum() >= LEAST_SENT else 0.0

    @property
    def sends(self) -> bool:
        """Whether some action is known to send something out, and not by chance."""
        return bool(self.speed and self._triggers.known)

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return any(not f.unseen for f in self.flights)

    @property
    def remaining(self) -> int:
        """Agent steps until nothing is on its way any more, as expected; 0 when nothing is."""
        left = [round(f.expected) - f.flown for f in self.flights if not f.unseen]
        return max(1, *left) if left else 0

    def chances(self, steps: int) -> np.ndarray:
        """(steps, A) how likely each action sends something out from now on, if nothing was sent
        yet; zeros when nothing is known."""
        found = self._triggers.chances(steps, self.remaining, self._last.action)
        return found if self.sends else np.zeros_like(found)

    def spoils(self) -> np.ndarray:
        """(A,) by which share each action lowers the chance to send in the step after it."""
        return self._triggers.spoils()

    def observe(
        self,
        objects: Sequence[SymbolicObject],
        me: SymbolicObject,
        axis: int,
        drifts: Drifts,
        action: int,
        reward: float,
        learning: bool,
    ) -> float:
        """One agent step, after ``action``. Returns the reward that no flight accounts for.

        Objects are followed by where they are: what flies fast changes its track's number.
        """
        others = [o for o in objects if o.id != me.id]
        this = Try(int(self.busy), self._last.action, action)
        self.ids = self._follow(others, axis)
        if learning:
            self._pace.observe(self._targets, max(0.0, reward))
        self._targets = self._worth_hitting(targets_of(others, axis))
        if reward > 0:
            reward = self._credit(reward)
        self._settle(learning)
        others = [o for o in others if o.id not in self.ids]
        for candidate in self._beside:
            sent = next((o for o in others if _leaves(o, candidate, axis)), None)
            if sent is not None:
                speed = float(position(sent, 1 - axis) - candidate.across)
                others.remove(sent)
                self.ids.add(sent.id)
                if learning:
                    self._count(speed, candidate)
                this = this._replace(busy=1)  # it was on its way already when this was chosen
                self._launch(sent, speed, targets_of(others, axis), axis, drifts)
        self._beside = [
            _candidate(o, me, side, axis)
            for o in others
            if (side := _side_beside(o, me, axis)) and self._is_new(o, axis)
        ]
        self._previous = [(o.kind, position(o, axis), position(o, 1 - axis)) for o in objects]
        if learning:
            self._triggers.tried[this] += 1
        self._last = this
        return reward

    def _is_new(self, o: SymbolicObject, axis: int) -> bool:
        """Whether nothing like it was near where it is, one step ago."""
        return self._previous is not None and not any(
            kind == o.kind
            and abs(position(o, axis) - along) <= ASIDE
            and abs(position(o, 1 - axis) - across) <= FASTEST
            for kind, along, across in self._previous
        )

    def _follow(self, others: Sequence[SymbolicObject], axis: int) -> set[int]:
        """Move the flights on to where they are seen now; the ids of what was taken for them."""
        taken: set[int] = set()
        for i, f in enumerate(self.flights):
            expected = f.across + self._speed
            near = [
                (abs(position(o, 1 - axis) - expected), o)
                for o in others
                if o.kind == f.kind
                and o.id not in taken
                and abs(position(o, axis) - f.along) <= ASIDE
            ]
            distance, o = min(near, key=lambda pair: pair[0], default=(np.inf, None))
            if o is not None and distance <= ASTRAY and not f.unseen:
                taken.add(o.id)
                at = float(position(o, 1 - axis))
                along, flown = position(o, axis), f.flown + 1
                self.flights[i] = f._replace(along=along, across=at, flown=flown)
            else:
                self.flights[i] = f._replace(unseen=f.unseen + 1)
        return taken

    def _credit(self, reward: float) -> float:
        """Give a reward to the flight that ended last; what is left when there is none."""
        ended = [i for i, f in enumerate(self.flights) if f.unseen]
        if not ended:
            return reward
        last = min(ended, key=lambda i: self.flights[i].unseen)
        self.flights[last] = self.flights[last]._replace(gained=reward)
        return 0.0

    def _settle(self, learning: bool) -> None:
        over = [f for f in self.flights if f.unseen > SETTLE or f.gained]
        self.flights = [f for f in self.flights if f.unseen <= SETTLE and not f.gained]
        if learning:
            for flight in over:
                self._worth.add(flight.cells, flight.gained)
                self._longer.add(flight.cells, flight.flown - flight.expected)

    def _count(self, speed: float, seen: Candidate) -> None:
        self._triggers.sent[self._last] += 1
        step = 1.0 / min(100.0, self._triggers.sent.sum())
        self._speed += step * (speed - self._speed)
        self._aside += step * (seen.aside - self._aside)
        self._off += step * (seen.off - self._off)

    @property
    def aside(self) -> int:
        """Where it leaves, pixels along from the middle of the controlled object."""
        return round(self._aside)

    @property
    def off(self) -> int:
        """How far across from there it is when it is seen first, a step after it was sent."""
        return round(self._off)

    def _launch(
        self,
        o: SymbolicObject,
        speed: float,
        targets: Sequence[SymbolicObject],
        axis: int,
        drifts: Drifts,
    ) -> None:
        along, across = position(o, axis), position(o, 1 - axis)
        lanes = range(along, along + 1)
        there = lane(targets, drifts, axis, across, self._speed or speed, lanes, [-DELAY])
        fact = launch_fact(int(there.kind[0, 0]), int(there.offset[0, 0]))
        cells = self._solver.solve((fact,)).cells
        self.flights.append(Flight(o.kind, along, float(across), cells, float(there.steps[0, 0])))

    @property
    def step_worth(self) -> float:
        """What a step brought of late with so much to be had: the price of time."""
        return self._pace.step_worth(self._targets)

    def _worth_hitting(self, targets: Sequence[SymbolicObject]) -> int:
        """How many are of kinds that bring something when they are hit."""
        kinds = sorted({o.kind for o in targets})
        cells = [a.cells for a in self._solver.solve_batch([(launch_fact(k, 0),) for k in kinds])]
        brings = dict(zip(kinds, self._worth.means(cells)[0].tolist(), strict=True))
        least = max(brings.values(), default=0.0) / 2
        return sum(brings[o.kind] > least for o in targets)

    def worth(self, there: Lane, optimism: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(T, N) expected reward of a launch, less the price of the time until the next one can be
        sent; the same without ``optimism``, which is added to what was never tried and fades with
        experience; and that time in agent steps."""
        least, wide = int(there.offset.min()), int(np.ptp(there.offset)) + 1
        unique, which = np.unique(there.kind * wide + there.offset - least, return_inverse=True)
        kinds, offsets = unique // wide, unique % wide + least
        pairs = zip(kinds.tolist(), offsets.tolist(), strict=True)
        facts = [launch_fact(kind, offset) for kind, offset in pairs]
        cells = [answer.cells for answer in self._solver.solve_batch([(fact,) for fact in facts])]
        mean, known = self._worth.means(cells)
        longer, _ = self._longer.means(cells)
        empty = kinds == NOTHING
        values = mean + np.where(empty, 0.0, optimism / np.sqrt(known + 1))
        shape = there.kind.shape
        steps = there.steps + longer[which.reshape(-1)].reshape(shape)
        price = self.step_worth * steps
        each = (part[which.reshape(-1)].reshape(shape) - price for part in (values, mean))
        return *each, steps

    def get_state(self) -> dict[str, Any]:
        """Counts, means, and what is under way."""
        return {
            "triggers": self._triggers.get_state(),
            "speed": self._speed,
            "worth": self._worth.get_state(),
            "longer": self._longer.get_state(),
            "pace": self._pace.get_state(),
            "targets": self._targets,
            "seen_first": [self._aside, self._off],
            "flights": [
                {**f._asdict(), "cells": [[table, list(key)] for table, key in f.cells]}
                for f in self.flights
            ],
            "beside": [list(each) for each in self._beside],
            "previous": None if self._previous is None else [list(p) for p in self._previous],
            "last": list(self._last),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._triggers.set_state(state["triggers"])
        self._speed = float(state["speed"])
        self._worth.set_state(state["worth"])
        self._longer.set_state(state["longer"])
        self._pace.set_state(state["pace"])
        self._targets = int(state["targets"])
        self._aside, self._off = map(float, state["seen_first"])
        self.flights = [
            Flight(**{**f, "cells": tuple((str(t), tuple(k)) for t, k in f["cells"])})
            for f in state["flights"]
        ]
        self._beside = [Candidate(*each) for each in state["beside"]]
        previous = state["previous"]
        self._previous = None if previous is None else [(k, along, at) for k, along, at in previous]
        self._last = Try(*state["last"])


def launch_fact(kind: int, offset: int) -> Fact:
    """The question: in which cells is a launch that meets this kind first, so far off?"""
    return ("launch", kind, offset)


def _side_beside(o: SymbolicObject, me: SymbolicObject, axis: int) -> int:
    """On which side across an object is beside the controlled one, -1 or 1; 0 when it is not."""
    along = abs(position(o, axis) - position(me, axis))
    across = position(o, 1 - axis) - position(me, 1 - axis)
    beside = along <= (size(o, axis) + size(me, axis)) / 2 + BESIDE and abs(across) <= NEAR
    return int(np.sign(across)) if beside else 0


def _candidate(o: SymbolicObject, me: SymbolicObject, side: int, axis: int) -> Candidate:
    along, across = position(o, axis), position(o, 1 - axis)
    aside, off = along - position(me, axis), across - position(me, 1 - axis)
    return Candidate(o.kind, along, across, side, aside, off)


def _leaves(o: SymbolicObject, was: Candidate, axis: int) -> bool:
    """Whether this may be what was there one step ago, and moves away."""
    moved = (position(o, 1 - axis) - was.across) * was.side
    lane = abs(position(o, axis) - was.along) <= ASIDE
    return o.kind == was.kind and lane and SLOWEST <= moved <= FASTEST
