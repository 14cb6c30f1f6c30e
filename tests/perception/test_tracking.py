"""Scenarios of the tracker, with kinds whose evidence is plain."""

import numpy as np
import pytest

from perception.objects import Detection
from perception.tracking import Tracker, TrackerConfig

BALL, PADDLE, DIGIT = 0, 1, 2


class PlainKinds:
    """Balls are a family of their own; paddles and digits look alike, but digits stand."""

    family = np.array([0, 1, 1])
    mobility = np.array([0.99, 0.9, 0.01])
    solitary = np.array([False, False, False])

    def evidence(self, d):
        return {BALL: 0.0} if d.kind == BALL else {PADDLE: 0.0, DIGIT: -1.0}


def seen(kind, y, x, height=4.0, width=2.0):
    return Detection(kind, y, x, height, width, 5.0)


@pytest.fixture
def tracker():
    return Tracker(TrackerConfig(coast_steps=3, gate_pixels=28.0))


def follow(tracker, steps, kinds=None):
    """Feed lists of detections; the objects of each step."""
    return [tracker.step(detections, kinds or PlainKinds()) for detections in steps]


def test_velocity_is_the_last_displacement_and_reacts_to_a_bounce_at_once(tracker):
    path = [(20, 20), (24, 26), (28, 32), (24, 38)]
    results = follow(tracker, [[seen(BALL, y, x)] for y, x in path])
    assert [(o.dy, o.dx) for (o,) in results] == [(0, 0), (4, 6), (4, 6), (-4, 6)]
    assert len({o.id for (o,) in results}) == 1


def test_crossing_balls_keep_their_identities(tracker):
    steps = [[seen(BALL, 50, 10 + 8 * t), seen(BALL, 53, 66 - 8 * t)] for t in range(8)]
    results = follow(tracker, steps)
    right, left = (o.id for o in results[0])
    for objects in results[1:]:
        assert {(o.id, o.dx) for o in objects} == {(right, 8.0), (left, -8.0)}


def test_a_short_absence_keeps_the_identity_and_a_long_one_ends_it(tracker):
    short = follow(tracker, [[seen(BALL, 20, 20)], [seen(BALL, 24, 20)], [], [], []])
    (back,) = tracker.step([seen(BALL, 40, 20)], PlainKinds())
    assert back.id == short[0][0].id
    assert back.dy == pytest.approx(16 / 4)
    follow(tracker, [[], [], [], []])
    (again,) = tracker.step([seen(BALL, 44, 20)], PlainKinds())
    assert again.id != back.id


def test_coasting_things_are_not_reported(tracker):
    assert follow(tracker, [[seen(BALL, 20, 20)], []])[1] == []


def test_a_jump_is_a_death_and_a_birth(tracker):
    (first,), (second,) = follow(tracker, [[seen(BALL, 20, 20)], [seen(BALL, 100, 100)]])
    assert first.id != second.id
    assert (second.dy, second.dx) == (0.0, 0.0)


def test_a_solitary_kind_jumps_without_losing_its_identity(tracker):
    class Alone(PlainKinds):
        solitary = np.array([True, False, False])

    (first,), (second,) = follow(
        tracker, [[seen(BALL, 20, 20)], [seen(BALL, 100, 100)]], kinds=Alone()
    )
    assert first.id == second.id
    assert (second.dy, second.dx) == (0.0, 0.0)


def test_other_families_are_never_matched(tracker):
    (ball,), objects = follow(tracker, [[seen(BALL, 20, 20)], [seen(PADDLE, 20, 20)]])
    assert [o.id for o in objects] != [ball.id]


def test_the_nearest_in_sum_is_taken_not_the_nearest_first(tracker):
    follow(tracker, [[seen(BALL, 0, 0), seen(BALL, 0, 10)]])
    # taking the nearest pair first (10 -> 9) would leave 0 -> 19
    objects = tracker.step([seen(BALL, 0, 9), seen(BALL, 0, 19)], PlainKinds())
    assert [(o.id, o.x) for o in objects] == [(0, 9.0), (1, 19.0)]


def test_what_never_moves_becomes_the_kind_that_stands(tracker):
    results = follow(tracker, [[seen(PADDLE, 10, 10)] for _ in range(10)])
    assert results[0][0].kind == PADDLE
    assert results[-1][0].kind == DIGIT


def test_what_moves_keeps_its_kind_over_odd_frames(tracker):
    steps = [[seen(PADDLE, 10 + 3 * t, 10)] for t in range(10)]
    steps[5] = [seen(DIGIT, 25, 10)]
    assert {o.kind for (o,) in follow(tracker, steps)} == {PADDLE}


def test_reset_starts_identities_anew(tracker):
    follow(tracker, [[seen(BALL, 20, 20)], [seen(BALL, 90, 90)]])
    tracker.reset()
    (o,) = tracker.step([seen(BALL, 20, 20)], PlainKinds())
    assert (o.id, o.dy, o.dx) == (0, 0.0, 0.0)


def test_a_state_goes_on_exactly(tracker):
    rng = np.random.default_rng(0)
    steps = [[seen(BALL, *rng.uniform(0, 60, 2)), seen(PADDLE, 5, 5)] for _ in range(12)]
    follow(tracker, steps[:6])
    other = Tracker(TrackerConfig(coast_steps=3, gate_pixels=28.0))
    other.set_state(tracker.get_state())
    assert follow(other, steps[6:]) == follow(tracker, steps[6:])


class TwoSizes:
    """One family of two kinds that only size tells apart."""

    family = np.array([0, 0])
    mobility = np.array([0.9, 0.9])
    solitary = np.array([False, False])

    def evidence(self, d):
        return {BALL: 0.0, PADDLE: -4.0} if d.width < 8 else {BALL: -4.0, PADDLE: 0.0}


def test_things_that_merge_as_they_touch_keep_their_kinds_and_identities(tracker):
    """A ball comes down on a paddle of its colour that moves under it: one region for a step."""
    steps = [[seen(BALL, 166 + 4 * t, 80), seen(PADDLE, 190, 66, 4.0, 16.0)] for t in range(5)]
    ball, paddle = (o.id for o in follow(tracker, steps, TwoSizes())[-1])
    merged = tracker.step([seen(PADDLE, 188.5, 80, 7.0, 17.0)], TwoSizes())
    assert {(o.id, o.kind) for o in merged} == {(ball, BALL), (paddle, PADDLE)}
    apart = tracker.step([seen(BALL, 182, 80), seen(PADDLE, 190, 80, 4.0, 16.0)], TwoSizes())
    assert {(o.id, o.kind) for o in apart} == {(ball, BALL), (paddle, PADDLE)}


def test_what_is_merged_is_where_it_explains_the_region(tracker):
    """Along y the region reaches beyond the paddle, so the ball is there; along x, as expected."""
    steps = [[seen(BALL, 166 + 4 * t, 80), seen(PADDLE, 190.5, 84, 4.0, 16.0)] for t in range(5)]
    follow(tracker, steps, TwoSizes())
    ball, paddle = tracker.step([seen(PADDLE, 188, 84, 9.0, 16.0)], TwoSizes())
    assert (ball.y, ball.x, ball.height, ball.width) == (185.5, 80, 4.0, 2.0)
    assert (paddle.y, paddle.x, paddle.height, paddle.width) == (190.5, 84, 4.0, 16.0)


def test_a_ball_that_bounced_while_merged_is_found_at_the_edge_it_fills(tracker):
    steps = [[seen(BALL, 170 + 4 * t, 80), seen(PADDLE, 190.5, 84, 4.0, 16.0)] for t in range(5)]
    follow(tracker, steps, TwoSizes())
    ball, _ = tracker.step([seen(PADDLE, 188.5, 84, 8.0, 16.0)], TwoSizes())
    assert ball.y == 186.5  # and not at 190, where it was going


def test_a_region_that_has_not_grown_hides_nothing(tracker):
    steps = [[seen(BALL, 166 + 4 * t, 80), seen(PADDLE, 190.5, 84, 4.0, 16.0)] for t in range(6)]
    follow(tracker, steps, TwoSizes())
    (paddle,) = tracker.step([seen(PADDLE, 190.5, 84, 4.0, 16.0)], TwoSizes())
    assert paddle.kind == PADDLE


def test_nothing_stays_merged_for_ever(tracker):
    steps = [[seen(BALL, 182 + t, 80), seen(PADDLE, 190.5, 84, 4.0, 16.0)] for t in range(5)]
    follow(tracker, steps, TwoSizes())
    grown = [[seen(PADDLE, 188, 84 + t / 10, 9.0 + t, 16.0)] for t in range(8)]
    assert [len(objects) for objects in follow(tracker, grown, TwoSizes())][:4] == [2, 2, 2, 1]
