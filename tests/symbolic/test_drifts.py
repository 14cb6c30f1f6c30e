"""Drifts: mean velocities over a few steps."""

import json

import pytest

from symbolic import SymbolicObject
from symbolic.drifts import SPAN, Drifts


def thing(id_: int, y: int, x: int) -> SymbolicObject:
    return SymbolicObject(id_, 1, y, x, 0, 0, 8, 8)


def drifts_of(*places: tuple[int, int]) -> Drifts:
    drifts = Drifts()
    for y, x in places:
        drifts.observe([thing(1, y, x)])
    return drifts


def test_what_jumps_now_and_then_drifts_evenly():
    """A fleet that moves 3 columns every fourth step: 0.75 a step, whenever it is looked at."""
    drifts = Drifts()
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
    there_and_back = [*range(0, 40, 5), *range(40, 0, -4)]
    for looks in range(2, len(there_and_back) + 1):
        drifts = drifts_of(*((y, 7) for y in there_and_back[:looks]))
        last = there_and_back[:looks][-SPAN - 1 :]
        assert drifts.drift(thing(1, 0, 0), 0) == (last[-1] - last[0]) / (len(last) - 1)


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
    drifts, again = drifts_of(*((t * t, -t) for t in range(12))), Drifts()
    again.set_state(json.loads(json.dumps(drifts.get_state())))
    for t in range(12, 24):
        assert again.drift(thing(1, 0, 0), 0) == drifts.drift(thing(1, 0, 0), 0) != 0
        for each in (drifts, again):
            each.observe([thing(1, t * t, -t)])
    assert again.get_state() == drifts.get_state()
