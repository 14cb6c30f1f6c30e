"""Means by cell, by hand and against what made the data."""

import json

import numpy as np
import pytest

from symbolic.values.means import MEMORY, PRIOR, Means

ANY, EVEN, ODD = ("launch(1)", ("any",)), ("launch(1)", ("even", 3)), ("launch(1)", ("odd", 4))


def mean_of(means: Means, *cells) -> tuple[float, float]:
    (mean,), (known,) = means.means([cells])
    return float(mean), float(known)


def test_fine_cells_lean_on_coarse_ones_worked_by_hand():
    means = Means()
    means.add([ANY, EVEN], 4.0)
    means.add([ANY, ODD], 1.0)
    means.add([ANY, ODD], 0.0)
    # Coarse, 3 seen, and 0 twice before: 5/5. Fine, that twice before: (4 + 2) / 3, (1 + 2) / 4.
    assert PRIOR == 2
    assert mean_of(means, ANY) == (1.0, 3)
    assert mean_of(means, ANY, EVEN) == (2.0, 3)
    assert mean_of(means, ANY, ODD) == (0.75, 3)
    assert mean_of(means, ODD, ANY) == (0.75, 3)  # counts decide what is coarse
    assert mean_of(means, ANY, ("launch(1)", ("odd", 9))) == (1.0, 3)


def test_what_was_never_seen_is_worth_nothing():
    means = Means()
    assert mean_of(means, ANY, EVEN) == mean_of(means) == (0.0, 0.0)
    for array in means.means([]):
        assert array.shape == (0,)
    means.add([ANY], 3.0)
    assert mean_of(means, EVEN) == (0.0, 0.0)


def test_questions_are_answered_one_by_one_and_in_order():
    means = Means()
    for cells, value in [((ANY, EVEN), 2.0), ((ANY, ODD), -1.0)] * 3:
        means.add(cells, value)
    asked = [(ANY,), (EVEN, ANY), (), (ANY, ODD), (ANY,)]
    found, known = means.means(asked)
    assert list(zip(found, known, strict=True)) == [mean_of(means, *cells) for cells in asked]


def test_a_mean_tends_to_that_of_the_last_ones():
    rng = np.random.default_rng(2)
    values = rng.normal(0.4, 0.5, 12 * int(MEMORY))
    means = Means()
    for value in values:
        means.add([ANY], value)
    # Each new one leaves the old ones MEMORY / (MEMORY + 1) of their weight.
    weights = (MEMORY / (MEMORY + 1)) ** np.arange(len(values))[::-1]
    mean, known = mean_of(means, ANY)
    assert known == pytest.approx(MEMORY, rel=0.01)
    assert mean == pytest.approx((weights @ values) / (weights.sum() + PRIOR), rel=0.01)


def test_up_to_the_memory_all_count_the_same():
    means = Means()
    for value in range(int(MEMORY)):
        means.add([ANY], value)
    assert mean_of(means, ANY)[1] == MEMORY
    assert mean_of(means, ANY)[0] == pytest.approx(sum(range(int(MEMORY))) / (MEMORY + PRIOR))


def test_an_old_habit_yields_to_new_experience():
    means = Means()
    for _ in range(12 * int(MEMORY)):
        means.add([ANY, EVEN], 1.0)
    for _ in range(round(MEMORY * 0.693)):  # (MEMORY / (MEMORY + 1)) to this power is a half
        means.add([ANY, EVEN], 0.0)
    assert mean_of(means, ANY, EVEN)[0] == pytest.approx(0.5, abs=0.02)


def test_a_state_comes_back_and_goes_on_the_same():
    means, again = Means(), Means()
    for i in range(90):
        means.add([ANY, (EVEN, ODD)[i % 2]], float(i % 5))
    again.add([EVEN], 9.0)
    again.set_state(json.loads(json.dumps(means.get_state())))
    for each in (means, again):
        each.add([ANY, EVEN], 7.0)
    assert again.get_state() == means.get_state()
    assert mean_of(again, ANY, EVEN) == mean_of(means, ANY, EVEN)
