"""Bounces: where they happen is learned, and the steps that mix both directions do no harm."""

from itertools import pairwise

import numpy as np
import pytest

from symbolic.dynamics.courses import Courses
from symbolic.facts import SymbolicObject

LOW, HIGH = 33, 194  # where the middle of the ball turns
ME = SymbolicObject(0, 0, 100, 140, 0, 0, 16, 4)


def bounced(place: float) -> float:
    width = HIGH - LOW
    return HIGH - abs((place - LOW) % (2 * width) - width)


def path(start: float, speed: float, steps: int, across: int = 0) -> list[SymbolicObject]:
    """A ball seen as cameras see it: each look is the mean of the last two emulator frames."""
    looks = []
    for t in range(steps):
        at = start + speed * t
        looks.append(round((bounced(at) + bounced(at - speed / 4)) / 2))
    return [
        SymbolicObject(1, 5, y, 80 + across * t, y - was, across, 4, 2)
        for t, (was, y) in enumerate(pairwise(looks))
    ]


def watched(balls: list[SymbolicObject], courses: Courses, learning: bool = True) -> list[int]:
    """The velocities of its course along y."""
    seen = {5: ((LOW + 2, HIGH - 2), (0, 150)), 0: ((0, 200), (140, 140))}
    found = []
    for ball in balls:
        courses.observe([ball, ME], seen, learning)
        found.append(courses.straighten([ball, ME], ME)[0].dy)
    return found


@pytest.fixture
def experienced() -> Courses:
    courses = Courses()
    for start in range(60, 120, 7):
        courses.start_episode()
        watched(path(start, 8, 60), courses)
    return courses


def test_the_ends_are_where_things_turn_not_where_they_were_seen_last(experienced):
    low, high = experienced.ends(5, 0, (LOW + 2, HIGH - 2))
    assert (low, high) == (pytest.approx(LOW, abs=1), pytest.approx(HIGH, abs=1))
    assert Courses().ends(5, 0, (LOW + 2, HIGH - 2)) == (LOW + 2, HIGH - 2)
    assert experienced.ends(5, 1, (0, 150)) == (0, 150)  # it never turned across


def test_turns_in_the_middle_of_the_range_are_no_ends():
    courses = Courses()
    turns = [100 - 8 * t for t in range(5)] + [68 + 8 * t for t in range(1, 5)]
    balls = [SymbolicObject(1, 5, y, 80, 0, 0, 4, 2) for y in turns]
    for _ in range(5):
        courses.start_episode()
        watched(balls, courses)
    assert courses.ends(5, 0, (LOW, HIGH)) == (LOW, HIGH)


@pytest.mark.parametrize("speed", [4, 8, -8, 13])
def test_a_course_seldom_slows_down_at_an_end(experienced, speed):
    mixed = slow = 0
    for start in range(100, 110):
        experienced.start_episode()
        balls = path(start, speed, 60)
        mixed += sum(abs(b.dy) < abs(speed) - 2 for b in balls)
        courses = watched(balls, experienced, learning=False)
        slow += sum(abs(v) < abs(speed) - 2 for v in courses)
    assert mixed >= 5  # the displacements do
    assert slow <= mixed // 4


def test_a_course_turns_when_the_ball_does(experienced):
    experienced.start_episode()
    balls = path(150, 8, 12)
    turned = int(np.argmin([b.y < 190 for b in balls]))
    velocities = watched(balls, experienced, learning=False)
    assert velocities[: turned - 1] == [8] * (turned - 1)
    assert velocities[turned + 2 :] == [-8] * (len(balls) - turned - 2)


def test_what_meets_no_wall_keeps_the_velocity_seen(experienced):
    experienced.start_episode()
    turns = [100 - 8 * t for t in range(5)] + [68 + 8 * t for t in range(1, 5)]
    balls = [SymbolicObject(1, 5, y, 80, y - was, 3, 4, 2) for was, y in pairwise([108, *turns])]
    assert watched(balls, experienced) == [b.dy for b in balls]


def test_me_is_left_as_it_is(experienced):
    experienced.start_episode()
    straightened = 0
    for each in path(150, 8, 12):
        experienced.observe([each], {5: ((LOW + 2, HIGH - 2), (0, 150))}, False)
        straightened += experienced.straighten([each], ME) != [each]
        assert experienced.straighten([each], each) == [each]
    assert straightened >= 1


def test_where_no_turn_was_learned_nothing_is_taken_for_a_bounce():
    courses = Courses()
    for last in ([179, 179, 179], [180, 183, 186]):  # it stops, or passes through
        courses.start_episode()
        places = [168, 171, 174, 177, *last]
        balls = [SymbolicObject(1, 5, y, 80, y - was, 0, 4, 2) for was, y in pairwise(places)]
        assert watched(balls, courses, learning=False) == [b.dy for b in balls]


def test_what_stops_at_a_known_end_or_passes_it_does_not_bounce(experienced):
    for last in ([HIGH, HIGH, HIGH], [202, 210, 218]):
        experienced.start_episode()
        places = [170, 178, 186, *last]
        balls = [SymbolicObject(1, 5, y, 80, y - was, 0, 4, 2) for was, y in pairwise(places)]
        assert watched(balls, experienced, learning=False) == [b.dy for b in balls]


def test_a_state_comes_back_in_the_middle_of_a_bounce(experienced):
    balls = path(150, 8, 12)
    for cut in range(1, len(balls)):
        experienced.start_episode()
        watched(balls[:cut], experienced)
        again = Courses()
        again.set_state(experienced.get_state())
        assert watched(balls[cut:], again) == watched(balls[cut:], experienced)
    for key, turns in experienced.get_state()["turns"].items():
        assert np.array_equal(again.get_state()["turns"][key], turns)
