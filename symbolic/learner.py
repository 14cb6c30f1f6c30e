"""The symbolic learner: objects in, readable action values out, learning as it goes.

Q(s, a) = foresight(s, a) + sum of the active cells' entries for a + advice of a user's rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symbolic.advice import advised, ways_of
from symbolic.config import LearnerConfig
from symbolic.decisions import Decision, decision_of
from symbolic.dynamics.continuity import Continuity
from symbolic.dynamics.courses import Courses
from symbolic.dynamics.drifts import Drifts
from symbolic.dynamics.moments import Moment, Moved, moment_of, moment_state
from symbolic.dynamics.motion import MotionModel
from symbolic.dynamics.ranges import Ranges
from symbolic.dynamics.standstill import Standstill
from symbolic.facts import SymbolicObject
from symbolic.inheritance import Inheritance, Legacy
from symbolic.inquiry import Inquiry
from symbolic.planning.circles import Circles
from symbolic.planning.foresight import HORIZON, Foresight, Outlook, Parts, positions_of
from symbolic.planning.watcher import Watcher
from symbolic.rules.solver import Solver
from symbolic.scene import Expected, controlled_object, position, velocity
from symbolic.shooting.lanes import lane, left_behind, targets_of
from symbolic.shooting.missiles import Missiles
from symbolic.values.cells import TIE, CellValues

MOST_STILL = 64  # agent steps: what stood still for longer does so by choice


class Learner:
    """Tables over rule-derived cells, learned motion and encounters; one call a step.

    ``legacy`` is what another learner learned of encounters, in another game.
    """

    def __init__(
        self,
        actions: int,
        config: LearnerConfig,
        solver: Solver,
        seed: int,
        legacy: Legacy | None = None,
    ) -> None:
        self.actions = actions
        self.config = config
        self.learning = True
        self.informed = True  # whether signals are told; if not, nothing is known to be in vain
        self.steps = 0
        self._solver = solver
        self._rng = np.random.default_rng(seed)
        self.motion = MotionModel(actions)
        self.watcher = Watcher(solver, config.encounter_discount)
        self.foresight = Foresight(solver, self.motion, self.watcher, config.discount)
        self.missiles = Missiles(actions, solver)
        self.continuity = Continuity()
        self.courses = Courses()
        self.cells = CellValues(actions, config.discount, config.trace_decay, config.step_size)
        self.tables = self.cells.tables
        self.ranges = Ranges()
        self.drifts = Drifts(self.ranges)
        self.standstill = Standstill()
        self.inheritance = Inheritance(legacy or {})
        self.circles = Circles()
        self._inquiry = Inquiry(solver, self.motion, self.ranges, self.courses, self.watcher)
        self.start_episode()

    @property
    def obeyed(self) -> bool:
        """Whether something was found to obey the actions."""
        return self.motion.controlled is not None

    def ways(self) -> np.ndarray | None:
        """(A,) which way each action moves what obeys: -1, 0 or 1; None where nothing does."""
        return ways_of(self.motion)

    def start_episode(self) -> None:
        """Forget what was under way, keep what was learned."""
        self._last: Moment | None = None
        self.circles.start_episode()
        self.cells.start_episode()
        self._still: list[Moved] = []  # steps of the controlled object since it last moved
        self.watcher.start_episode()
        self.foresight.forget()
        self.missiles.start_episode()
        self.continuity.start_episode()
        self.courses.start_episode()
        self.drifts.start_episode()
        self.standstill.start_episode()

    def step(
        self,
        objects: Sequence[SymbolicObject],
        signal: float,
        forced: int | None = None,
        lost: float = 0.0,
        attributes: Sequence[tuple[int, int]] = (),
    ) -> Decision:
        """Take in a state and the learning signal of the step that led to it; choose an action.

        A ``forced`` action is learned from like a chosen one (off-policy). ``lost`` is the worth of
        a life that this step cost. ``attributes`` are facts of the state beside its objects: what
        a latent of a dense encoder says, (latent, value).
        """
        objects = self.continuity.mend(sorted(objects, key=lambda o: o.id))
        every = self.config.refresh_every
        if self.motion.controlled is None:
            every = max(1, every // 10)
        if self.learning and self.steps % every == 0:
            self._refresh()
        me = controlled_object(objects, self.motion.controlled)
        self.drifts.observe(objects)
        if me is not None:
            axis = self.motion.axis
            self.watcher.yardstick.observe(me, axis, self.ranges.extent(me.kind, axis))
        self._observe(objects, me, signal, lost)
        self.courses.observe(objects, self.ranges.extents(objects), self.learning)
        reply = self._inquiry.ask(objects, me, attributes)
        answer, _, expected = reply
        ahead = self._look_ahead(objects, expected, me)
        rows, entries = self.cells.look(answer.cells)
        advice = advised(answer.relations, self.ways, self.steps)
        foreseen = np.zeros(self.actions) if ahead is None else ahead.values
        values = foreseen + entries.sum(axis=0) + sum(part for _, part in advice)
        if self.learning:
            self._learn(values, signal - lost)
        still = self.standstill.observe(rows.tolist(), bool(foreseen.any()), signal - lost)
        action, why = self._choose(values, forced, still)
        if self.learning:
            self.cells.follow(rows, values, action)
            self.steps += 1
        before = self._last.action if self._last is not None else 0
        self._last = Moment(objects, rows, values, action, before, expected)
        return decision_of(reply, entries, ahead, advice, values, action, why)

    def end(self, signal: float, lost: float = 0.0) -> None:
        """The episode is over; ``signal`` came with its last step, which may have cost a life."""
        if self.learning:
            self._learn(np.zeros(self.actions), signal - lost)
            if lost:
                self.watcher.lost(lost)
            else:
                self.watcher.signal(signal)
        self.start_episode()
        if self.learning:
            self._refresh()

    def _refresh(self) -> None:
        """Look anew at what is controlled; what was foreseen for another is void."""
        controlled = self.motion.controlled, self.motion.axis
        self.motion.refresh()
        self.foresight.forget()  # its plan speaks of the groups there were
        if (self.motion.controlled, self.motion.axis) != controlled:
            self.watcher.control_another()
            self.missiles = Missiles(self.actions, self._solver)
            self.circles.start_episode()  # of another one meetings say nothing
            if self._last is not None:
                self._last = self._last._replace(expected=())
        if self.inheritance.give(self.watcher, self.motion.controlled):
            config = self.config  # what foresight remembers of the tables is void
            self.foresight = Foresight(self._solver, self.motion, self.watcher, config.discount)

    def _observe(
        self,
        objects: tuple[SymbolicObject, ...],
        me: SymbolicObject | None,
        signal: float,
        lost: float,
    ) -> None:
        last, reward = self._last, signal
        if self.learning:
            if lost:
                self.watcher.lost(lost)
                self._still.clear()
            self.ranges.observe(objects)
            if last is not None:
                self._count_motion(last, objects)
        if me is not None and last is not None:
            axis = self.motion.axis
            signal = self.missiles.observe(
                objects, me, axis, self.drifts, last.action, signal, self.learning
            )
            if self.learning:
                before = next((o for o in last.objects if o.id == me.id), None)
                variant = int(self.motion.variants[last.action])
                others = [o for o in objects if o.id not in self.missiles.ids]
                self.watcher.observe(others, me, before, axis, last.expected, variant)
        else:
            self.missiles.start_episode()  # what was seen last is too long ago
        if self.learning and signal:
            self.watcher.signal(signal)
        if signal or lost:
            self.foresight.forget()
        self.circles.signal(-lost if lost else reward)

    def _count_motion(self, last: Moment, objects: Sequence[SymbolicObject]) -> None:
        """Of each kind one object is enough: what obeys the actions is alone of its kind."""
        was = {o.id: o for o in last.objects}
        for o in {o.kind: o for o in reversed(objects)}.values():
            b = was.get(o.id)
            if b is not None and b.kind == o.kind:
                speed, moved = (b.dy, b.dx), (o.y - b.y, o.x - b.x)
                ends = self.ranges.ends(b), self.ranges.ends(o)
                step = Moved(o.kind, last.before, last.action, speed, moved, *ends)
                self._count_step(step)

    def _count_step(self, step: Moved) -> None:
        """What stands still tells of the actions only once it moves: it may be past obeying."""
        if step.kind != self.motion.controlled:
            self.motion.observe(*step)
            return
        self._still.append(step)
        if any(step.moved) or len(self._still) > MOST_STILL:
            for each in self._still:
                self.motion.observe(*each)
            self._still.clear()

    def _look_ahead(
        self,
        objects: tuple[SymbolicObject, ...],
        expected: tuple[Expected, ...],
        me: SymbolicObject | None,
    ) -> Parts | None:
        """What is foreseen of the actions; None where nothing is."""
        was = self._last.expected[:1] if self._last is not None else ()
        time = expected[0].forecast.time if expected else np.inf
        if was and time > was[0].forecast.time + 8:  # that meeting is over
            self.foresight.forget()
            self.circles.over(was[0].forecast)
        lanes = None if me is None else self._lanes(objects, me)
        if me is None or (not expected and lanes is None):
            self.foresight.forget()
            return None
        place, speed = position(me, self.motion.axis), velocity(me, self.motion.axis)
        before = self._last.action if self._last is not None else 0
        if expected:
            self.circles.awaits(expected[0].forecast, place, speed, before)
        outlook = Outlook(
            forecasts=tuple(each.forecast for each in expected),
            place=place,
            speed=speed,
            before=before,
            extent=self.ranges.extent(me.kind, self.motion.axis),
            noise=self.config.curiosity if self.learning else 0.0,
            repeats=self.circles.repeats if self.informed else 0,
            sends=self.missiles.chances(HORIZON + 1),
            lanes=None if lanes is None else lanes[0],
            calm_lanes=None if lanes is None else lanes[1],
            spoils=self.missiles.spoils(),
            step_cost=self.missiles.step_worth,
        )
        return self.foresight.action_values(outlook, self._rng)

    def _lanes(
        self, objects: tuple[SymbolicObject, ...], me: SymbolicObject
    ) -> tuple[np.ndarray, np.ndarray | None] | None:
        """(steps, N) what something sent out would bring, and the same without what is added to the
        untried, None where that is the same; None where nothing can be sent."""
        if not self.missiles.sends:
            return None
        axis = self.motion.axis
        positions = positions_of(self.ranges.extent(me.kind, axis))
        aside = self.missiles.aside
        lanes = range(positions.start + aside, positions.stop + aside)
        others = [o for o in objects if o.id != me.id]
        times = range(HORIZON + 1)
        there = lane(
            targets_of(others, axis), self.drifts, axis,
            position(me, 1 - axis) + self.missiles.off, self.missiles.speed, lanes, times,
        )  # fmt: skip
        optimism = self.config.curiosity if self.learning else 0.0
        worth, calm, steps = self.missiles.worth(there, optimism)
        price, fastest = self.missiles.step_worth, self.motion.fastest()
        worth -= left_behind(worth[-1], steps, price, fastest)
        if not optimism:
            return worth, None
        calm -= left_behind(calm[-1], steps, price, fastest)
        return worth, calm

    def _learn(self, values: np.ndarray, signal: float) -> None:
        if (last := self._last) is not None:
            self.cells.learn(last.rows, last.values, last.action, signal, values)

    def _choose(
        self, values: np.ndarray, forced: int | None, still: bool
    ) -> tuple[int, str | None]:
        """The action, and why it was chosen where it is not for being best."""
        if forced is not None:
            return forced, "chosen before"
        if still:
            return int(self._rng.integers(self.actions)), "nothing happens: tries anything"
        if self.learning and self._rng.random() < self._epsilon():
            return int(self._rng.integers(self.actions)), "explores"
        best = np.flatnonzero(values >= values.max() - TIE)
        return int(best[self._rng.integers(len(best)) if len(best) > 1 else 0]), None

    def _epsilon(self) -> float:
        faded = 1.0 - self.steps / self.config.epsilon_steps
        return max(self.config.epsilon, faded)

    def told(self) -> dict[str, float]:
        """What it knows and how it explores in training, by name, to be plotted.

        ``obeying_kinds`` counts those that obey the actions, ``controlled_kind`` is the one (-1:
        none); ``cells`` counts rows of its tables; ``epsilon`` is the share of random actions.
        """
        controlled = self.motion.controlled
        return {
            "obeying_kinds": float(controlled is not None),
            "controlled_kind": -1.0 if controlled is None else float(controlled),
            "cells": float(len(self.tables)),
            "epsilon": self._epsilon(),
        }

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly."""
        return {
            "steps": self.steps,
            "rng": self._rng.bit_generator.state,
            "motion": self.motion.get_state(),
            "watcher": self.watcher.get_state(),
            "foresight": self.foresight.get_state(),
            "missiles": self.missiles.get_state(),
            "continuity": self.continuity.get_state(),
            "courses": self.courses.get_state(),
            "drifts": self.drifts.get_state(),
            "standstill": self.standstill.get_state(),
            **self.cells.get_state(),
            "ranges": self.ranges.get_state(),
            "still": [[*step[:3], *map(list, step[3:])] for step in self._still],
            **self.circles.get_state(),
            "last": None if self._last is None else moment_state(self._last),
            **self.inheritance.get_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.steps = int(state["steps"])
        self._rng.bit_generator.state = state["rng"]
        self.motion.set_state(state["motion"])
        self.watcher.set_state(state["watcher"])
        self.foresight.set_state(state["foresight"])
        self.missiles.set_state(state["missiles"])
        self.continuity.set_state(state["continuity"])
        self.courses.set_state(state["courses"])
        self.drifts.set_state(state["drifts"])
        self.standstill.set_state(state["standstill"])
        self.cells.set_state(state)
        self.ranges.set_state(state["ranges"])
        self._still = [
            Moved(kind, before, action, *((int(y), int(x)) for y, x in pairs))
            for kind, before, action, *pairs in state["still"]
        ]
        self.circles.set_state(state)
        self._last = None if state["last"] is None else moment_of(state["last"])
        self.inheritance.set_state(state)
