"""The price of time."""

import pytest

from symbolic.shooting.pace import LEVELS, PRIOR, RECENT, Pace, level_of


def test_levels_are_doublings():
    assert [level_of(n) for n in (0, 1, 2, 3, 4, 7, 8, 36, 10_000)] == [0, 1, 2, 2, 3, 3, 4, 6, 7]
    assert LEVELS == 8


def test_nothing_known_costs_nothing():
    assert Pace().step_worth(3) == 0


def test_what_is_the_same_at_all_levels_is_the_price_at_each():
    pace = Pace()
    for step in range(1000):
        pace.observe(1 << step % 5, 0.5)
    assert [pace.step_worth(n) for n in (0, 1, 4, 100)] == pytest.approx([0.5] * 4)


def test_where_less_is_to_be_had_time_costs_less():
    pace = Pace()
    for _ in range(400):
        pace.observe(36, 1.0)
    for _ in range(400):
        pace.observe(1, 0.0)
    assert pace.step_worth(36) == pytest.approx((400 + PRIOR / 2) / (400 + PRIOR))
    assert pace.step_worth(1) == pytest.approx((PRIOR / 2) / (400 + PRIOR))
    assert pace.step_worth(8) == pytest.approx(0.5)  # never there: as overall


def test_what_came_long_ago_counts_less():
    pace = Pace()
    for reward in (1.0, 0.0):
        for _ in range(int(RECENT) * 3):
            pace.observe(1, reward)
    assert 0 < pace.step_worth(1) < 0.1


def test_a_state_comes_back():
    pace, again = Pace(), Pace()
    for step in range(50):
        pace.observe(step, step / 7)
    again.set_state(pace.get_state())
    assert [again.step_worth(n) for n in range(40)] == [pace.step_worth(n) for n in range(40)]
