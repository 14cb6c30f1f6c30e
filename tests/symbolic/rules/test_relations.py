"""relations.lp against its oracle, and cases worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relations_oracle import oracle

from symbolic import Program, Solver, SymbolicObject, state_facts
from symbolic.inquiry import union
from symbolic.rules.compiled import compile_sources
from symbolic.rules.worker import crowded_state
from symbolic.shooting.lanes import NOTHING

SOLVER = Solver(Program.load(), memory=1)
CELLS = Solver(Program.load(), memory=1, cells_only=True)

_kind = st.integers(0, 3)
_tiles = st.integers(-27, 27)
_gap = st.integers(0, 3)
_way = st.integers(-1, 1)
_place = st.integers(0, 255)
_speed = st.integers(-64, 64)
_calm = st.integers(0, 1)
_closing = st.integers(1, 64)
_percept = st.one_of(
    st.tuples(st.just("seen"), _kind, _kind, _tiles, _tiles, _gap, _gap, _way, _way, _calm),
    st.tuples(
        st.just("comes"), _kind, _place, _speed, st.integers(0, 600), _closing, _place, _place,
    ),
    st.tuples(
        st.just("strike"), _kind, st.integers(-255, 255), _closing, st.integers(0, 2), _way
    ),
    st.tuples(st.just("leaves"), _kind, _place, _speed, _closing),
    st.tuples(st.sampled_from(["passed", "gone", "struck"]), _kind),
    st.tuples(st.just("launch"), st.integers(NOTHING, 3), st.integers(-255, 255)),
)  # fmt: skip
_state = st.lists(_percept, max_size=8).map(tuple)


@settings(max_examples=150, deadline=None)
@given(_state)
def test_answers_equal_the_oracle(facts):
    assert SOLVER.solve(facts) == oracle(facts)


@settings(max_examples=30, deadline=None)
@given(_state)
def test_a_state_holds_what_its_percepts_hold(facts):
    """What lets answers be remembered percept by percept."""
    assert union(Solver(Program.load()).solve_batch([(f,) for f in facts])) == SOLVER.solve(facts)


@settings(max_examples=15, deadline=None)
@given(st.lists(_state, min_size=2, max_size=8))
def test_a_batch_answers_as_one_by_one(states):
    batch = Solver(Program.load()).solve_batch(states)
    assert batch == [oracle(facts) for facts in states]
    assert [a.cells for a in batch] == [CELLS.solve(facts).cells for facts in states]


def test_a_ball_that_bounces_on_its_way_worked_by_hand():
    # 55 columns to go at 4 a step: 13.75 steps, 55 quarters. Till then it falls 2 * 55 / 4 = 27
    # rows from 180 to 207, 17 beyond the wall at 190: it is at 173.
    answer = SOLVER.solve((("comes", 2, 180, 2, 55, 4, 34, 190),))
    assert answer.relations == ("meets(2,55,173,2,4)",)
    assert answer.cells == ()


def test_a_ball_that_bounces_twice_worked_by_hand():
    # 40 steps of -3 from 50 in a range of 20..60: 30 to the wall at 20, 40 to that at 60, 40
    # back to 20 and 10 up: 30.
    (relation,) = SOLVER.solve((("comes", 1, 50, -3, 40, 1, 20, 60),)).relations
    assert relation == "meets(1,160,30,-3,1)"


def test_touching_boxes_are_in_contact_near_and_level():
    answer = SOLVER.solve((("seen", 0, 1, 1, 0, 0, 0, 0, 0, 0),))
    assert answer.relations == ("contact(0,1)", "level(0,1)", "near(0,1)")


@pytest.mark.parametrize(
    ("offset", "velocity", "relation"),
    [(5, -1, "approaches(1,0)"), (-5, 1, "approaches(1,0)"), (5, 1, "retreats(1,0)")],
)
def test_who_approaches_comes_closer_across(offset, velocity, relation):
    answer = SOLVER.solve((("seen", 0, 1, 0, offset, 3, 3, 0, velocity, 0),))
    assert answer.relations == (relation,)


def test_places_count_in_calm_alone():
    calm, meeting = (SOLVER.solve((("seen", 0, 1, 3, -2, 2, 1, -1, 1, c),)) for c in (1, 0))
    assert calm.cells == (("place(0,1)", (3, -2, -1, 1)),)
    assert meeting.cells == ()
    assert calm.relations == meeting.relations


def test_strikes_that_lie_near_each_other_share_cells():
    near, far = (set(SOLVER.solve((("strike", 1, o, 4, 0, 1),)).cells) for o in (9, 60))
    here = set(SOLVER.solve((("strike", 1, 8, 4, 0, 1),)).cells)
    assert here & near
    assert not here & far


def test_launches_share_cells_with_those_that_meet_the_same_kind_near_there():
    here, near, far, other = (
        set(SOLVER.solve((("launch", kind, offset),)).cells)
        for kind, offset in [(1, 2), (1, 4), (1, -9), (2, 2)]
    )
    anywhere = ("launch(1)", ("any",))
    tiles = {("launch(1)", ("even", 128)), ("launch(1)", ("odd", 129))}
    assert here == {anywhere, *tiles, ("launch(1)", ("at", 2))}
    assert here & near == {anywhere, ("launch(1)", ("odd", 129))}
    assert here & far == {anywhere}
    assert not here & other


def test_what_was_my_end_counts_by_its_kind():
    assert SOLVER.solve((("struck", 3),)) == (((("struck(3)", (0,))),), ())


def test_objects_alone_say_nothing():
    ball = SymbolicObject(id=41, kind=2, y=180, x=82, dy=2, dx=4, height=4, width=2)
    assert SOLVER.solve(state_facts([ball], [("me", 0), ("axis", "y")])) == ((), ())


def test_a_crowded_state_has_every_fact_that_a_user_may_use():
    """Or rules of a user's would be tried without what they rest on."""
    given_facts = {(fact[0], len(fact) - 1) for fact in crowded_state()}
    assert given_facts == compile_sources(Program.load().base).inputs
