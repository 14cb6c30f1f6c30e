"""The statistics of a comparison: pure functions of score arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

RESAMPLES = 2000
WINDOW = 5  # finished training episodes averaged for a learning curve


def interquartile_mean(scores: Sequence[float] | np.ndarray) -> float:
    """Mean of the middle half: a quarter of the scores, rounded down, is cut at either end.

    As rliable computes it (Agarwal et al. 2021, section 4.3). Raises ValueError without scores.
    """
    if len(scores) == 0:
        raise ValueError("the interquartile mean needs at least one score")
    from scipy.stats import trim_mean  # slow to import, and the page of a run needs none of it

    return float(trim_mean(np.asarray(scores, float), 0.25))


def bootstrap_interval(
    scores: np.ndarray,
    statistic: Callable[[np.ndarray], float] = interquartile_mean,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """95 % percentile interval of `statistic` under resampling of runs.

    `scores` (runs,) is one score per training seed. The bootstrap of Agarwal et al. 2021 is
    stratified by game; every comparison here stays within one game, so runs are resampled within
    it. None for a single run, from which nothing about seeds can be known.
    """
    if len(scores) < 2:
        return None
    from scipy.stats import bootstrap  # slow to import, as above

    rng = np.random.default_rng(seed)
    low, high = bootstrap(
        (scores,), statistic, n_resamples=resamples, method="percentile", rng=rng
    ).confidence_interval
    return float(low), float(high)


def running_mean(scores: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """Mean of the last `window` scores up to each one, (episodes,); of fewer at the start."""
    sums = np.cumsum(np.concatenate([[0.0], scores]))
    ends = np.arange(1, len(scores) + 1)
    begins = np.maximum(ends - window, 0)
    return (sums[ends] - sums[begins]) / (ends - begins)


def steps_to_threshold(
    agent_steps: np.ndarray, scores: np.ndarray, threshold: float, window: int = WINDOW
) -> int | None:
    """Agent steps at which the mean of the last `window` finished episodes first reaches a score.

    Both arrays are (episodes,). None where it never does, or before `window` episodes ended.
    """
    reached = running_mean(scores, window) >= threshold - 1e-9  # sums of floats
    reached[: window - 1] = False
    return int(agent_steps[np.argmax(reached)]) if reached.any() else None


def curve_on_grid(agent_steps: np.ndarray, scores: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The running mean as known at each step of `grid`; NaN before the first finished episode."""
    known = np.searchsorted(agent_steps, grid, side="right")
    values = np.concatenate([[np.nan], running_mean(scores)])
    return values[known]
