"""Scores of many games as one number."""

import numpy as np
import pytest

from dsrl.experiments import SUITES
from dsrl.studies.normalised import aggregates, human_normalised


def test_random_play_is_none_and_a_person_is_one() -> None:
    published = {"a": {"random": -20.0, "human": 20.0}}
    assert human_normalised({"a": [-20, 20, 60]}, published) == {"a": [0.0, 1.0, 2.0]}


def test_the_numbers_are_those_of_their_definitions() -> None:
    rng = np.random.default_rng(0)
    scores = {str(game): rng.normal(game, 1, 5).tolist() for game in range(9)}
    found = aggregates(scores)
    means = [np.mean(each) for each in scores.values()]
    assert found["mean"].value == pytest.approx(np.mean(means))
    assert found["median"].value == pytest.approx(np.median(means))
    runs = np.sort(np.concatenate(list(scores.values())))  # 45: a quarter is 11 of each end
    assert found["iqm"].value == pytest.approx(runs[11:-11].mean())
    for each in found.values():
        assert each.low < each.value < each.high
    assert found["mean"].high - found["mean"].low == pytest.approx(3.3, abs=0.6)  # 4 x 2.6 / 3
    assert aggregates(scores) == found


def test_one_game_of_one_run_has_no_spread() -> None:
    assert aggregates({"a": [2.0]})["median"] == (2.0, 2.0, 2.0)


def test_the_published_methods_have_the_means_and_medians_they_published() -> None:
    """Of 26 games; IRIS 1.05 and .29, DIAMOND 1.46 and .37, SimPLe .33 and .13."""
    published = SUITES["atari100k"].published
    assert published is not None and len(published) == 26
    for method, mean, median in (
        ("IRIS", 1.05, 0.29),
        ("DIAMOND", 1.46, 0.37),
        ("SimPLe", 0.33, 0.13),
    ):
        scores = {game: [row[method]] for game, row in published.items()}
        found = aggregates(human_normalised(scores, published))
        assert found["mean"].value == pytest.approx(mean, abs=0.006)
        assert found["median"].value == pytest.approx(median, abs=0.006)
