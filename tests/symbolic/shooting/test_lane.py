"""Lanes: what something sent out would meet first, where and when."""

import numpy as np
import pytest
from ship_play import X, target
from ship_world import LOWEST, SHIP_Y, TARGET

from symbolic import SymbolicObject
from symbolic.dynamics.drifts import Drifts
from symbolic.dynamics.ranges import Ranges
from symbolic.shooting.lanes import DELAY, NOTHING, Lane, lane, left_behind, reachable, targets_of


def first_in(targets: list[SymbolicObject], drifts: Drifts | None = None, **change) -> Lane:
    asked = {"axis": X, "origin": SHIP_Y, "speed": -8.0, "positions": range(60, 101), "times": [0]}
    return lane(targets, drifts or Drifts(Ranges()), **(asked | change))


def met(there: Lane, time: int = 0) -> dict[int, int]:
    """Offsets by column, where something is met."""
    columns = np.flatnonzero(there.kind[time] != NOTHING)
    return {60 + int(x): int(there.offset[time, x]) for x in columns}


def test_a_target_is_met_in_the_columns_of_its_width_and_one_beside():
    there = first_in([target(80)])
    assert met(there) == {80 - k: k for k in range(-5, 6)}
    assert set(there.kind.ravel().tolist()) == {NOTHING, TARGET}
    # From 180 to the lower edge of the target at 96: 84 rows.
    assert set(there.steps[there.kind == TARGET].tolist()) == {84 / 8}
    assert there.kind.shape == there.offset.shape == there.steps.shape == (1, 41)


@pytest.mark.parametrize("speed", [0.0, -1e-12, -0.25])
def test_what_hardly_moves_takes_long_and_no_longer(speed: float):
    """The mean of what was sent up and down can be anything, also nothing."""
    there = first_in([target(80)], speed=speed)
    assert met(there) == {80 - k: k for k in range(-5, 6)}
    assert there.steps[there.kind == TARGET].tolist() == [84 / 0.25] * 11
    assert there.steps[there.kind == NOTHING].tolist() == [32 / 0.25] * 30


def test_the_nearest_target_in_the_lane_hides_the_others():
    other = target(84, y=LOWEST - 16, kind=5)
    for targets in ([target(80), other], [other, target(80)]):
        there = first_in(targets)
        assert met(there) == {80 - k: k for k in range(-5, 6)} | {84 - k: k for k in range(-5, -1)}
        assert there.kind[0, 80 - 60] == TARGET
        assert there.kind[0, 86 - 60] == 5
        assert there.steps[0, 86 - 60] == (84 + 16) / 8


def test_targets_are_met_where_they_have_drifted_to():
    drifts, places = Drifts(Ranges()), []
    for t in range(9):
        places.append(70 + 2 * (t // 4))  # half a column a step
        drifts.observe([target(places[-1])])
    there = first_in([target(places[-1])], drifts, times=[0, 8])
    for row, time in enumerate([0, 8]):
        arrives = places[-1] + (time + DELAY + 84 / 8) / 2
        columns = np.array(list(met(there, row)))
        assert np.abs(columns - arrives).max() <= 5
        assert len(columns) == 10  # of eleven, were it a whole number
        offsets = np.array(list(met(there, row).values()))
        assert np.abs(offsets - (arrives - columns)).max() <= 0.5


def test_what_lies_behind_is_not_met():
    assert met(first_in([target(80, y=SHIP_Y + 20)])) == {}
    below = first_in([target(80, y=SHIP_Y + 20)], speed=8.0)
    assert below.steps[0, 20] == 16 / 8
    assert met(first_in([target(80)], speed=8.0)) == {}
    assert met(first_in([])) == {}


def test_along_the_other_axis_the_same_is_met():
    turned = SymbolicObject(10, TARGET, 80, LOWEST, 0, 0, 8, 8)
    one, other = first_in([target(80)]), first_in([turned], axis=0)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_targets_are_what_does_not_move_across():
    moving = [target(80)._replace(dy=dy, dx=9) for dy in (-8, -2, -1, 0, 1, 2)]
    assert [o.dy for o in targets_of(moving, X)] == [-1, 0, 1]


@pytest.mark.parametrize("cost", [0.0, 0.3, 2.0])
def test_what_can_be_reached_is_the_best_less_the_way_there(cost):
    worth = np.random.default_rng(0).normal(size=40)
    place = np.arange(40)
    expected = (worth[None] - cost * np.abs(place[:, None] - place)).max(axis=1)
    assert reachable(worth, cost) == pytest.approx(expected)


def test_a_launch_leaves_me_as_far_off_as_its_flight_does_not_bring_me():
    """Sent best from place 30; I move 2 pixels a step, each step costs 1."""
    worth = np.zeros(61)
    worth[30] = 100.0
    steps = np.array([[0.0], [3.0], [10.4], [40.0]]) + np.zeros(61)
    found = left_behind(worth, steps, 1.0, 2.0)
    away = np.abs(np.arange(61) - 30)
    for row, reach in zip(found, [0, 6, 20, 80], strict=True):
        assert row == pytest.approx(np.maximum(0, away - reach) / 2)
