"""The score of the beta-VAE (Higgins et al. 2017), as `disentanglement_lib` computes it."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from perception.metrics.draws import Draws

CHUNK = 1024  # draws at a time


def beta_vae(training: Draws, evaluation: Draws) -> float:
    """How often a logistic regression says which factor pairs have in common, from the mean
    absolute difference of their codes, latent by latent; on draws it was not fitted to.

    With scikit-learn's settings, as there: 100 steps, converged or not. Raises ValueError where one
    factor alone is ever fixed.
    """
    if len(np.unique(training.fixed)) < 2:
        raise ValueError("one factor alone is ever fixed: there is nothing to tell apart")
    model = LogisticRegression()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(differences(training), training.fixed)
    return float(model.score(differences(evaluation), evaluation.fixed))


def differences(pairs: Draws) -> np.ndarray:
    """(D, K) mean absolute differences of the pairs of each draw."""
    found = []
    for first in range(0, len(pairs.fixed), CHUNK):
        one, other = (pairs.codes[pairs.rows[first : first + CHUNK, side]] for side in (0, 1))
        found.append(np.abs(one - other).mean(axis=1))
    return np.concatenate(found)
