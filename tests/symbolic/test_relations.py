"""relations.lp against its oracle, and cases worked out by hand."""

import relations_oracle as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic import Program, Solver, SymbolicObject, state_facts

SOLVER = Solver(Program.load(), memory=1)
CELLS = Solver(Program.load(), memory=1, cells_only=True)

_speed = st.integers(-6, 6)
_objects = st.lists(
    st.builds(
        SymbolicObject,
        id=st.integers(0, 10**6),
        kind=st.integers(0, 3),
        y=st.integers(0, 209),
        x=st.integers(0, 159),
        dy=_speed,
        dx=_speed,
        height=st.integers(1, 20),
        width=st.integers(1, 20),
    ),
    max_size=7,
)
_range = st.tuples(
    st.integers(0, 100), st.integers(0, 209), st.integers(0, 80), st.integers(0, 159)
)
_ranges = st.dictionaries(st.integers(0, 3), _range, max_size=3)


def facts_of(objects, controlled, ranges):
    extra = [("controlled", controlled)]
    extra += [("range", kind, *bounds) for kind, bounds in sorted(ranges.items())]
    return state_facts(objects, extra)


@settings(max_examples=150, deadline=None)
@given(_objects, st.integers(0, 3), _ranges)
def test_models_equal_the_oracle(objects, controlled, ranges):
    got = SOLVER.solve(facts_of(objects, controlled, ranges))
    assert got == oracle.answer(objects, controlled, ranges)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(_objects, st.integers(0, 3), _ranges), min_size=2, max_size=8))
def test_a_batch_answers_as_one_by_one(states):
    facts = [facts_of(*state) for state in states]
    batch = Solver(Program.load()).solve_batch(facts)
    assert batch == [oracle.answer(*state) for state in states]
    assert [a.cells for a in batch] == [CELLS.solve(f).cells for f in facts]


PADDLE = SymbolicObject(id=40, kind=1, y=100, x=140, dy=0, dx=0, height=16, width=4)
BALL = SymbolicObject(id=41, kind=2, y=180, x=82, dy=2, dx=4, height=4, width=2)


def test_a_ball_that_bounces_on_its_way_worked_by_hand():
    # 58 columns apart, they touch within 3: 55 // 4 = 13 steps. The ball falls 26 rows from
    # 180 to 206, 16 beyond the wall at 190, so it is at 174, 74 rows below the paddle.
    answer = SOLVER.solve(facts_of([PADDLE, BALL], 1, {2: (34, 190, 0, 159)}))
    assert answer.relations == (
        "approaches(1,0)",
        "meet(0,1,y,74)",
        "side(0,1,below)",
        "side(0,1,left)",
    )
    # 80 and 74 rows are in the last step (71..255), 58 columns to the left in step 7, 13
    # steps in step 4.
    assert answer.cells == (
        ("meet(1,2)", ("y", 8, 4)),
        ("place(1,2)", (8, -7, 1, 1)),
        ("speed(2)", (2, 4)),
    )


def test_touching_boxes_are_in_contact_and_no_longer_approach():
    ball = BALL._replace(y=104, x=137)
    answer = SOLVER.solve(facts_of([PADDLE, ball], 1, {}))
    assert answer.relations == ("contact(0,1)", "near(0,1)")


def test_without_a_controlled_kind_nothing_is_said():
    assert SOLVER.solve(state_facts([PADDLE, BALL])) == ((), ())


def test_answers_grow_with_the_kinds_and_not_with_the_objects():
    def size(count):
        objects = [PADDLE] + [
            SymbolicObject(i, 2 + i % 3, 5 * i % 200, 7 * i % 150, i % 3 - 1, 1, 4, 4)
            for i in range(count)
        ]
        answer = SOLVER.solve(facts_of(objects, 1, {}))
        return len(answer.cells) + len(answer.relations)

    # Me against three kinds, the focus against three: six pairs, six atoms a pair or fewer
    # relations plus three cells a pair.
    assert size(100) <= 6 * (7 + 3) + 1
    assert size(100) <= 2 * size(10)
