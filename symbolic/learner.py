"""The symbolic learner: objects in, readable action values out, learning as it goes.

Q(s, a) = foresight(s, a) + sum of the active cells' entries for a.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from symbolic.courses import Courses
from symbolic.facts import Fact, SymbolicObject, state_facts
from symbolic.foresight import Foresight
from symbolic.grounder import Answer, cell_order
from symbolic.motion import AXES, MotionModel
from symbolic.percepts import Habits, percepts
from symbolic.ranges import Ranges
from symbolic.scene import Expected, Forecast, controlled_object, position, velocity
from symbolic.solver import Solver
from symbolic.tables import Tables
from symbolic.td import Traces, no_traces, q_learning_error, replacing_traces, td_lambda_increments
from symbolic.watcher import Watcher

Meeting: TypeAlias = tuple[int, int, int, int]  # kind, place, along, across of a forecast


@dataclass(frozen=True, kw_only=True)
class LearnerConfig:
    """How the symbolic learner learns.

    ``discount`` per agent step, ``encounter_discount`` from one encounter back to the one
    before; ``trace_decay`` is lambda; ``step_size`` is shared among the active cells;
    ``epsilon`` the share of random actions once ``epsilon_steps`` agent steps of learning have
    faded it from 1; ``curiosity`` the standard deviation of noise on what was never tried;
    ``refresh_every`` agent steps between looks at what is controlled (ten times as often until
    something is).
    """

    discount: float = 0.99
    encounter_discount: float = 0.95
    trace_decay: float = 0.8
    step_size: float = 0.01
    epsilon: float = 0.01
    epsilon_steps: int = 1000
    curiosity: float = 0.5
    refresh_every: int = 500

    def __post_init__(self) -> None:
        for name in ("discount", "encounter_discount", "trace_decay", "step_size", "epsilon"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1], not {value}")
        if self.curiosity < 0:
            raise ValueError(f"curiosity must not be negative, not {self.curiosity}")
        if self.epsilon_steps < 1 or self.refresh_every < 1:
            raise ValueError("epsilon_steps and refresh_every must be at least 1 agent step")


class Decision(NamedTuple):
    """One choice and why: `values` (A,) are the sums of the `contributions` (name, (A,))."""

    action: int
    values: np.ndarray
    contributions: tuple[tuple[str, np.ndarray], ...]
    relations: tuple[str, ...]
    greedy: bool
    reason: str


class _Moment(NamedTuple):
    """What the next step has to remember of this one."""

    objects: tuple[SymbolicObject, ...]
    rows: np.ndarray
    values: np.ndarray
    action: int
    before: int
    expected: Expected | None


class Learner:
    """Tables over rule-derived cells, learned motion and encounters; one call a step."""

    def __init__(self, actions: int, config: LearnerConfig, solver: Solver, seed: int) -> None:
        self.actions = actions
        self.config = config
        self.learning = True
        self.informed = True  # whether signals are told; if not, nothing is known to be in vain
        self.steps = 0
        self._solver = solver
        self._whole = solver.joins  # a user's rules may join facts: ask about states whole
        self._rng = np.random.default_rng(seed)
        self.motion = MotionModel(actions)
        self.watcher = Watcher(solver, config.encounter_discount)
        self.foresight = Foresight(solver, self.motion, self.watcher)
        self.courses = Courses()
        self.tables = Tables(actions)
        self.ranges = Ranges()
        self._won = False  # whether there ever was a good signal
        self.start_episode()

    def start_episode(self) -> None:
        """Forget what was under way, keep what was learned."""
        self._last: _Moment | None = None
        self._met: Counter[Meeting] = Counter()  # in this episode, since the last good signal
        self._traces: Traces = no_traces()
        self.watcher.start_episode()
        self.foresight.forget()
        self.courses.start_episode()

    def step(
        self, objects: Sequence[SymbolicObject], signal: float, forced: int | None = None
    ) -> Decision:
        """Take in a state and the learning signal of the step that led to it; choose an action.

        A ``forced`` action is learned from like a chosen one (off-policy).
        """
        objects = tuple(sorted(objects, key=lambda o: o.id))
        every = self.config.refresh_every
        if self.motion.controlled is None:
            every = max(1, every // 10)
        if self.learning and self.steps % every == 0:
            self._refresh()
        me = controlled_object(objects, self.motion.controlled)
        self._observe(objects, me, signal)
        seen = {
            o.kind: (self.ranges.extent(o.kind, 0), self.ranges.extent(o.kind, 1)) for o in objects
        }
        self.courses.observe(objects, seen, self.learning)
        answer, expected = self._ask(objects, me)
        ahead = self._look_ahead(expected, me)
        rows = self.tables.rows(answer.cells)
        entries = self.tables.weights[rows].astype(np.float64)  # as they are before learning
        values = ahead + entries.sum(axis=0)
        if self.learning:
            self._learn(values, signal, last=False)
        action, greedy = self._choose(values, forced)
        if self.learning:
            decay = self.config.discount * self.config.trace_decay
            followed = self._traces if values[action] >= values.max() - 1e-9 else no_traces()
            self._traces = replacing_traces(followed, rows, action, decay)
            self.steps += 1
        before = self._last.action if self._last is not None else 0
        self._last = _Moment(objects, rows, values, action, before, expected)
        return self._decision(answer, entries, expected, ahead, values, action, greedy, forced)

    def end(self, signal: float) -> None:
        """The episode is over; ``signal`` came with its last step."""
        if self.learning:
            self._learn(np.zeros(self.actions), signal, last=True)
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
            self.watcher.start_episode()
            self._met.clear()
            if self._last is not None:
                self._last = self._last._replace(expected=None)

    def _observe(
        self, objects: tuple[SymbolicObject, ...], me: SymbolicObject | None, signal: float
    ) -> None:
        last = self._last
        if self.learning:
            self.ranges.observe(objects)
            if last is not None:
                self._count_motion(last, objects)
            if me is not None:
                before = None
                if last is not None:
                    before = next((o for o in last.objects if o.id == me.id), None)
                expected = None if last is None else last.expected
                variant = 0 if last is None else int(self.motion.variants[last.action])
                self.watcher.observe(objects, me, before, self.motion.axis, expected, variant)
            if signal:
                self.watcher.signal(signal)
        if signal:
            self.foresight.forget()
        if signal > 0:
            self._won = True
            self._met.clear()

    def _count_motion(self, last: _Moment, objects: Sequence[SymbolicObject]) -> None:
        was = {o.id: o for o in last.objects}
        for o in objects:
            b = was.get(o.id)
            if b is not None and b.kind == o.kind:
                speed, moved = (b.dy, b.dx), (o.y - b.y, o.x - b.x)
                start, stop = self.ranges.ends(b), self.ranges.ends(o)
                self.motion.observe(o.kind, last.before, last.action, speed, moved, start, stop)

    def _ask(
        self, objects: tuple[SymbolicObject, ...], me: SymbolicObject | None
    ) -> tuple[Answer, Expected | None]:
        """What the rules say of this state, and the next meeting if there is one."""
        if me is None:
            return (self._solver.solve(state_facts(objects)) if self._whole else NOTHING), None
        axis = self.motion.axis
        kinds = {o.kind for o in objects}
        habits = {
            kind: Habits(
                self.courses.ends(kind, axis, self.ranges.extent(kind, axis)),
                self.ranges.extent(kind, 1 - axis),
                self.watcher.turns.reach(kind),
            )
            for kind in kinds
        }
        facts, first = percepts(self.courses.straighten(objects, me), me, axis, habits)
        if self._whole:
            own: list[Fact] = [("me", objects.index(me)), ("axis", AXES[axis])]
            answer = self._solver.solve(state_facts(objects, [*own, *facts]))
        else:
            answer = union(self._solver.solve_batch([(fact,) for fact in facts]))
        forecast = _forecast(answer, position(me, axis))
        if first is None or forecast is None:
            return answer, None
        side = 1 if position(first, 1 - axis) > position(me, 1 - axis) else -1
        return answer, Expected(first.id, side, forecast)

    def _look_ahead(self, expected: Expected | None, me: SymbolicObject | None) -> np.ndarray:
        was = self._last.expected if self._last is not None else None
        time = np.inf if expected is None else expected.forecast.time
        if was is not None and time > was.forecast.time + 8:  # that meeting is over
            self.foresight.forget()
            self._count_meeting()
        if expected is None or me is None:
            self.foresight.forget()
            return np.zeros(self.actions)
        axis = self.motion.axis
        before = self._last.action if self._last is not None else 0
        noise = self.config.curiosity if self.learning else 0.0
        return self.foresight.action_values(
            expected.forecast,
            velocity(me, axis),
            before,
            self.ranges.extent(me.kind, axis),
            noise,
            self._rng,
            max(self._met.values(), default=0) if self._won and self.informed else 0,
        )

    def _count_meeting(self) -> None:
        """A meeting is over. The same one again and again, without a good signal: a circle."""
        if self._last is not None and self._last.expected is not None:
            f = self._last.expected.forecast
            self._met[f.kind, f.place, f.along, f.across] += 1

    def _learn(self, values: np.ndarray, signal: float, *, last: bool) -> None:
        if self._last is None:
            return
        discount = 0.0 if last else self.config.discount
        delta = q_learning_error(self._last.values, self._last.action, signal, discount, values)
        rows, actions, _ = self._traces
        self.tables.visits[self._last.rows, self._last.action] += 1
        share = np.full(len(rows), self.config.step_size / max(1, len(self._last.rows)))
        np.add.at(
            self.tables.weights, (rows, actions), td_lambda_increments(self._traces, delta, share)
        )

    def _choose(self, values: np.ndarray, forced: int | None) -> tuple[int, bool]:
        if forced is not None:
            return forced, False
        if self.learning and self._rng.random() < self._epsilon():
            return int(self._rng.integers(self.actions)), False
        best = np.flatnonzero(values >= values.max() - 1e-9)
        return int(best[self._rng.integers(len(best)) if len(best) > 1 else 0]), True

    def _epsilon(self) -> float:
        faded = 1.0 - self.steps / self.config.epsilon_steps
        return max(self.config.epsilon, faded)

    def _decision(
        self,
        answer: Answer,
        entries: np.ndarray,
        expected: Expected | None,
        ahead: np.ndarray,
        values: np.ndarray,
        action: int,
        greedy: bool,
        forced: int | None,
    ) -> Decision:
        parts = [
            (f"{table}[{','.join(map(str, key))}]", entry)
            for (table, key), entry in zip(answer.cells, entries, strict=True)
        ]
        if expected is not None and ahead.any():
            f = expected.forecast
            parts.insert(0, (f"foresight({f.kind})[{f.offset},{f.time}]", ahead))
        reason = "chosen before" if forced is not None else "best" if greedy else "explores"
        if greedy and (values >= values.max() - 1e-9).sum() > 1:
            reason = "best (tie)"
        return Decision(action, values, tuple(parts), answer.relations, greedy, reason)

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly."""
        return {
            "steps": self.steps,
            "rng": self._rng.bit_generator.state,
            "motion": self.motion.get_state(),
            "watcher": self.watcher.get_state(),
            "foresight": self.foresight.get_state(),
            "courses": self.courses.get_state(),
            "tables": self.tables.get_state(),
            "ranges": self.ranges.get_state(),
            "traces": [np.array(part) for part in self._traces],
            "won": self._won,
            "met": [[*meeting, times] for meeting, times in self._met.items()],
            "last": None if self._last is None else _moment_state(self._last),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.steps = int(state["steps"])
        self._rng.bit_generator.state = state["rng"]
        self.motion.set_state(state["motion"])
        self.watcher.set_state(state["watcher"])
        self.foresight.set_state(state["foresight"])
        self.courses.set_state(state["courses"])
        self.tables.set_state(state["tables"])
        self.ranges.set_state(state["ranges"])
        self._traces = Traces(*(np.array(part) for part in state["traces"]))
        self._won = bool(state["won"])
        self._met = Counter({tuple(meeting): times for *meeting, times in state["met"]})
        self._last = None if state["last"] is None else _moment_of(state["last"])


NOTHING = Answer((), ())


def union(answers: Sequence[Answer]) -> Answer:
    """What several percepts hold together, sorted."""
    cells = {cell for answer in answers for cell in answer.cells}
    relations = {text for answer in answers for text in answer.relations}
    return Answer(tuple(sorted(cells, key=cell_order)), tuple(sorted(relations)))


def _forecast(answer: Answer, me: int) -> Forecast | None:
    """What ``answer`` foresees, for a controlled object at ``me``."""
    for text in answer.relations:
        if text.startswith("meets("):
            kind, time, place, along, across = map(int, text[len("meets(") : -1].split(","))
            return Forecast(kind, time, place - me, place, along, across)
    return None


def _moment_state(m: _Moment) -> dict[str, Any]:
    return {
        "objects": [list(o) for o in m.objects],
        "rows": m.rows,
        "values": m.values,
        "action": m.action,
        "before": m.before,
        "expected": None if m.expected is None else [*m.expected[:2], list(m.expected.forecast)],
    }


def _moment_of(state: Mapping[str, Any]) -> _Moment:
    expected = state["expected"]
    return _Moment(
        objects=tuple(SymbolicObject(*o) for o in state["objects"]),
        rows=np.array(state["rows"], np.int64),
        values=np.array(state["values"]),
        action=int(state["action"]),
        before=int(state["before"]),
        expected=(
            None
            if expected is None
            else Expected(int(expected[0]), int(expected[1]), Forecast(*expected[2]))
        ),
    )
