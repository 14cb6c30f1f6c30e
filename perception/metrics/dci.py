"""Disentanglement, completeness and informativeness (Eastwood and Williams 2018)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from perception.metrics.information import discrete, paired

TEST = 0.5  # share of the samples that forests are tried on
TREES = 50
LEAF = 5  # samples at least


class DCI(NamedTuple):
    """Scores from 0 to 1, the (K, F) ``importance`` behind them.

    ``informativeness`` is the accuracy on discrete factors and R^2 (at least 0) on real ones.
    """

    disentanglement: float
    completeness: float
    informativeness: float
    importance: np.ndarray
    samples: int


def dci(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> DCI:
    """How many factors each latent serves, how many latents each factor needs, and how well.

    Random forests predict each factor from all latents; their importances, mean decrease of
    impurity, say what was used; every split may use any latent, or chance would choose. ``seed`` is
    that of the forests. Constant factors are left out.
    Raises ValueError as `mig` does.
    """
    codes, factors = paired(codes, factors)
    factors = factors[:, (factors != factors[0]).any(axis=0)]
    if not factors.size:
        raise ValueError("every factor is the same in all samples: there is nothing to measure")
    first = round(len(codes) * (1 - TEST))
    importance, known = [], []
    for v, classes in zip(factors.T, discrete(factors), strict=True):
        forest = (RandomForestClassifier if classes else RandomForestRegressor)(
            TREES, min_samples_leaf=LEAF, max_features=1.0, random_state=seed, n_jobs=1
        ).fit(codes[:first], v[:first])
        importance.append(forest.feature_importances_)
        known.append(max(0.0, float(forest.score(codes[first:], v[first:]))))
    matrix = np.stack(importance, axis=1)
    return DCI(
        disentanglement_of(matrix), completeness_of(matrix), float(np.mean(known)), matrix,
        len(codes),
    )  # fmt: skip


def disentanglement_of(importance: np.ndarray) -> float:
    """1 - the entropy, to base F, of what each latent is used for; by how much it is used."""
    used = importance.sum(axis=1)
    return float(_concentration(importance.T) @ used / (used.sum() or 1.0))  # 0: nothing is used


def completeness_of(importance: np.ndarray) -> float:
    """1 - the entropy, to base K, of which latents are used for each factor; all alike."""
    return float(_concentration(importance).mean())


def _concentration(columns: np.ndarray) -> np.ndarray:
    """(columns,) 1 where a column is 0 but for one row, 0 where all rows are equal."""
    rows = len(columns)
    if rows == 1:
        return np.ones(columns.shape[1])
    total = columns.sum(axis=0)
    shares = columns / np.where(total > 0, total, 1)
    logs = np.log(np.where(shares > 0, shares, 1))
    return np.asarray(np.where(total > 0, 1 + (shares * logs).sum(axis=0) / np.log(rows), 0.0))
