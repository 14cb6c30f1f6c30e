"""Where things turn back is the median of what was seen, once it was seen often enough."""

import numpy as np
import pytest

from symbolic.dynamics.turns import NEAR, SHARE, TurningPoints, Turns


@pytest.mark.parametrize("reach", [3, 11, 40])
@pytest.mark.parametrize(("speed_in", "speed_out"), [(4.0, 4.0), (3.0, 7.0), (6.5, 2.5)])
def test_where_a_bouncing_ball_turns(reach, speed_in, speed_out):
    turns = Turns()
    for share in np.linspace(0.05, 0.95, 9):  # of the step, before it turns
        near, back = reach + speed_in * share, reach + speed_out * (1 - share)
        turns.observe(1, near, speed_in, back, speed_out)
    assert turns.reach(1) == reach
    assert turns.reach(2) is None


def test_a_few_wrong_turns_do_not_matter():
    turns = Turns()
    for gap in (9, 50, 9, 9, 2, 9, 9):
        turns.observe(1, gap + 2.0, 4.0, gap + 2.0, 4.0)
    assert turns.reach(1) == 9


def test_too_few_turns_say_nothing():
    turns = Turns()
    for _ in range(2):
        turns.observe(1, 12.0, 4.0, 12.0, 4.0)
        assert turns.reach(1) is None
    turns.observe(1, 12.0, 0.0, 12.0, 0.0)  # it rests
    assert turns.reach(1) is None
    turns.observe(1, 12.0, 4.0, 12.0, 4.0)
    assert turns.reach(1) == 10
    again = Turns()
    again.set_state(turns.get_state())
    assert again.reach(1) == 10


def turned(turns: Turns, kind: int, times: int) -> None:
    for _ in range(times):
        turns.observe(kind, 12.0, 4.0, 12.0, 4.0)


@pytest.mark.parametrize("times", [4, 20])
def test_turning_back_is_the_habit_of_those_that_pass_by_no_more_than_four_times_as_often(times):
    turns = Turns()
    turned(turns, 1, times)
    for passed in range(1, 6 * times):
        turns.passed(1)
        turns.passed(2)  # others do not matter
        habit = times / (times + passed) > SHARE - 1e-9
        assert turns.reach(1) == (10 if habit else None)
        assert habit == (passed <= 4 * times)
    turned(turns, 1, times)  # a habit may come back
    assert turns.reach(1) == 10
    assert turns.reach(2) is None


def test_what_passed_by_comes_back_with_a_state():
    turns, again = Turns(), Turns()
    turned(turns, 1, 4)
    for _ in range(16):
        turns.passed(1)
    again.passed(3)
    again.set_state(turns.get_state())
    assert again.reach(1) == turns.reach(1) == 10
    for each in (turns, again):
        each.passed(1)
        assert each.reach(1) is None
    assert again.get_state()["passed"] == turns.get_state()["passed"] == {"1": 17}


def test_a_turning_point_is_the_median_by_end_in_whole_pixels():
    points = TurningPoints()
    for twice in (66, 67, 66, 66, 78):
        points.observe(1, 0, 0, twice, seen=35)
    assert points.point(1, 0, 0, seen=35) == 33
    assert points.point(1, 0, 1, seen=194) is None  # the other end
    assert points.point(1, 1, 0, seen=35) is None  # the other axis
    assert points.point(2, 0, 0, seen=35) is None


def test_turns_far_from_the_end_of_the_range_are_no_turning_points():
    points = TurningPoints()
    for _ in range(9):
        points.observe(1, 0, 0, 2 * (35 + NEAR) + 1, seen=35)
    assert points.point(1, 0, 0, seen=35) is None
    assert points.get_state() == {}


def test_when_the_range_widens_an_old_turning_point_is_forgotten_and_comes_back_with_it():
    points = TurningPoints()
    for _ in range(3):
        points.observe(1, 0, 0, 66, seen=35)
    assert points.point(1, 0, 0, seen=33 - NEAR - 1) is None
    assert points.point(1, 0, 0, seen=33 - NEAR) == 33


def test_points_beyond_what_is_counted_are_the_last_ones():
    points = TurningPoints()
    for _ in range(3):
        points.observe(1, 0, 0, -80, seen=-40)
        points.observe(1, 0, 1, 700, seen=350)
    assert points.point(1, 0, 0, seen=-30) == TurningPoints.LOWEST
    again = TurningPoints()
    again.set_state(points.get_state())
    assert again.point(1, 0, 0, seen=-30) == TurningPoints.LOWEST
