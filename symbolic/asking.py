"""What the rules are asked of a state beside its objects, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from symbolic.dynamics.motion import AXES
from symbolic.facts import SymbolicObject, state_facts
from symbolic.percepts import Percept, nearest_of_kind, seen
from symbolic.rules.grounder import Answer, cell_order
from symbolic.rules.solver import Solver


class Asked(NamedTuple):
    """What the rules say of a state, and what they were asked."""

    answer: Answer
    percepts: tuple[Percept, ...]


NOTHING = Answer((), ())


def union(answers: Sequence[Answer]) -> Answer:
    """What several percepts hold together, sorted."""
    cells = {cell for answer in answers for cell in answer.cells}
    relations = {text for answer in answers for text in answer.relations}
    return Answer(tuple(sorted(cells, key=cell_order)), tuple(sorted(relations)))


def told_of(attributes: Sequence[tuple[int, int]]) -> list[Percept]:
    """What the latents of a dense encoder say, (latent, value) each."""
    return [Percept(("attribute", latent, value), ()) for latent, value in attributes]


def told_of_me(slot: int, me: SymbolicObject, axis: int, extent: tuple[int, int]) -> list[Percept]:
    """Who obeys the actions, along which axis, and from where to where on it."""
    return [
        Percept(("me", slot), (me.id,)),
        Percept(("axis", AXES[axis]), ()),
        Percept(("range", *extent), ()),
    ]


def ask(
    solver: Solver,
    objects: Sequence[SymbolicObject],
    me: SymbolicObject | None,
    axis: int,
    extent: tuple[int, int],
    attributes: Sequence[tuple[int, int]],
) -> Asked:
    """About a state, from ``me``, what moves by the actions along ``axis`` within ``extent``; None
    where nothing is known to.

    Our own rules are asked percept by percept, so that answers are remembered; with a user's
    rules, which may join facts, about the state as a whole.
    """
    percepts, near = told_of(attributes), []
    if me is not None:
        percepts += told_of_me(objects.index(me), me, axis, extent)
        near = [
            Percept(seen(me, other, axis, calm=True), (me.id, other.id))
            for other in nearest_of_kind(objects, me)
        ]
    percepts += near
    if solver.joins:
        answer = solver.solve(state_facts(objects, [each.fact for each in percepts]))
    else:
        answer = union(solver.solve_batch([(each.fact,) for each in near]))
    return Asked(answer, tuple(percepts))
