import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsrl.reports.statistics import (
    bootstrap_interval,
    curve_on_grid,
    interquartile_mean,
    running_mean,
    steps_to_threshold,
)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([100.0, 1.0, 2.0, -100.0], 1.5),  # one cut at either end
        ([1.0, 2.0, 9.0], 4.0),  # a quarter of three is none
        ([0.0, 10.0, 20.0, 30.0, 999.0], 20.0),
        ([-50.0, -40.0, 0.0, 1.0, 2.0, 5.0, 70.0, 80.0], 2.0),  # two cut at either end
        ([7.0], 7.0),
    ],
)
def test_interquartile_mean_by_hand(scores: list[float], expected: float) -> None:
    assert interquartile_mean(scores) == pytest.approx(expected)


def test_no_scores_have_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one"):
        interquartile_mean([])


def test_bootstrap_of_two_runs_by_hand() -> None:
    # resamples of {0, 1}: means 0, 0.5, 1 with probability 1/4, 1/2, 1/4
    assert bootstrap_interval(np.array([0.0, 1.0]), np.mean) == (0.0, 1.0)
    assert bootstrap_interval(np.array([3.0, 3.0, 3.0])) == (3.0, 3.0)
    assert bootstrap_interval(np.array([3.0])) is None


def test_bootstrap_interval_of_a_mean_is_near_the_normal_one_and_repeats_itself() -> None:
    scores = np.random.default_rng(0).normal(5.0, 2.0, 400)
    low, high = bootstrap_interval(scores, np.mean) or (0.0, 0.0)
    half = 1.96 * scores.std(ddof=1) / 20
    assert low == pytest.approx(scores.mean() - half, abs=0.02)
    assert high == pytest.approx(scores.mean() + half, abs=0.02)
    assert bootstrap_interval(scores, np.mean) == (low, high)


def test_running_mean_by_hand() -> None:
    scores = np.array([1.0, 3.0, 5.0, 7.0, 9.0])
    assert running_mean(scores, 3).tolist() == [1.0, 2.0, 3.0, 5.0, 7.0]
    assert running_mean(np.array([])).tolist() == []


STEPS = np.array([100, 250, 300, 480, 500, 730, 800])
SCORES = np.array([-20.0, 10.0, -10.0, 0.0, 5.0, 10.0, 20.0])
# means of the last five: -, -, -, -, -3, 3, 5


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(-10, 500), (-3, 500), (-2.9, 730), (3, 730), (5, 800), (5.1, None)],
)
def test_steps_to_threshold_by_hand(threshold: float, expected: int | None) -> None:
    assert steps_to_threshold(STEPS, SCORES, threshold) == expected


def test_a_threshold_needs_a_whole_window() -> None:
    assert steps_to_threshold(STEPS[:4], SCORES[:4] + 100, 0) is None
    assert steps_to_threshold(STEPS[:0], SCORES[:0], 0) is None
    assert steps_to_threshold(STEPS, SCORES, 10, window=1) == 250


@given(st.lists(st.integers(-21, 21), min_size=1, max_size=30), st.integers(-21, 21))
def test_steps_to_threshold_against_a_plain_loop(scores: list[int], threshold: int) -> None:
    steps = list(range(10, 10 + len(scores)))
    expected = None
    for i in range(4, len(scores)):
        if sum(scores[i - 4 : i + 1]) >= 5 * threshold:
            expected = steps[i]
            break
    assert steps_to_threshold(np.array(steps), np.array(scores, float), threshold) == expected


def test_a_curve_holds_what_is_known_at_each_step() -> None:
    grid = np.array([0, 99, 100, 250, 299, 10_000])
    curve = curve_on_grid(STEPS, SCORES, grid)
    assert np.isnan(curve[:2]).all()
    assert curve[2:].tolist() == [-20.0, -5.0, -5.0, 5.0]
