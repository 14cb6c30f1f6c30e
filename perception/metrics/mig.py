"""The mutual information gap (Chen et al. 2018), as `disentanglement_lib` computes it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from perception.metrics.information import BINS, entropies, mutual_information


class MIG(NamedTuple):
    """The ``score``, its part of each factor (nan where that is constant), and the estimator."""

    score: float
    gaps: np.ndarray
    samples: int
    bins: int


def mig(codes: np.ndarray, factors: np.ndarray, bins: int = BINS) -> MIG:
    """How much more the latent that tells most of a factor tells of it than the next one does.

    Mean over factors of (first - second) / H(factor), mutual informations from histograms of codes
    in ``bins`` of equal width. A second latent that there is not tells nothing. Raises ValueError
    where codes and factors do not fit each other, or all factors are constant.
    """
    told = mutual_information(codes, factors, bins)
    told = np.sort(np.concatenate([told, np.zeros((1, told.shape[1]))]), axis=0)[::-1]
    known = entropies(factors, bins)
    gaps = (told[0] - told[1]) / np.where(known > 0, known, np.nan)
    return MIG(mean_of_known(gaps), gaps, len(codes), bins)


def mean_of_known(values: np.ndarray) -> float:
    """The mean without nan. Raises ValueError where there is nothing else."""
    if np.isnan(values).all():
        raise ValueError("every factor is the same in all samples: there is nothing to measure")
    return float(np.nanmean(values))
