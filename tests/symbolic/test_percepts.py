"""What is measured of a state, by hand."""

import pytest

from symbolic import SymbolicObject
from symbolic.percepts import (
    FARTHEST,
    MOST_LEVEL,
    Habits,
    comes,
    coming,
    nearest_of_kind,
    percepts,
    seen,
)

ME = SymbolicObject(id=7, kind=0, y=100, x=140, dy=0, dx=0, height=16, width=4)
BALL = SymbolicObject(id=3, kind=1, y=100, x=80, dy=0, dx=4, height=4, width=2)
FREE = Habits(along=(30, 190), across=(10, 150), reach=None)
TURNS = Habits(along=(30, 190), across=(10, 150), reach=5)
Y, X = 0, 1


def test_the_nearest_of_each_kind_and_never_me():
    far = BALL._replace(id=4, x=60)
    tie = BALL._replace(id=5, x=140 + 60)
    twin = ME._replace(id=8, y=20)
    assert nearest_of_kind([far, twin, BALL, ME, tie], ME) == [twin, BALL]
    assert nearest_of_kind([tie, BALL, ME], ME) == [tie]  # as far: the first in the list
    assert nearest_of_kind([ME], ME) == []


def test_seen_along_and_across_in_tiles_and_directions():
    # 21 rows below and 60 columns to the left: 2.6 and -7.5 tiles, halves away from zero.
    # Boxes: 21 - 10 = 11 rows and 60 - 3 = 57 columns apart, begun tiles count whole, 3 at most.
    # It falls 2 a step faster than I do; 1 to the left is rest.
    ball = BALL._replace(y=121, dy=-1, dx=-1)
    me = ME._replace(dy=-3)
    assert seen(me, ball, Y, calm=True) == ("seen", 0, 1, 3, -8, 2, 3, 1, 0, 1)
    assert seen(me, ball._replace(dx=-2), X, calm=False) == (  # axes changed
        "seen", 0, 1, -8, 3, 3, 2, -1, 1, 0,
    )  # fmt: skip


def test_gaps_are_zero_only_when_boxes_touch():
    gap = {y: seen(ME, BALL._replace(y=y), Y, calm=True)[5] for y in (100, 109, 110, 111, 118, 119)}
    assert gap == {100: 0, 109: 0, 110: 0, 111: 1, 118: 1, 119: 2}
    assert seen(ME, BALL._replace(y=91), Y, calm=True)[5] == 0
    assert seen(ME, BALL._replace(y=89), Y, calm=True)[5] == 1


def test_seen_from_the_other_side_is_mirrored():
    ball = BALL._replace(y=133, dy=6, dx=-6)
    name, a, b, *there = seen(ME, ball, Y, calm=True)
    _, b2, a2, *back = seen(ball, ME, Y, calm=True)
    assert (name, a, b) == ("seen", a2, b2)
    assert [-back[0], -back[1], back[2], back[3], -back[4], -back[5], 1] == there


def test_an_object_that_comes():
    # 60 columns away, touching at (2 + 4) // 2 = 3, at 4 a step; it falls 2 a step.
    ball = BALL._replace(dy=2)
    assert comes(ball, ME, Y, FREE) == ("comes", 1, 100, 2, 57, 4, 30, 190)
    # Kinds that turn back from me elsewhere than where boxes touch: what was learned counts.
    assert comes(ball, ME, Y, TURNS) == ("comes", 1, 100, 2, 55, 4, 30, 190)
    # From the other side as well.
    mirrored = ball._replace(x=200, dx=-4)
    assert comes(mirrored, ME, Y, FREE) == comes(ball, ME, Y, FREE)


def test_the_other_axis_of_control():
    ball = BALL._replace(y=40, x=90, dy=3, dx=-1)
    habits = Habits(along=(10, 150), across=(30, 190), reach=None)
    # 60 rows to go, (4 + 16) // 2 = 10 less, at 3 a step.
    assert comes(ball, ME, X, habits) == ("comes", 1, 90, -1, 50, 3, 10, 150)


@pytest.mark.parametrize(
    ("change", "habits"),
    [
        ({"dx": 0, "dy": 4}, TURNS),  # rests across
        ({"dx": -4}, FREE),  # leaves, and never was seen to turn back
        ({"x": 138, "dx": 0}, FREE),  # touches, and rests
        ({"x": 143}, FREE),  # is past: the boxes touch no more
        ({"x": 136}, TURNS),  # is where it turns back already
        ({"x": 5, "dx": 2}, FREE),  # 132 columns at 2 a step: farther than is foreseen
    ],
)
def test_objects_that_do_not_come(change, habits):
    assert comes(BALL._replace(**change), ME, Y, habits) is None


def test_what_leaves_but_turns_back_comes_by_way_of_the_far_end():
    # 60 columns away and 70 from the end at 10: there and back is 140 more, less the reach of 5.
    ball = BALL._replace(dx=-4)
    assert comes(ball, ME, Y, TURNS) == ("comes", 1, 100, 0, 55 + 140, 4, 30, 190)
    # Beyond me it goes to the other end: 10 columns beside me, none from the end at 150.
    assert comes(ball._replace(x=150, dx=4), ME, Y, TURNS)[4] == 5


@pytest.mark.parametrize("x", [138, 140, 142])
def test_what_is_level_already_comes_now(x):
    """As long as the boxes touch, whichever way it moves."""
    assert comes(BALL._replace(x=x, dy=2), ME, Y, FREE) == ("comes", 1, 100, 2, 0, 4, 30, 190)
    assert comes(BALL._replace(x=x, dx=-4), ME, Y, FREE) == ("comes", 1, 100, 0, 0, 4, 30, 190)


def everything(habits: Habits = FREE) -> dict[int, Habits]:
    return dict.fromkeys((0, 1, 2), habits)


def test_what_comes_is_told_the_soonest_first():
    # 57 columns at 4 a step, 27 at 2 and 0: 14.25 and 13.5 steps, and now; at 4 again as the first.
    slower, level = BALL._replace(id=1, x=110, dx=2), BALL._replace(id=9, kind=2, x=140)
    twin = BALL._replace(id=11, y=60)
    gone = BALL._replace(id=12, dx=-4)
    objects = [slower, BALL, ME._replace(dx=4), level, twin, gone]
    found = coming(objects, ME, Y, everything())
    assert [each.object for each in found] == [level, slower, BALL, twin]
    assert [each.fact for each in found] == [comes(each.object, ME, Y, FREE) for each in found]
    assert coming([ME, gone], ME, Y, everything()) == []


@pytest.mark.parametrize(
    ("width", "speed", "lasts"), [(2, 4, 1), (8, 4, 3), (8, 13, 0), (40, 4, 6)]
)
def test_what_passes_through_stays_level_while_the_boxes_overlap(width, speed, lasts):
    # Touched first at a distance of half of both widths, and last at as much on the other side.
    ball = BALL._replace(width=width, dx=speed)
    (passes,) = coming([ball, ME], ME, Y, everything())
    (turns,) = coming([ball, ME], ME, Y, everything(TURNS))
    assert (passes.lasts, turns.lasts) == (lasts, 0)  # what turns back at me meets me once
    assert MOST_LEVEL == 6


def test_the_same_is_foreseen_from_the_other_side_and_on_the_other_axis():
    ball = BALL._replace(y=90, dy=1)
    (one,) = coming([ball, ME], ME, Y, everything())
    (mirrored,) = coming([ball._replace(x=200, dx=-4), ME], ME, Y, everything())
    assert (mirrored.fact, mirrored.lasts) == (one.fact, one.lasts)
    (other,) = coming([turned(ball), turned(ME)], turned(ME), X, everything())
    assert (other.fact, other.lasts) == (one.fact, one.lasts)


def turned(o: SymbolicObject) -> SymbolicObject:
    """Rows for columns."""
    return o._replace(y=o.x, x=o.y, dy=o.dx, dx=o.dy, height=o.width, width=o.height)


def test_meetings_too_far_off_are_not_foreseen():
    ball = BALL._replace(x=140 - 3 - FARTHEST, dx=1)
    assert coming([ball, ME], ME, Y, everything()) == []
    assert len(coming([ball._replace(x=ball.x + 1), ME], ME, Y, everything())) == 1


def test_a_state_has_what_is_near_me_and_near_the_next_to_come():
    wall = SymbolicObject(id=9, kind=2, y=100, x=10, dy=0, dx=0, height=60, width=4)
    later = BALL._replace(id=1, y=60, dx=2)
    objects = sorted([wall, BALL, later, ME], key=lambda o: o.id)
    on_the_way = coming(objects, ME, Y, everything())
    assert [each.object for each in on_the_way] == [BALL, later]
    assert percepts(objects, ME, Y, on_the_way) == [
        seen(ME, BALL, Y, calm=False),
        seen(ME, wall, Y, calm=False),
        seen(BALL, wall, Y, calm=False),
    ]
    still = [o._replace(dx=0) for o in objects]
    assert percepts(still, ME, Y, coming(still, ME, Y, everything())) == [
        seen(ME, BALL._replace(dx=0), Y, calm=True),
        seen(ME, wall, Y, calm=True),
    ]
    assert percepts([ME], ME, Y, []) == []
