"""What changed its name keeps its velocity; all else stays as it is seen."""

import json

import pytest

from symbolic import SymbolicObject
from symbolic.dynamics.continuity import NEAR, Continuity

BALL = SymbolicObject(1, 5, 100, 60, 4, -6, 4, 2)
ON = BALL._replace(y=104, x=54)  # where it is one step later
NEW = ON._replace(id=9, dy=0, dx=0)


def seen(first: list[SymbolicObject], then: list[SymbolicObject]) -> tuple[SymbolicObject, ...]:
    continuity = Continuity()
    assert continuity.mend(first) == tuple(first)
    return continuity.mend(then)


def test_what_is_found_again_moves_on_as_before():
    assert seen([BALL], [NEW]) == (NEW._replace(dy=4, dx=-6),)
    beside = NEW._replace(y=104 + NEAR, x=54 - NEAR)
    assert seen([BALL], [beside]) == (beside._replace(dy=4, dx=-6),)


@pytest.mark.parametrize(
    "new",
    [
        NEW._replace(kind=6),
        NEW._replace(y=104 + NEAR + 1),
        NEW._replace(x=54 - NEAR - 1),
    ],
)
def test_what_is_of_another_kind_or_elsewhere_is_new(new):
    assert seen([BALL], [new]) == (new,)


def test_what_did_not_move_has_nothing_to_hand_on():
    still = BALL._replace(dy=1, dx=-1)
    assert seen([still], [NEW._replace(y=100, x=60)]) == (NEW._replace(y=100, x=60),)
    assert seen([], [NEW]) == (NEW,)


def test_a_number_that_jumps_to_another_thing_takes_over_its_course():
    """Of two tracks that are exchanged, each has the velocity of what it is now."""
    other = BALL._replace(id=2, y=150, x=90, dy=-4, dx=-6)
    exchanged = [ON._replace(id=2, dy=-46, dx=-36), ON._replace(y=146, x=84, dy=46, dx=24)]
    assert [(o.dy, o.dx) for o in seen([BALL, other], exchanged)] == [(4, -6), (-4, -6)]


def test_what_is_where_it_was_going_keeps_the_velocity_it_is_seen_with():
    slower = ON._replace(dy=3, dx=-5)
    assert seen([BALL, BALL._replace(id=2)], [slower]) == (slower,)


def test_memory_is_of_one_step_and_of_one_episode():
    continuity = Continuity()
    continuity.mend([BALL])
    continuity.mend([])
    assert continuity.mend([NEW]) == (NEW,)
    continuity.mend([BALL])
    continuity.start_episode()
    assert continuity.mend([NEW]) == (NEW,)


def test_a_mended_velocity_is_handed_on():
    continuity = Continuity()
    continuity.mend([BALL])
    continuity.mend([NEW])
    third = NEW._replace(id=17, y=108, x=48)
    assert continuity.mend([third]) == (third._replace(dy=4, dx=-6),)


def test_a_state_comes_back():
    continuity, again = Continuity(), Continuity()
    continuity.mend([BALL])
    again.set_state(json.loads(json.dumps(continuity.get_state())))
    assert again.mend([NEW]) == continuity.mend([NEW]) != (NEW,)
    assert again.get_state() == continuity.get_state()
