"""The questions a watcher asks: equal where the rules tell nothing apart."""

import pytest

from symbolic import Program, Solver
from symbolic.encounters import GONE
from symbolic.watcher import Watcher, outcome_facts, strike_facts

SOLVER = Solver(Program.load())


def test_what_a_strike_gains_is_added_to_the_speed_it_came_with():
    gained = ("leaves", -4, 2)
    assert outcome_facts(1, gained, 4, 100) == (("leaves", 1, 96, -4, 6),)
    assert outcome_facts(1, gained, 13, 100) == (("leaves", 1, 96, -4, 14),)
    assert outcome_facts(1, ("leaves", 0, -8), 4, 100) == (("leaves", 1, 96, 0, 0),)
    assert outcome_facts(1, GONE, 4, 100) == (("gone", 1),)


def test_rounded_questions_have_the_answers_of_exact_ones():
    strikes = [("strike", 1, o, v, 0, 1) for o in range(-20, 21) for v in range(1, 9)]
    rounded = [strike_facts(*fact[1:]) for fact in strikes]
    assert len(set(rounded)) < len(strikes) / 3
    assert SOLVER.solve_batch(rounded) == SOLVER.solve_batch([(fact,) for fact in strikes])


def test_outcomes_are_asked_at_places_eight_pixels_apart():
    outcome = ("leaves", 4, 0)
    asked = {place: outcome_facts(1, outcome, 6, place) for place in range(40, 161)}
    assert len(set(asked.values())) <= 17
    for (question,) in asked.values():
        table, kind, place, along, across = question
        assert (table, kind, along, across) == ("leaves", 1, 4, 6)
        assert place % 8 == 0
    assert all(abs(asked[place][0][2] - place) <= 4 for place in asked)


def test_returns_are_half_believed_and_half_foretold():
    watcher = Watcher(SOLVER, discount=0.9)
    first, second = (("a", (0,)),), (("b", (0,)),)
    for cells in (first, second):
        watcher.values.learn(cells, 1.0)
        assert watcher.values.value(cells)[0] == 0.5  # the first of its visits moves it half way
    watcher._chain = [first, second]
    watcher.signal(-1.0)
    # The second by its return of -1, a third of the way; the first by half of that return and
    # half of what the second had foretold, discounted: 0.9 (-1 + 0.5) / 2.
    assert watcher.values.value(second)[0] == pytest.approx(0.5 + (-1 - 0.5) / 3)
    assert watcher.values.value(first)[0] == pytest.approx(0.5 + (0.9 * -0.25 - 0.5) / 3)
