"""Inquiry: what the rules are asked of a state, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from symbolic.asking import NOTHING, told_of, told_of_me, union
from symbolic.dynamics.courses import Courses
from symbolic.dynamics.motion import MotionModel
from symbolic.dynamics.ranges import Ranges
from symbolic.facts import SymbolicObject, state_facts
from symbolic.percepts import Coming, Habits, Percept, coming, pairs, percepts
from symbolic.planning.foresight import MOST_MEETINGS
from symbolic.planning.watcher import Watcher
from symbolic.rules.grounder import Answer
from symbolic.rules.solver import Solver
from symbolic.scene import Expected, Forecast, position, velocity


class Reply(NamedTuple):
    """What the rules say of a state, what they were asked, and the next meetings, soonest first."""

    answer: Answer
    asked: tuple[Percept, ...]
    expected: tuple[Expected, ...]


class Inquiry:
    """Asks about states by what was learned of the kinds in them."""

    def __init__(
        self,
        solver: Solver,
        motion: MotionModel,
        ranges: Ranges,
        courses: Courses,
        watcher: Watcher,
    ) -> None:
        self._solver = solver
        self._whole = solver.joins  # a user's rules may join facts: ask about states whole
        self._motion = motion
        self._ranges = ranges
        self._courses = courses
        self._watcher = watcher

    def ask(
        self,
        objects: Sequence[SymbolicObject],
        me: SymbolicObject | None,
        attributes: Sequence[tuple[int, int]] = (),
    ) -> Reply:
        """About one state; ``me`` is what is controlled, None while that is not known."""
        told = told_of(attributes)
        if me is None:
            facts = state_facts(objects, [each.fact for each in told])
            return Reply(self._solver.solve(facts) if self._whole else NOTHING, tuple(told), ())
        axis = self._motion.axis
        on_course = self._courses.straighten(objects, me)
        on_the_way = coming(on_course, me, axis, self._habits(objects))[:MOST_MEETINGS]
        near = percepts(on_course, me, axis, on_the_way)
        about = [(a.id, b.id) for a, b in pairs(on_course, me, on_the_way)]
        comes = on_the_way[:1] if self._whole else on_the_way
        asked = [
            *told,
            *told_of_me(objects.index(me), me, axis, self._ranges.extent(me.kind, axis)),
            *map(Percept, near, about),
            *(Percept(each.fact, (each.object.id, me.id)) for each in comes),
        ]
        meetings = self._solver.solve_batch([(each.fact,) for each in on_the_way])
        if self._whole:
            answer = self._solver.solve(state_facts(objects, [each.fact for each in asked]))
        else:
            answers = self._solver.solve_batch([(fact,) for fact in near])
            answer = union([*answers, *meetings])
        expected = [
            _expected(each, meeting, me, axis)
            for each, meeting in zip(on_the_way, meetings, strict=True)
        ]
        return Reply(answer, tuple(asked), tuple(each for each in expected if each is not None))

    def _habits(self, objects: Sequence[SymbolicObject]) -> dict[int, Habits]:
        axis = self._motion.axis
        return {
            kind: Habits(
                self._courses.ends(kind, axis, self._ranges.extent(kind, axis)),
                self._ranges.extent(kind, 1 - axis),
                self._watcher.turns.reach(kind),
            )
            for kind in {o.kind for o in objects}
        }


def _expected(each: Coming, answer: Answer, me: SymbolicObject, axis: int) -> Expected | None:
    """The meeting that the rules foresee for what is on its way, if they do."""
    for text in answer.relations:
        if text.startswith("meets("):
            kind, time, place, along, across = map(int, text[len("meets(") : -1].split(","))
            offset = place - position(me, axis)
            forecast = Forecast(kind, time, offset, place, along, across, each.lasts)
            side = 1 if position(each.object, 1 - axis) > position(me, 1 - axis) else -1
            if each.lasts:  # it passes through: the side it comes from, wherever it is by now
                side = -1 if velocity(each.object, 1 - axis) > 0 else 1
            return Expected(each.object.id, side, forecast)
    return None
