"""The separated attribute predictability score (Kumar et al. 2018)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.svm import LinearSVC

from perception.metrics.information import discrete, paired
from perception.metrics.mig import mean_of_known

TEST = 0.5  # share of the samples that classifiers are tried on
COST = 0.01  # C of the linear support vector machine, as in disentanglement_lib
SILENT = 1e-12  # variance of a latent that is taken to predict no real factor, as there


class SAP(NamedTuple):
    """The ``score``, its part of each factor, and (K, F) how well each latent predicts each."""

    score: float
    gaps: np.ndarray
    predicts: np.ndarray
    samples: int


def sap(codes: np.ndarray, factors: np.ndarray, standardised: bool = False) -> SAP:
    """How much better the best latent alone predicts a factor than the second best does.

    A real factor by the squared correlation, a discrete one by the accuracy of a linear support
    vector machine with balanced classes, on samples it was not fitted to (the second half). That
    machine is given the latents as they are, as disentanglement_lib does: with so small a cost the
    scale of a latent decides how well it is fitted. ``standardised`` brings all to mean 0 and
    deviation 1 first, so that their scales do not matter. Raises ValueError as `mig` does.
    """
    codes, factors = paired(codes, factors)
    classes = discrete(factors)
    if standardised:
        deviation = codes.std(axis=0)
        codes = (codes - codes.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    predicts = np.array([
        [_accuracy(z, v) if known else _squared_correlation(z, v)
         for v, known in zip(factors.T, classes, strict=True)]
        for z in codes.T
    ])  # fmt: skip
    constant = np.array([len(np.unique(v)) == 1 for v in factors.T])
    best = np.sort(np.concatenate([predicts, np.zeros((1, factors.shape[1]))]), axis=0)[::-1]
    gaps = np.where(constant, np.nan, best[0] - best[1])
    return SAP(mean_of_known(gaps), gaps, predicts, len(codes))


def _squared_correlation(z: np.ndarray, v: np.ndarray) -> float:
    (of_z, both), (_, of_v) = np.cov(z, v)
    return float(both**2 / (of_z * of_v)) if of_z > SILENT and of_v > 0 else 0.0


def _accuracy(z: np.ndarray, v: np.ndarray) -> float:
    first = round(len(z) * (1 - TEST))
    if len(np.unique(v[:first])) == 1:  # other values come later alone: what was seen is guessed
        return float((v[first:] == v[0]).mean())
    fitted = LinearSVC(C=COST, class_weight="balanced").fit(z[:first, None], v[:first])
    return float(fitted.score(z[first:, None], v[first:]))
