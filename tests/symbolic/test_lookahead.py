"""Planning: by hand, and against an enumeration written without arrays."""

import math
from functools import cache
from itertools import product

import numpy as np
import pytest

from symbolic.lookahead import part_way, plan


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5, 1.0])
def test_even_motion_and_starts_and_stops_part_way(fraction):
    assert part_way(4.0, 4.0, fraction) == pytest.approx(4 * fraction)
    assert part_way(0.0, 4.0, fraction) == pytest.approx(2 * fraction + 2 * fraction**2)
    assert part_way(4.0, 0.0, fraction) == pytest.approx(2 * fraction - 2 * fraction**2)


def test_part_way_is_the_parabola_through_three_positions():
    rng = np.random.default_rng(0)
    speed, moved = rng.normal(size=(2, 20))
    for s, d in zip(speed, moved, strict=True):
        curve = np.polyfit([-1, 0, 1], [-s, 0, d], 2)
        assert part_way(s, d, 0.375) == pytest.approx(np.polyval(curve, 0.375))
    assert np.allclose(part_way(speed, moved, 1.0), moved)


STEP, FAR = 3, 20


def moves_by_hand(horizon: int, bounds: tuple[int, int] = (-FAR, FAR)) -> list[np.ndarray]:
    """Best value at each offset, by steps left; group 0 rests, group 1 moves by 3."""
    chances = np.zeros((3, 2, 1, 2, 2 * STEP + 1))
    chances[..., 0, STEP] = 1
    chances[..., 1, 2 * STEP] = 1
    terminal = np.zeros((1, 3, 2 * FAR + 1))
    terminal[0, :, FAR] = 1  # worth 1 where they meet
    bins, speeds = np.zeros(2 * STEP + 1, int), np.zeros(1)
    last, values = plan(chances, bins, speeds, terminal, bounds, 1.0, horizon)
    return [q[0, 0].max(axis=0) for q in [last.max(axis=0), *values]]


@pytest.mark.parametrize("bounds", [(-FAR, FAR), (-100, 100)])
def test_an_offset_is_reached_when_there_are_steps_enough(bounds):
    for t, best in enumerate(moves_by_hand(4, bounds)):
        reached = {int(offset) - FAR for offset in np.flatnonzero(best > 0.5)}
        assert reached == {STEP * steps for steps in range(t + 2)}
        assert set(best.tolist()) == {0.0, 1.0}


def test_who_stands_at_the_edge_of_its_range_moves_no_farther():
    # Offsets below 2 cannot be: from 2 and above the meeting at 0 is out of reach.
    for best in moves_by_hand(3, (2, FAR)):
        assert not best.any()
    # The range ends just there: now steps too long do no harm.
    for t, best in enumerate(moves_by_hand(3, (0, FAR))):
        assert best[FAR : FAR + 3 * (t + 1) + 1].tolist() == [1.0] * (3 * (t + 1) + 1)
        assert not best[FAR + 3 * (t + 1) + 1 :].any()


@pytest.mark.parametrize(("bounds", "nearest"), [((FAR + 5, 90), FAR), ((-90, -FAR - 5), -FAR)])
def test_a_range_out_of_sight_leaves_the_nearest_offset(bounds, nearest):
    for best in moves_by_hand(2, bounds):
        assert not best.any()  # the meeting at 0 is out of reach
    chances = np.full((3, 1, 1, 1, 3), 1 / 3)
    terminal = np.tile(np.arange(2.0 * FAR + 1), (1, 3, 1))
    last, _ = plan(chances, np.zeros(3, int), np.zeros(1), terminal, bounds, 1.0, 0)
    assert np.allclose(last, nearest + FAR)


GROUPS, VARIANTS, SPEEDS, REACH, WIDE = 2, 2, 3, 2, 5
BINS = np.array([0, 0, 1, 2, 2])
SPEED_OF_BIN = np.array([-1.5, 0.0, 1.5])
BOUNDS = (-5, 4)  # the controlled object is at its high end at -5 and -4, at the low at 3 and 4
BETWEEN, LOW, HIGH = 0, 1, 2


def small_model(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.full(2 * REACH + 1, 0.5), size=(3, GROUPS, SPEEDS, GROUPS))
    return chances, rng.normal(size=(VARIANTS, 3, 2 * WIDE + 1))


def enumerated(chances: np.ndarray, terminal: np.ndarray, fraction: float, steps: int):
    """Values by trying all that may be done and all that may follow, as defined."""
    displacements = range(-REACH, REACH + 1)

    def at(variant: int, moved: int, offset: float) -> float:
        below = min(math.floor(offset), WIDE - 1)
        share = offset - below
        row = terminal[variant, {-2: 0, 2: 2}.get(moved, 1)]  # 2 and more is motion
        return (1 - share) * row[below + WIDE] + share * row[below + 1 + WIDE]

    def inside(offset: float) -> float:
        return max(BOUNDS[0], min(BOUNDS[1], offset))

    def chances_at(offset: int) -> np.ndarray:
        return chances[HIGH if offset <= -4 else LOW if offset >= 3 else BETWEEN]

    def meeting(variant: int, before: int, speed: int, group: int, offset: int) -> float:
        total = 0.0
        for d, chance in zip(displacements, chances_at(offset)[before, speed, group], strict=True):
            s = SPEED_OF_BIN[speed]
            gone = fraction * (s + d) / 2 + fraction**2 * (d - s) / 2
            total += chance * at(variant, d, inside(offset - gone))
        return total

    @cache
    def value(before: int, speed: int, group: int, offset: int, left: int) -> float:
        if left == 0:
            return max(meeting(v, before, speed, group, offset) for v in range(VARIANTS))
        total = 0.0
        for d, chance in zip(displacements, chances_at(offset)[before, speed, group], strict=True):
            then = (group, int(BINS[d + REACH]))
            there = int(inside(offset - d))
            total += chance * max(value(*then, g, there, left - 1) for g in range(GROUPS))
        return total

    return meeting, lambda *place: value(*place, steps)


@pytest.mark.parametrize(("seed", "fraction"), [(0, 1.0), (1, 0.375), (2, 0.125)])
def test_plans_equal_an_enumeration(seed, fraction):
    chances, terminal = small_model(seed)
    last, values = plan(chances, BINS, SPEED_OF_BIN, terminal, BOUNDS, fraction, 3)
    assert len(values) == 3
    places = list(product(range(GROUPS), range(SPEEDS), range(GROUPS), range(-WIDE, WIDE + 1)))
    for steps, q in enumerate(values, start=1):
        meeting, value = enumerated(chances, terminal, fraction, steps)
        for place in places:
            index = (*place[:3], place[3] + WIDE)
            assert q[index] == pytest.approx(value(*place), abs=1e-5)
            for variant in range(VARIANTS):
                expected = meeting(variant, *place)
                assert last[(variant, *index)] == pytest.approx(expected, abs=1e-5)


def test_a_longer_plan_begins_as_a_shorter_one():
    chances, terminal = small_model(3)
    arguments = (chances, BINS, SPEED_OF_BIN, terminal, BOUNDS, 0.625)
    (last, long), (same, short) = plan(*arguments, 6), plan(*arguments, 2)
    assert (len(long), len(short)) == (6, 2)
    assert np.array_equal(last, same)
    for one, other in zip(long, short, strict=False):
        assert np.array_equal(one, other)
    assert plan(*arguments, 0)[1] == []
