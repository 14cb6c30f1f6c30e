"""What a trained learner perceives, without what it values: the percepts of each step.

It asks what `Learner` asks its rules, from the habits that were learned (who obeys the actions,
what turns back where), and reads no table: what it gives is all that a program of rules goes by.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbolic.continuity import Continuity
from symbolic.courses import Courses
from symbolic.facts import Fact, Facts, SymbolicObject, state_facts
from symbolic.foresight import MOST_MEETINGS
from symbolic.learner import Learner
from symbolic.motion import AXES
from symbolic.percepts import Habits, coming, percepts
from symbolic.scene import controlled_object


class Observer:
    """Percepts by the habits that a learner knows now; nothing is learned on the way."""

    def __init__(self, learner: Learner) -> None:
        self._controlled, self._axis = learner.motion.controlled, learner.motion.axis
        self._ranges, self._turns = learner.ranges, learner.watcher.turns
        self._courses = Courses()  # of its own: the learner may be watching the same game
        self._courses.set_state(learner.courses.get_state())
        self._continuity = Continuity()
        self.start_episode()

    def start_episode(self) -> None:
        """Forget what was under way."""
        self._courses.start_episode()
        self._continuity.start_episode()

    def percepts(self, objects: Sequence[SymbolicObject]) -> list[Fact]:
        """One step: the facts that `Learner.step` would have told its rules, beside the objects."""
        objects = self._continuity.mend(sorted(objects, key=lambda o: o.id))
        extents = {
            kind: (self._ranges.extent(kind, 0), self._ranges.extent(kind, 1))
            for kind in {o.kind for o in objects}
        }
        self._courses.observe(objects, extents, False)
        me = controlled_object(objects, self._controlled)
        if me is None:
            return []
        axis = self._axis
        habits = {
            kind: Habits(
                self._courses.ends(kind, axis, extent[axis]),
                extent[1 - axis],
                self._turns.reach(kind),
            )
            for kind, extent in extents.items()
        }
        on_course = self._courses.straighten(objects, me)
        on_the_way = coming(on_course, me, axis, habits)[:MOST_MEETINGS]
        return [
            ("me", objects.index(me)),
            ("axis", AXES[axis]),
            ("range", *extents[me.kind][axis]),
            *percepts(on_course, me, axis, on_the_way),
            *(each.fact for each in on_the_way),
        ]


def policy_facts(objects: Sequence[SymbolicObject], percepts: Sequence[Fact], did: str) -> Facts:
    """All that an exported program is told of a step: objects, percepts, and the action before.

    ``did`` is that action's name as a constant, as `constant_of` makes it.
    """
    ordered = sorted(objects, key=lambda o: o.id)
    return state_facts(ordered, [*percepts, ("did", did)])


def constant_of(action: str) -> str:
    """The constant that stands for an action in programs: its name in lower case."""
    return action.lower()
