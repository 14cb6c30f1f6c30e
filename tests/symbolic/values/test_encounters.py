"""Encounters' tables, by hand and against what made the data."""

import numpy as np
import pytest

from symbolic.values.encounters import GONE, MEMORY, PASSED, STRUCK, OutcomeValues, Strikes

WIDE, FINE, OTHER = ("strike(1)", ("wide", 16)), ("strike(1)", ("even", 3)), ("s", ("even", 4))
BACK = ("leaves", 2, 5)


def strikes(*seen) -> Strikes:
    table = Strikes()
    for cells, outcome, times in seen:
        for _ in range(times):
            table.add(cells, outcome)
    return table


def chances_of(table: Strikes, *cells) -> tuple[dict, float]:
    """What is expected of each outcome: the mean worth where it alone is worth something."""
    rows = table.rows([cells])
    chances = {}
    for outcome, alone in zip(table.outcomes, np.eye(len(table.outcomes)), strict=True):
        mean, known = table.returns(rows, alone)
        assert mean.shape == known.shape == (1,)
        chances[outcome] = float(mean[0])
    assert table.shares(cells) == pytest.approx(list(chances.values()))
    return chances, float(known[0])


def test_fine_cells_lean_on_coarse_ones_worked_by_hand():
    table = strikes(((WIDE, FINE), BACK, 1), ((WIDE, OTHER), PASSED, 3))
    # Coarse, 4 seen, two of an unknown outcome before: 1/6 back, 3/6 passed. Fine, 1 seen,
    # with that as two more: (1 + 2/6) / 3 and 6/6 / 3.
    chances, _ = chances_of(table, WIDE, FINE)
    assert chances == pytest.approx({BACK: 4 / 9, PASSED: 1 / 3})
    assert chances_of(table, FINE, WIDE)[0] == chances  # counts decide what is coarse
    # What fine cells never saw says nothing.
    assert chances_of(table, WIDE, ("s", (9,)))[0] == pytest.approx({BACK: 1 / 6, PASSED: 1 / 2})


def test_what_was_never_seen_is_not_expected():
    table = strikes(((WIDE,), BACK, 2))
    mean, known = table.returns(table.rows([[("s", (1,))], [WIDE], []]), np.array([3.0]))
    assert table.outcomes == [BACK]
    assert mean == pytest.approx([0, 3 / 2, 0])
    assert known[0] == known[2] == 0 < known[1]
    assert table.shares([]) == pytest.approx([0])
    empty = Strikes()
    mean, known = empty.returns(empty.rows([[WIDE], [FINE]]), np.zeros(0))
    assert mean.tolist() == known.tolist() == [0, 0]


def test_a_strike_is_worth_its_outcomes_by_their_chances():
    rng = np.random.default_rng(5)
    outcomes = [BACK, PASSED, GONE, STRUCK, ("leaves", -2, 5)]
    table = Strikes()
    for cells in [(WIDE, FINE), (WIDE, OTHER), (WIDE,)] * 7:
        table.add(cells, outcomes[rng.integers(5)])
    worth = rng.normal(size=len(table.outcomes))
    mean, _ = table.returns(table.rows([[WIDE, FINE]]), worth)
    chances = list(chances_of(table, WIDE, FINE)[0].values())
    assert mean[0] == pytest.approx(float(worth @ chances))


def test_chances_tend_to_the_shares_and_are_known_better():
    table = Strikes()
    known = [0.0]
    for n in range(1, 200):
        table.add((WIDE, FINE), GONE if n % 4 == 0 else BACK)
        known.append(chances_of(table, WIDE, FINE)[1])
    assert np.all(np.diff(known[: int(MEMORY)]) > 0)
    assert np.all(np.diff(known) >= -1e-9)
    # Each new encounter leaves the old ones MEMORY / (MEMORY + 1) of their weight.
    weights = (MEMORY / (MEMORY + 1)) ** np.arange(199)
    gone = weights[[199 - n for n in range(4, 200, 4)]].sum() / weights.sum()
    assert chances_of(table, WIDE, FINE)[0] == pytest.approx({GONE: gone, BACK: 1 - gone}, abs=0.02)
    assert gone == pytest.approx(0.25, abs=0.03)


def test_an_old_habit_yields_to_a_few_new_experiences():
    table = strikes(((WIDE, FINE), BACK, 500))
    for _ in range(12):
        table.add((WIDE, FINE), PASSED)
    chances, known = chances_of(table, WIDE, FINE)
    assert 0.2 < chances[PASSED] < 0.5
    assert known == pytest.approx(MEMORY * 1.25, rel=0.01)


def test_where_one_in_four_was_the_end_a_strike_is_worth_a_quarter_of_it():
    table = strikes(((WIDE, FINE), PASSED, 12), ((WIDE, FINE), STRUCK, 4))
    worth = np.array([-2.0 if outcome == STRUCK else 0.0 for outcome in table.outcomes])
    mean, _ = table.returns(table.rows([[WIDE, FINE], [FINE], [WIDE, OTHER]]), worth)
    # 16 seen of each cell, two of nothing before: 16/18 of -1/2, and as two of 18 once more.
    once = -0.5 * 16 / 18
    assert mean == pytest.approx([(-0.5 * 16 + once * 2) / 18, once, once])


def test_strikes_come_back():
    seen = ((WIDE, FINE), BACK, 2), ((WIDE, OTHER), GONE, 5), ((OTHER,), STRUCK, 3)
    table, again = strikes(*seen), Strikes()
    again.set_state(table.get_state())
    assert again.items() == table.items()
    again.add((FINE,), GONE)
    assert chances_of(again, WIDE, FINE) != chances_of(table, WIDE, FINE)


def test_an_outcome_is_worth_the_mean_of_what_came_of_it():
    rng = np.random.default_rng(3)
    values = OutcomeValues()
    cells = (("leaves(1)", (0, 1)), ("leaves_at(1)", (0, 1, 2)))
    for outcome_return in rng.normal(0.4, 0.5, 3000):
        values.learn(cells, outcome_return)
    value, seen = values.value(cells)
    assert value == pytest.approx(0.4, abs=0.15)
    assert seen == 3000


def test_one_return_moves_the_sum_but_not_all_the_way():
    for cells in ((WIDE,), (WIDE, FINE), (WIDE, FINE, OTHER)):
        values = OutcomeValues()
        values.learn(cells, 1.0)
        assert values.value(cells)[0] == pytest.approx(0.5)


def test_shared_cells_carry_over_and_own_cells_tell_apart():
    values = OutcomeValues()
    for _ in range(400):
        values.learn((WIDE, FINE), 1.0)
        values.learn((WIDE, OTHER), -0.5)
    assert values.value((WIDE, FINE))[0] == pytest.approx(1.0, abs=0.05)
    assert values.value((WIDE, OTHER))[0] == pytest.approx(-0.5, abs=0.05)
    between, seen = values.value((WIDE, ("s", (9,))))
    assert -0.5 < between < 1.0
    assert seen == 0
