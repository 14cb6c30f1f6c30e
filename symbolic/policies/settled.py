"""The settled policy: what a trained learner does, as a pure function of the facts of one step.

No noise and no memory: the plan is made anew at every step, of several best actions the first is
taken, and all is counted in whole numbers, so that a program of rules can come to the very same.
To be short enough for that, a meeting farther off than `AHEAD` is planned for as if it were so
near, and which of the actions that move alike is best at one that is to come is decided then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from symbolic.dynamics.motion import nearest_bin
from symbolic.facts import Facts
from symbolic.learner import Learner
from symbolic.planning.foresight import meetings_of, moves_of, positions_of
from symbolic.planning.lookahead import WHOLE, Meeting, Moves, plan
from symbolic.planning.watcher import coarse, place_of_outcome
from symbolic.rules.grounder import Cell
from symbolic.rules.solver import Solver
from symbolic.scene import Forecast

UNIT = 10_000  # of a good signal: what values are counted in
CHANCES = 16  # chances of displacements are counted in these parts,
DISCOUNTS = 512  # and the discount of a step in these: powers of 2, so that plans are exact
AHEAD = 5  # agent steps


class SettledError(ValueError):
    """A learner whose policy cannot be counted in whole numbers, and why."""


class Told(NamedTuple):
    """What the facts of a step say, of the axis of control where it matters."""

    place: int
    speed: int
    before: int
    forecasts: tuple[Forecast, ...]
    cells: tuple[Cell, ...]


class Settled:
    """Says what a trained learner does in a step, given its facts (`observer.policy_facts`).

    ``acts`` are the constants of the actions, in order.

    Raises:
        SettledError: the learner knows of what cannot be settled, or knows too little.
    """

    def __init__(self, learner: Learner, solver: Solver, acts: Sequence[str]) -> None:
        motion = learner.motion
        if motion.controlled is None:
            raise SettledError("it does not know yet what obeys the actions")
        if learner.missiles.chances(1).any():
            raise SettledError("its actions send something out, which is not planned for here")
        if solver.joins:
            raise SettledError("rules of a user's own belong to it")
        self.acts = tuple(acts)
        self.groups, self.variants = motion.groups.copy(), motion.variants
        extent = learner.ranges.extent(motion.controlled, motion.axis)
        self.speeds, moves = moves_of(motion, extent)
        self.moves = settled_moves(moves)
        self.positions = positions_of(extent)
        self.discount = round(learner.config.discount * DISCOUNTS) / DISCOUNTS
        self.entries: dict[Cell, np.ndarray] = {
            cell: np.rint(UNIT * weights.astype(np.float64)).astype(np.int64)
            for cell, weights, _ in learner.tables.items()
        }
        # Where each kind that was ever met may be met: its path is folded back at both ends.
        met = {int(number) for number in re.findall(r"strike\((\d+)", _names(learner))}
        ends = {
            kind: learner.courses.ends(kind, motion.axis, learner.ranges.extent(kind, motion.axis))
            for kind in sorted(met)
        }
        self.places = {kind: range(low, high + 1) for kind, (low, high) in ends.items()}
        self.passing = {kind for kind in met if learner.watcher.turns.reach(kind) is None}
        self._solver = solver
        self._foresight = learner.foresight
        self._worth: dict[tuple[int, int, int, bool], np.ndarray] = {}

    def decide(self, facts: Facts) -> str:
        """The action, by its constant."""
        return self.acts[int(self.values(facts).argmax())]

    def values(self, facts: Facts) -> np.ndarray:
        """(A,) int64, in units of 1 / `UNIT`."""
        told = self.told(facts)
        values = np.zeros(len(self.acts), np.int64)
        if told is None:
            return values
        for cell in told.cells:
            values += self.entries.get(cell, 0)
        return values + self._foreseen(told)

    def strike_worth(self, forecast: Forecast) -> np.ndarray:
        """(R, W, O) whole numbers: what the strike is worth, as `Foresight.mean_values` says."""
        place = place_of_outcome(forecast.place)
        key = forecast.kind, coarse(forecast.across), place, forecast.lasts > 0
        if key not in self._worth:
            self._worth[key] = np.rint(UNIT * self._foresight.mean_values(forecast))
        return self._worth[key]

    def told(self, facts: Facts) -> Told | None:
        """What the facts say; None when I am not among what is seen."""
        known = {fact[0]: fact for fact in facts}
        if "me" not in known:
            return None
        me, along = known["me"][1], 2 + (known["axis"][1] == "x")
        mine = [f for f in facts if f[0] in ("at", "velocity") and f[1] == me]
        of_me = {fact[0]: int(fact[along]) for fact in mine}
        answers = self._solver.solve_batch([(f,) for f in facts if f[0] in ("seen", "comes")])
        return Told(
            place=of_me["at"],
            speed=of_me["velocity"],
            before=self.acts.index(str(known["did"][1])),
            forecasts=_forecasts([t for a in answers for t in a.relations], facts, of_me["at"]),
            cells=tuple({cell for answer in answers for cell in answer.cells}),
        )

    def _foreseen(self, told: Told) -> np.ndarray:
        """(A,) what the plan says of each action."""
        meetings: list[Meeting] = []
        for forecast in told.forecasts:
            if meetings and forecast.whole_steps > AHEAD:
                break
            meetings += meetings_of(forecast, self.strike_worth(forecast), AHEAD)
        if not meetings:
            return np.zeros(len(self.acts), np.int64)
        steps = max(m.step for m in meetings) + 1
        planned = [
            m._replace(worth=m.worth.max(axis=0, keepdims=True)) if m.step else m for m in meetings
        ]
        stages = plan(self.moves, self.positions, planned, steps, None, self.discount, WHOLE)
        now = stages[0].waits
        low, high = self.positions.start, self.positions.stop - 1
        at = min(max(told.place, low), high) - low
        before = int(self.groups[told.before]), self.bin_of(told.speed)
        row = self.variants if len(now) > 1 else 0
        values = now[row, before[0], before[1], self.groups, at]
        if meetings[0].step > 0 and len(meetings[0].worth) > 1:
            best = meetings[0].worth.max(axis=(1, 2))  # a variant is meant to be kept until then
            values = values + (best - best.max())[self.variants]
        return values.astype(np.int64)

    def bin_of(self, speed: int) -> int:
        """The speed bin of a displacement, of those that motion is known to lead to."""
        return nearest_bin(self.speeds, speed)


def _names(learner: Learner) -> str:
    """The names of the tables in which strikes were ever counted."""
    return " ".join(table for (table, _), _ in learner.watcher.strikes.items())


def settled_moves(moves: Moves) -> Moves:
    """The same in whole numbers: chances in parts of `CHANCES`, speeds in pixels."""
    flat = moves.chances.reshape(-1, moves.chances.shape[-1])
    chances = np.stack([in_parts(row, CHANCES) for row in flat]).reshape(moves.chances.shape)
    return moves._replace(chances=chances / CHANCES, speed_of_bin=np.rint(moves.speed_of_bin))


def in_parts(shares: np.ndarray, parts: int) -> np.ndarray:
    """(N,) whole numbers that sum to ``parts``, by largest remainder; ``shares`` sum to 1."""
    exact = shares * parts
    whole = np.floor(exact)
    left = round(parts - whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    return whole.astype(np.int64)


def _forecasts(relations: Sequence[str], facts: Facts, place: int) -> tuple[Forecast, ...]:
    """What is foreseen, soonest first, each once; and for how long it stays level."""
    lasts = {fact[1:6]: int(fact[6]) for fact in facts if fact[0] == "stays"}
    found = set()
    for text in relations:
        if text.startswith("meets("):
            kind, time, at, along, across = map(int, text[len("meets(") : -1].split(","))
            stays = lasts.get((kind, time, at, along, across), 0)
            found.add(Forecast(kind, time, at - place, at, along, across, stays))
    return tuple(sorted(found, key=lambda f: (f.time, f.kind, f.place, f.along, f.across)))
