"""The score of FactorVAE (Kim and Mnih 2018), as `disentanglement_lib` computes it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from perception.metrics.draws import Draws

LEAST_DEVIATION = 0.05  # of a latent that takes part: prune_dims.threshold of disentanglement_lib
CHUNK = 1024  # draws at a time


class FactorVAE(NamedTuple):
    """The ``score``; (F, K) the ``votes`` in training; (K,) which latents are ``active``."""

    score: float
    votes: np.ndarray
    active: np.ndarray


def factor_vae(
    deviation: np.ndarray,
    training: Draws,
    evaluation: Draws,
    least: float = LEAST_DEVIATION,
) -> FactorVAE:
    """How often the latent that varies least, while one factor is fixed, says which one it is.

    Variances are in units of the latent's own, of all samples; ``deviation`` (K,) is its root
    (ddof 1). Each latent stands for the factor it was least for most often in ``training``; the
    score is how often that is right in ``evaluation``. Latents below ``least``, or constant, take
    no part; 0 where none is left.
    """
    deviation = np.asarray(deviation, float)
    active = (deviation >= least) & (deviation > 0)
    factors = int(max(training.fixed.max(), evaluation.fixed.max())) + 1
    votes, tried = (_votes(each, deviation, active, factors) for each in (training, evaluation))
    if not active.any():
        return FactorVAE(0.0, votes, active)
    right = tried[votes.argmax(axis=0), np.arange(len(deviation))].sum()
    return FactorVAE(float(right / tried.sum()), votes, active)


def _votes(draws: Draws, deviation: np.ndarray, active: np.ndarray, factors: int) -> np.ndarray:
    """(F, K) how often each latent was least while each factor was fixed."""
    votes = np.zeros((factors, len(deviation)), int)
    if active.any():
        for first in range(0, len(draws.fixed), CHUNK):
            codes = draws.codes[draws.rows[first : first + CHUNK]]
            variance = codes.var(axis=1, ddof=1) / np.where(active, deviation, 1) ** 2
            least = np.where(active, variance, np.inf).argmin(axis=1)
            np.add.at(votes, (draws.fixed[first : first + CHUNK], least), 1)
    return votes
