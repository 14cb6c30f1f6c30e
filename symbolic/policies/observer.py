"""What a trained learner perceives, without what it values: the facts of each step.

It asks what `Learner` asks its rules, from the habits that were learned (who obeys the actions,
what turns back where), and reads no table: what it tells is all that an exported program goes by.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbolic.dynamics.continuity import Continuity
from symbolic.dynamics.courses import Courses
from symbolic.facts import Fact, Facts, SymbolicObject, state_facts
from symbolic.inquiry import Inquiry, Reply
from symbolic.learner import Learner
from symbolic.rules.program import Program
from symbolic.rules.solver import Solver
from symbolic.scene import Forecast, controlled_object


class Observer:
    """Facts by the habits that a learner knows now; nothing is learned on the way.

    Several may share a ``solver`` of our own rules, which takes longer to make than to ask.
    """

    def __init__(self, learner: Learner, solver: Solver | None = None) -> None:
        self._controlled = learner.motion.controlled
        self._ranges = learner.ranges
        self._courses = Courses()  # of its own: the learner may be watching the same game
        self._courses.set_state(learner.courses.get_state())
        self._continuity = Continuity()
        self._inquiry = Inquiry(
            Solver(Program.load()) if solver is None else solver,
            learner.motion,
            learner.ranges,
            self._courses,
            learner.watcher,
        )
        self.start_episode()

    def start_episode(self) -> None:
        """Forget what was under way."""
        self._courses.start_episode()
        self._continuity.start_episode()

    def percepts(self, objects: Sequence[SymbolicObject]) -> list[Fact]:
        """One step: what `Learner.step` asks its rules, beside the objects."""
        return [each.fact for each in self._look(objects)[1].asked]

    def facts(self, objects: Sequence[SymbolicObject], did: str) -> Facts:
        """One step: all that an exported program is told; ``did`` as in `policy_facts`."""
        mended, reply = self._look(objects)
        percepts = [each.fact for each in reply.asked]
        return policy_facts(mended, [*percepts, *stays(reply)], did)

    def forecasts(self, objects: Sequence[SymbolicObject]) -> list[Forecast]:
        """One step: what is foreseen to come level, soonest first."""
        return [each.forecast for each in self._look(objects)[1].expected]

    def _look(self, objects: Sequence[SymbolicObject]) -> tuple[tuple[SymbolicObject, ...], Reply]:
        mended = self._continuity.mend(sorted(objects, key=lambda o: o.id))
        self._courses.observe(mended, self._ranges.extents(mended), False)
        me = controlled_object(mended, self._controlled)
        return mended, self._inquiry.ask(mended, me)


def stays(reply: Reply) -> list[Fact]:
    """``stays(K,T,P,V,W,Steps)``: for how many steps more what is foreseen stays level with me,
    where it is any; the rest as in ``meets(K,T,P,V,W)``."""
    forecasts = (each.forecast for each in reply.expected)
    return [
        ("stays", f.kind, f.time, f.place, f.along, f.across, f.lasts) for f in forecasts if f.lasts
    ]


def policy_facts(objects: Sequence[SymbolicObject], told: Sequence[Fact], did: str) -> Facts:
    """All that an exported program is told of a step: objects, percepts, and the action before.

    ``did`` is that action's name as a constant, as `constant_of` makes it.
    """
    ordered = sorted(objects, key=lambda o: o.id)
    return state_facts(ordered, [*told, ("did", did)])


def percepts_in(facts: Facts) -> list[Fact]:
    """Of those the ones that are told beside the objects and the action before."""
    return [f for f in facts if f[0] not in ("object", "at", "velocity", "size", "did")]
