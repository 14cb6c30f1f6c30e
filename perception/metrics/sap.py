"""The separated attribute predictability score (Kumar et al. 2018)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.svm import LinearSVC

from perception.metrics.information import paired
from perception.metrics.mig import mean_of_known

TEST = 0.5  # share of the samples that classifiers are tried on
COST = 0.01  # C of the linear support vector machine, as in disentanglement_lib


class SAP(NamedTuple):
    """The ``score``, its part of each factor, and (K, F) how well each latent predicts each."""

    score: float
    gaps: np.ndarray
    predicts: np.ndarray
    samples: int


def sap(codes: np.ndarray, factors: np.ndarray) -> SAP:
    """How much better the best latent alone predicts a factor than the second best does.

    A real factor by the squared correlation, a discrete one by the accuracy of a linear support
    vector machine with balanced classes, on samples it was not fitted to (the second half).
    Raises ValueError as `mig` does.
    """
    codes, factors = paired(codes, factors)
    discrete = np.issubdtype(factors.dtype, np.integer)
    predicts = np.array(
        [[_accuracy(z, v) if discrete else _squared_correlation(z, v) for v in factors.T]
         for z in codes.T]
    )  # fmt: skip
    constant = np.array([len(np.unique(v)) == 1 for v in factors.T])
    best = np.sort(np.concatenate([predicts, np.zeros((1, factors.shape[1]))]), axis=0)[::-1]
    gaps = np.where(constant, np.nan, best[0] - best[1])
    return SAP(mean_of_known(gaps), gaps, predicts, len(codes))


def _squared_correlation(z: np.ndarray, v: np.ndarray) -> float:
    if z.std() == 0 or v.std() == 0:
        return 0.0
    return float(np.corrcoef(z, v)[0, 1] ** 2)


def _accuracy(z: np.ndarray, v: np.ndarray) -> float:
    if len(np.unique(v)) == 1 or z.std() == 0:
        return 0.0
    first = round(len(z) * (1 - TEST))
    if len(np.unique(v[:first])) == 1:  # other values come later alone: what was seen is guessed
        return float((v[first:] == v[0]).mean())
    unit = ((z - z.mean()) / z.std())[:, None]
    fitted = LinearSVC(C=COST, class_weight="balanced").fit(unit[:first], v[:first])
    return float(fitted.score(unit[first:], v[first:]))
