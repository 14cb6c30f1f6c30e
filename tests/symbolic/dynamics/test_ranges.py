"""The range of a kind: what hangs together and was seen often enough."""

import numpy as np
import pytest

from symbolic import SymbolicObject
from symbolic.dynamics.motion import BETWEEN, HIGH, LOW
from symbolic.dynamics.ranges import GAP, PLACES, SEEN, Ranges, extent_of, wanted_of


def thing(y: int, x: int, kind: int = 1) -> SymbolicObject:
    return SymbolicObject(0, kind, y, x, 0, 0, 4, 4)


@pytest.fixture
def ranges() -> Ranges:
    found = Ranges()
    for _ in range(SEEN):
        for y in range(60, 101, 5):
            found.observe([thing(y, 30)])
    return found


def test_the_extent_is_from_the_lowest_to_the_highest_place(ranges):
    assert ranges.extent(1, 0) == (60, 100)
    assert ranges.extent(1, 1) == (30, 30)
    assert ranges.extent(2, 0) == (0, PLACES - 1)  # never seen: it may be anywhere


def test_a_place_counts_from_its_third_sight(ranges):
    for times in range(1, SEEN + 1):
        ranges.observe([thing(110, 30)])
        assert ranges.extent(1, 0) == (60, 110 if times == SEEN else 100)


def test_slips_of_perception_far_off_do_not_widen_it():
    counts = np.zeros(PLACES, np.int64)
    counts[60:180] = 100
    counts[[11, 250]] = 12
    assert extent_of(counts) == (60, 179)
    counts[[60 - GAP, 179 + GAP]] = (
        wanted_of(int(counts.sum())) + 1
    )  # so near they hang together with the rest
    assert extent_of(counts) == (60 - GAP, 179 + GAP)


def test_ends_are_told_on_each_axis(ranges):
    assert ranges.ends(thing(60, 30)) == (LOW, BETWEEN)  # no width: no ends along x
    assert ranges.ends(thing(99, 30)) == (HIGH, BETWEEN)
    assert ranges.ends(thing(80, 30)) == (BETWEEN, BETWEEN)


def test_out_of_the_picture_is_at_its_edge():
    ranges = Ranges()
    for _ in range(SEEN):
        ranges.observe([thing(-4, 300)])
    assert (ranges.extent(1, 0), ranges.extent(1, 1)) == ((0, 0), (PLACES - 1, PLACES - 1))


def test_a_state_comes_back(ranges):
    again = Ranges()
    again.observe([thing(3, 3, kind=7)])
    again.extent(1, 0)
    again.set_state(ranges.get_state())
    assert again.extent(1, 0) == (60, 100)
    assert list(again.get_state()) == ["1"]


def test_a_place_seen_too_seldom_of_very_many_is_a_slip_of_perception() -> None:
    ranges, other = Ranges(), Ranges()
    for step in range(20_000):
        place = 7 if step % 3000 == 0 else 14 + step % 100  # seven times where it never is
        seen = [SymbolicObject(0, 3, 191, place, 0, 0, 4, 16)]
        ranges.observe(seen)
        if step in (2000, 5000, 19_999):  # asked at any time, it is as if it were asked anew
            other.set_state(ranges.get_state())
            assert ranges.extent(3, 1) == other.extent(3, 1)
    assert ranges.extent(3, 1) == (14, 113)
