"""Scores of many games as one number: 0 is random play, 1 a person.

Mean, median and interquartile mean as Agarwal et al. (2021), *Deep Reinforcement Learning at the
Edge of the Statistical Precipice*, section 4, define them; their intervals draw runs within games,
ours draw games too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import trim_mean

from dsrl.experiments import HUMAN, RANDOM

Scores = Mapping[str, Sequence[float]]
"""Of each game, one a run."""
DRAWS = 2000  # of the bootstrap
INTERVAL = 95  # per cent
QUARTER = 0.25


class Aggregate(NamedTuple):
    """A number over all games, and the ends of its interval."""

    value: float
    low: float
    high: float


def human_normalised(scores: Scores, published: Mapping[str, Mapping[str, float]]) -> Scores:
    """(score - random) / (human - random) of each run."""
    found = {}
    for game, runs in scores.items():
        zero, one = published[game][RANDOM], published[game][HUMAN]
        found[game] = [(score - zero) / (one - zero) for score in runs]
    return found


def aggregates(scores: Scores) -> dict[str, Aggregate]:
    """Mean and median over games of the means of their runs, and the mean of the middle half of all
    runs (iqm). Intervals by the bootstrap over games and, within each, its runs.

    ``scores`` hold at least one run of each game.
    """
    runs = [np.asarray(each, float) for each in scores.values()]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        games = [runs[i] for i in rng.integers(len(runs), size=len(runs))]
        draws.append(_numbers([each[rng.integers(len(each), size=len(each))] for each in games]))
    half = (100 - INTERVAL) / 2
    low, high = np.percentile(draws, [half, 100 - half], axis=0)
    names = ("mean", "median", "iqm")
    found = zip(_numbers(runs), low.tolist(), high.tolist(), strict=True)
    return {name: Aggregate(*each) for name, each in zip(names, found, strict=True)}


def _numbers(runs: Sequence[np.ndarray]) -> tuple[float, float, float]:
    means = [each.mean() for each in runs]
    iqm = trim_mean(np.concatenate(runs), QUARTER)
    return float(np.mean(means)), float(np.median(means)), float(iqm)
