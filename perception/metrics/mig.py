"""The mutual information gap (Chen et al. 2018), as `disentanglement_lib` computes it;
how unsure it is of so many samples, and what chance alone makes of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from perception.metrics.information import BINS, Histograms, entropies

RESAMPLES = 200  # for the interval
SHUFFLES = 20  # for what chance tells; the mean of so many is steady to a hundredth of itself
LEVEL = 0.95  # of the interval


class MIG(NamedTuple):
    """The ``score``, its part of each factor (nan where that is constant), and the estimator."""

    score: float
    gaps: np.ndarray
    samples: int
    bins: int


class Chance(NamedTuple):
    """What codes tell of other samples' factors: the ``score``, and (K, F) the ``shares`` of the
    entropies. ``adjusted`` is MIG without it: 1 for perfect codes and 0 for random ones, however
    few the samples."""

    score: float
    shares: np.ndarray
    adjusted: float


def mig(codes: np.ndarray, factors: np.ndarray, bins: int = BINS) -> MIG:
    """How much more the latent that tells most of a factor tells of it than the next one does.

    Mean over factors of (first - second) / H(factor), mutual informations from histograms of codes
    in ``bins`` of equal width. A second latent that there is not tells nothing. Raises ValueError
    where codes and factors do not fit each other, or all factors are constant.
    """
    gaps = _gaps(Histograms(codes, factors, bins).information(), entropies(factors, bins))
    return MIG(mean_of_known(gaps), gaps, len(codes), bins)


def mig_interval(
    codes: np.ndarray, factors: np.ndarray, bins: int = BINS, seed: int = 0
) -> tuple[float, float]:
    """The ends of the bootstrap interval (95 %) of MIG, from samples drawn again with replacement.

    Drawing some samples twice makes all look more alike than they are, so that resamples lie beside
    the score: how they spread around their own mean is laid around it (Efron and Tibshirani 1993).
    Raises ValueError as `mig` does.
    """
    table, rng = Histograms(codes, factors, bins), np.random.default_rng(seed)
    score = mean_of_known(_gaps(table.information(), table.entropies()))
    count = len(table)
    found = []
    for _ in range(RESAMPLES):
        weights = np.bincount(rng.integers(0, count, count), minlength=count).astype(float)
        found.append(np.nanmean(_gaps(table.information(weights), table.entropies(weights))))
    outside = (1 - LEVEL) / 2
    low, high = score + np.quantile(found, (outside, 1 - outside)) - np.mean(found)
    return max(0.0, float(low)), min(1.0, float(high))


def mig_by_chance(
    codes: np.ndarray, factors: np.ndarray, bins: int = BINS, seed: int = 0
) -> Chance:
    """MIG and the matrix behind it where factors are shuffled over the samples, mean of 20 times.

    Few samples in many bins seem to tell something always. Adjusted, each share is (I - chance) /
    (H - chance), as in adjusted mutual information (Vinh et al. 2010). Raises ValueError as `mig`.
    """
    table, rng = Histograms(codes, factors, bins), np.random.default_rng(seed)
    known = table.entropies()
    told = [table.shuffled(rng).information() for _ in range(SHUFFLES)]
    score = float(np.mean([mean_of_known(_gaps(each, known)) for each in told]))
    known = np.where(known > 0, known, np.nan)
    chance = np.mean(told, axis=0)
    left = np.where(known - chance > 0, known - chance, np.nan)
    adjusted = _gaps((table.information() - chance) / left, np.ones(len(known)))
    return Chance(score, chance / known, mean_of_known(adjusted))


def mean_of_known(values: np.ndarray) -> float:
    """The mean without nan. Raises ValueError where there is nothing else."""
    if np.isnan(values).all():
        raise ValueError("every factor is the same in all samples: there is nothing to measure")
    return float(np.nanmean(values))


def _gaps(told: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(F,) between the first and the second of the latents, as shares of what is ``known``."""
    told = np.sort(np.concatenate([told, np.zeros((1, told.shape[1]))]), axis=0)[::-1]
    return np.asarray((told[0] - told[1]) / np.where(known > 0, known, np.nan))
