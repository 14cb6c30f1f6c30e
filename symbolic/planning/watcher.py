"""Watches encounters while they happen: strike, outcome, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symbolic.dynamics.turns import Turns
from symbolic.facts import Facts, SymbolicObject
from symbolic.planning.lookahead import part_way
from symbolic.planning.yardstick import Yardstick
from symbolic.rules.grounder import Cell
from symbolic.rules.solver import Solver
from symbolic.scene import SLOWEST, Expected, position, size, velocity, way
from symbolic.values.encounters import (
    GONE,
    LONG,
    MEMORY,
    PASSED,
    STRUCK,
    Outcome,
    OutcomeValues,
    Strikes,
)

PLACE_STEP = 8  # pixels: imagined outcomes are asked at this grain, so that answers repeat,
STRIKE_STEP = 2  # and offsets and velocities at this, pixels and pixels per agent step
MOST_PENDING = 256  # strikes not settled: a life may be counted as lost long after the last
TOUCH = 4  # pixels between two boxes that may touch after all
PATIENCE = 2  # agent steps to wait for an outcome
DECAY = 0.5  # lambda from encounter to encounter: how far a return is believed, not foretold


class Pending(NamedTuple):
    """A strike whose outcome is not known yet, or not settled: what does not move again may have
    been its end."""

    id: int
    kind: int
    side: int
    offset: int
    across: int
    variant: int
    way: int
    place: int
    age: int = 0
    survived: bool = False
    through: bool = False  # it passes through, and does not turn back
    touches: bool = True  # the two boxes, or nearly
    outcome: Outcome | None = None


def strike_facts(kind: int, offset: int, across: int, variant: int, way: int) -> Facts:
    """The question: in which cells is a strike at this offset and speed, with this variant of
    the action, while the controlled object moves this way?"""
    return (("strike", kind, coarse(offset), coarse(across), variant, way),)


def outcome_facts(kind: int, outcome: Outcome, across: int, place: int) -> Facts:
    """The question: in which cells is this outcome of a strike at this speed and place?"""
    word, along, gain = outcome
    if word == "leaves":
        return (("leaves", kind, place_of_outcome(place), along, max(0, coarse(across) + gain)),)
    return ((word, kind),)


def coarse(value: int) -> int:
    """An offset or a velocity at the grain at which they are told apart."""
    return value // STRIKE_STEP * STRIKE_STEP


def place_of_outcome(place: int) -> int:
    """The place at the grain at which outcomes are told apart."""
    return PLACE_STEP * round(place / PLACE_STEP)


class Watcher:
    """Turns the stream of objects into counts of strikes, outcomes and their returns."""

    def __init__(self, solver: Solver, discount: float) -> None:
        self._solver = solver
        self._discount = discount
        self.strikes = Strikes()
        self.values = OutcomeValues()
        self.turns = Turns()
        self.control_another()

    def control_another(self) -> None:
        """Something else is controlled, of a size not known yet."""
        self.yardstick = Yardstick()
        self.start_episode()

    def start_episode(self) -> None:
        """Forget what was under way."""
        self._pending: list[Pending] = []
        self._chain: list[tuple[Cell, ...]] = []
        self._paths: dict[int, list[int]] = {}  # id -> last positions across
        self._sizes: dict[int, int] = {}  # id -> extent along, as last seen
        self.yardstick.start_episode()

    def observe(
        self,
        objects: Sequence[SymbolicObject],
        me: SymbolicObject,
        me_before: SymbolicObject | None,
        axis: int,
        expected: Sequence[Expected],
        variant: int,
    ) -> None:
        """One agent step. ``expected`` is what the last step foresaw, ``variant`` that of the
        action taken then."""
        self._watch_turns(objects, me, axis)
        by_id = {o.id: o for o in objects}
        moved = me_before is not None and position(me, axis) != position(me_before, axis)
        self._pending = [
            self._resolved(p, by_id.get(p.id), axis)._replace(survived=moved or p.survived)
            for p in self._pending
        ]
        for p in [p for p in self._pending if p.outcome is not None]:
            if p.survived or p.outcome not in (PASSED, GONE):
                self._pending.remove(p)
                alone = p.through and self.turns.passes(p.kind)
                self._conclude(p, p.outcome or GONE, alone)
        if me_before is not None:
            for each in expected:
                under_way = any(p.id == each.id for p in self._pending)
                if not under_way or each.forecast.lasts:
                    self._notice(by_id.get(each.id), each, me, me_before, axis, variant)
        self._sizes = {o.id: size(o, axis) for o in objects}

    def signal(self, outcome_return: float) -> None:
        """A reward or a loss came: credit the outcomes that led to it, the nearest most.

        Lambda-returns over encounters (Sutton and Barto 2018, eq. 12.2), each from the next.
        """
        self._conclude_all()
        if outcome_return:
            for cells in reversed(self._chain):
                foretold = self.values.value(cells)[0]
                self.values.learn(cells, outcome_return)
                mixed = DECAY * outcome_return + (1 - DECAY) * foretold
                outcome_return = self._discount * mixed
        self._chain.clear()
        self._paths.clear()

    def lost(self, worth: float) -> None:
        """A life was lost: by the nearest strike since the controlled object last moved, if one
        touched it; else by what led here."""
        suspects = [p for p in self._pending if p.touches and not p.survived]
        if not suspects:
            self.signal(-worth)
            return
        last = min(suspects, key=lambda p: abs(p.offset))
        self._pending.remove(last)
        self._conclude_all()
        self._chain.clear()
        self._conclude(last, STRUCK)
        self.signal(-worth)

    def _conclude_all(self) -> None:
        """A signal came: what is not settled may have brought it."""
        for p in self._pending:
            alone = p.through and not p.touches and self.turns.passes(p.kind)
            self._conclude(p, p.outcome or (GONE if p.touches else PASSED), alone)
        self._pending.clear()

    def _watch_turns(
        self, objects: Sequence[SymbolicObject], me: SymbolicObject, axis: int
    ) -> None:
        across = 1 - axis
        paths: dict[int, list[int]] = {}
        for o in objects:
            if o.id == me.id or (abs(velocity(o, across)) < SLOWEST and o.id not in self._paths):
                continue
            path = [*self._paths.get(o.id, [])[-3:], position(o, across) - position(me, across)]
            if len(path) < 4 or len(set(path)) > 1:
                paths[o.id] = path
            beside = abs(position(o, axis) - position(me, axis))
            if len(path) == 4 and beside <= (size(o, axis) + size(me, axis)) / 2 + 16:
                side = 1 if path[1] > 0 else -1
                first, second, third, last = (side * p for p in path)
                if first > second and last > third > 0 and first - second > 1 and last - third > 1:
                    self.turns.observe(o.kind, second, first - second, third, last - third)
                    paths[o.id] = path[-1:]  # the same turn is not told twice
                if first > second > third > 0 >= last:
                    self.turns.passed(o.kind)
        self._paths = paths

    def _notice(
        self,
        o: SymbolicObject | None,
        expected: Expected,
        me: SymbolicObject,
        me_before: SymbolicObject,
        axis: int,
        variant: int,
    ) -> None:
        id_, side, forecast = expected
        turned = o is not None and velocity(o, 1 - axis) * side > 0
        if forecast.time >= 4 and not (turned and forecast.time < 8):
            return
        fraction = forecast.fraction if forecast.time < 4 else 1.0
        speed, moved = velocity(me_before, axis), position(me, axis) - position(me_before, axis)
        at = position(me_before, axis) + float(part_way(np.array(speed), np.array(moved), fraction))
        offset = round(forecast.place - at)
        reach = (self._sizes.get(id_, 0) + size(me, axis)) / 2 + TOUCH
        pending = Pending(
            id_, forecast.kind, side, offset, forecast.across,
            variant, way(moved), forecast.place, touches=abs(offset) <= reach,
        )  # fmt: skip
        if forecast.lasts:  # what does not turn back cares little how it is met
            pending = pending._replace(variant=0, way=0, through=True)
        self._pending = [*self._pending[1 - MOST_PENDING :], pending]

    def _resolved(self, p: Pending, o: SymbolicObject | None, axis: int) -> Pending:
        """The step in which it turned mixes both velocities, so look one step later."""
        if p.outcome is not None:
            return p
        p = p._replace(age=p.age + 1)
        if p.through and not p.touches:  # what becomes of it is not my doing
            return p._replace(outcome=PASSED) if p.age >= PATIENCE else p
        if o is not None and velocity(o, 1 - axis) * p.side > 1:
            gain = coarse(abs(velocity(o, 1 - axis))) - coarse(p.across)
            return p._replace(outcome=("leaves", coarse(velocity(o, axis)), gain))
        if p.age >= PATIENCE:  # what is not seen again is gone only if I may have met it
            return p._replace(outcome=GONE if o is None and p.touches else PASSED)
        return p

    def _conclude(self, p: Pending, outcome: Outcome, alone: bool = False) -> None:
        """Count what followed a strike. ``alone``: what passes through brings something at once, or
        nothing; what turns back is a link in the chain that leads to a later signal."""
        self.yardstick.learn()
        asked = [
            strike_facts(p.kind, self.yardstick.told(p.offset), p.across, p.variant, p.way),
            outcome_facts(p.kind, outcome, p.across, p.place),
        ]
        strike, led_to = self._solver.solve_batch(asked)
        self.strikes.add(strike.cells, outcome, LONG if p.through else MEMORY)
        if alone:
            self.values.learn(led_to.cells, 0.0)
        else:
            self._chain.append(led_to.cells)

    def get_state(self) -> dict[str, Any]:
        """Tables, and the encounter under way."""
        return {
            "strikes": self.strikes.get_state(),
            "values": self.values.tables.get_state(),
            "turns": self.turns.get_state(),
            "yardstick": self.yardstick.get_state(),
            "pending": [
                [*p[:-1], None if p.outcome is None else list(p.outcome)] for p in self._pending
            ],
            "chain": [[[table, list(key)] for table, key in cells] for cells in self._chain],
            "paths": [[id_, path] for id_, path in self._paths.items()],
            "sizes": [[id_, extent] for id_, extent in self._sizes.items()],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.strikes.set_state(state["strikes"])
        self.values.tables.set_state(state["values"])
        self.turns.set_state(state["turns"])
        self.yardstick = Yardstick()
        if "yardstick" in state:  # a run from before there was one never tells sizes apart
            self.yardstick.set_state(state["yardstick"])
        self._pending = [
            Pending(*each[:-1])._replace(
                outcome=None if each[-1] is None else (str(each[-1][0]), each[-1][1], each[-1][2])
            )
            for each in state["pending"]
        ]
        self._chain = [tuple((str(t), tuple(k)) for t, k in cells) for cells in state["chain"]]
        self._paths = {int(id_): list(path) for id_, path in state["paths"]}
        self._sizes = {int(id_): int(extent) for id_, extent in state["sizes"]}
