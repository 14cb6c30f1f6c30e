"""Drifts: mean velocities over a few steps, and where they lead."""

import json

import numpy as np
import pytest

from symbolic import SymbolicObject
from symbolic.dynamics.drifts import SPAN, Drifts
from symbolic.dynamics.ranges import Ranges


def thing(id_: int, y: int, x: int) -> SymbolicObject:
    return SymbolicObject(id_, 1, y, x, 0, 0, 8, 8)


def drifts_of(*places: tuple[int, int]) -> Drifts:
    drifts = Drifts(Ranges())
    for y, x in places:
        drifts.observe([thing(1, y, x)])
    return drifts


def test_what_jumps_now_and_then_drifts_evenly():
    """A fleet that moves 3 columns every fourth step: 0.75 a step, whenever it is looked at."""
    drifts = Drifts(Ranges())
    for t in range(40):
        fleet = [thing(i, 50 + 10 * i, 20 + 3 * (t // 4)) for i in range(3)]
        drifts.observe(fleet)
        if t >= SPAN:
            assert [drifts.drift(o, 1) for o in fleet] == [0.75] * 3
            assert [drifts.drift(o, 0) for o in fleet] == [0] * 3


@pytest.mark.parametrize(("axis", "speed"), [(0, -2), (1, 5)])
def test_even_motion_is_known_from_the_second_look(axis, speed):
    for looks in range(1, 2 * SPAN):
        drifts = drifts_of(*((100 - 2 * t, 30 + 5 * t) for t in range(looks)))
        assert drifts.drift(thing(1, 0, 0), axis) == (speed if looks > 1 else 0)


def test_the_mean_is_over_the_last_steps_alone():
    faster = [t * t for t in range(3 * SPAN)]
    for looks in range(2, len(faster) + 1):
        drifts = drifts_of(*((y, 7) for y in faster[:looks]))
        last = faster[:looks][-SPAN - 1 :]
        assert drifts.drift(thing(1, 0, 0), 0) == (last[-1] - last[0]) / (len(last) - 1)


def test_what_turned_back_goes_on_as_fast_as_before():
    there_and_back = [*range(0, 40, 4), *range(40, 0, -4)]
    for looks in range(2, len(there_and_back) + 1):
        drifts = drifts_of(*((y, 7) for y in there_and_back[:looks]))
        assert drifts.drift(thing(1, 0, 0), 0) == (4 if looks <= 11 else -4)


def test_what_wavers_stays():
    drifts = drifts_of(*((50 + t % 2, 7) for t in range(2 * SPAN)))
    assert abs(drifts.drift(thing(1, 0, 0), 0)) <= 1 / SPAN


def fleet_of(places: list[list[int]], kinds: list[int]) -> tuple[Drifts, list[SymbolicObject]]:
    """Things that were at these columns, step by step, and have all been from 20 to 100."""
    ranges = Ranges()
    for x in range(20, 101):
        for _ in range(3):
            ranges.observe([thing(1, 50, x)._replace(kind=kind) for kind in set(kinds)])
    drifts, fleet = Drifts(ranges), []
    for columns in places:
        fleet = [
            thing(i, 50, x)._replace(kind=kind)
            for i, (x, kind) in enumerate(zip(columns, kinds, strict=True))
        ]
        drifts.observe(fleet)
    return drifts, fleet


def places_ahead(drifts: Drifts, fleet: list[SymbolicObject], steps: list[int]) -> np.ndarray:
    return drifts.ahead(fleet, 1, np.tile(np.array(steps, float), (len(fleet), 1)))


def test_one_turns_back_where_its_range_ends():
    drifts, fleet = fleet_of([[80 + 2 * t] for t in range(8)], [1])  # at 94
    assert places_ahead(drifts, fleet, [0, 3, 5, 43, 45]).tolist() == [[94, 100, 96, 20, 24]]


def test_a_fleet_turns_back_as_one_even_of_two_kinds():
    columns = [[40 + 2 * t, 60 + 2 * t, 80 + 2 * t] for t in range(8)]
    drifts, fleet = fleet_of(columns, [1, 1, 2])
    found = places_ahead(drifts, fleet, [3, 5, 23, 25])
    assert found.tolist() == [[60, 56, 20, 24], [80, 76, 40, 44], [100, 96, 60, 64]]


def test_what_drifts_otherwise_or_rests_is_of_no_fleet():
    columns = [[90 - t, 60 + t, 70] for t in range(8)]
    drifts, fleet = fleet_of(columns, [1, 1, 1])
    assert places_ahead(drifts, fleet, [20, 40]).tolist() == [[63, 43], [87, 93], [70, 70]]


def test_what_is_new_or_was_out_of_sight_does_not_drift():
    drifts = drifts_of((10, 10), (12, 10), (14, 10))
    assert drifts.drift(thing(2, 14, 10), 0) == 0
    drifts.observe([])
    assert drifts.drift(thing(1, 14, 10), 0) == 0
    drifts.observe([thing(1, 30, 10)])
    assert drifts.drift(thing(1, 30, 10), 0) == 0
    drifts.observe([thing(1, 33, 10)])
    assert drifts.drift(thing(1, 33, 10), 0) == 3
    drifts.start_episode()
    assert drifts.drift(thing(1, 33, 10), 0) == 0


def test_a_state_comes_back_and_goes_on_the_same():
    drifts, again = drifts_of(*((t * t, -t) for t in range(12))), Drifts(Ranges())
    again.set_state(json.loads(json.dumps(drifts.get_state())))
    for t in range(12, 24):
        assert again.drift(thing(1, 0, 0), 0) == drifts.drift(thing(1, 0, 0), 0) != 0
        for each in (drifts, again):
            each.observe([thing(1, t * t, -t)])
    assert again.get_state() == drifts.get_state()
