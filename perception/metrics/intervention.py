"""Accuracy and disentanglement apart, also where many parameters look the same (SimVAE 4.3).

Both leave out what no observation can tell. *Accuracy* is measured where it shows, in observations:
the share of their variance that is drawn again from the codes. *Disentanglement* is measured by
interventions: one parameter is changed, and how the code's change spreads over the latents is
looked at; codes that stand for the same observation are first brought as near to each other as
their sameness allows. So a code that always begins with a polygon's lowest point, or takes every
resistance for 1 Ohm, is as disentangled as the true parameters. Noise of the code counts by its
share in the squares of all changes: what is read a little unsurely is hardly less disentangled.

Which of what looks alike a code names may be anything, but not chance: it has to stay when hardly
anything changes. How far it jumps then counts as change that is in no latent of its own. Without
that, noise of two decades in an RLC circuit's resistance would score 1.

Its limits: where other parameters look the same it cannot ask for more than the observation tells.
Of RLC a high score says that f0 and Q are read, and R steadily; it says nothing of R being right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from perception.metrics.information import paired
from perception.simulators.simulator import Simulator, nearest_alike, valid

SMALL = 0.01  # share of an intervention by which hardly anything changes
CHUNK = 256  # observations compared at a time: floats of 10,000 images take a gigabyte

Encode = Callable[[np.ndarray], np.ndarray]  # observations (N, ...) to codes (N, K)


class Interventions(NamedTuple):
    """The ``score``, and (F, K) how the code's change spreads over the latents when one parameter
    alone is changed: rows sum to 1 less the share of ``unsteady`` (F,) names, those of what looks
    alike that are other ones after hardly any change; ``pairs`` were looked at for each."""

    score: float
    spread: np.ndarray
    unsteady: np.ndarray
    pairs: int


def accuracy(observations: np.ndarray, drawn_again: np.ndarray) -> float:
    """The share of the observations' variance that is drawn again: 1 at best, 0 for their mean.

    Raises ValueError where shapes differ, or all observations are the same.
    """
    if observations.shape != drawn_again.shape:
        raise ValueError(
            f"observations have shape {observations.shape}, drawn again {drawn_again.shape}"
        )
    mean, variance, missed = observations.mean(axis=0, dtype=float), 0.0, 0.0
    for first in range(0, len(observations), CHUNK):
        x, y = (
            np.asarray(each[first : first + CHUNK], float) for each in (observations, drawn_again)
        )
        variance += ((x - mean) ** 2).sum()
        missed += ((x - y) ** 2).sum()
    if variance == 0:
        raise ValueError("all observations are the same: there is nothing to measure")
    return float(1 - missed / variance)


def interventions(
    simulator: Simulator, encode: Encode, pairs: int, rng: np.random.Generator
) -> Interventions:
    """Disentanglement of an encoder of a simulator's observations, from ``pairs`` a parameter.

    A pair differs in one parameter, whose second value is drawn as the first was. As many latents
    as there are parameters are taken for these, and brought near to the true ones and each other.
    """
    spread, unsteady = [], []
    sample = simulator.sample_parameters(pairs, rng)
    codes = encode(simulator.simulate(sample))
    parametric = codes.shape[1] == sample.shape[1]
    scale = (sample if parametric else codes).std(axis=0)
    scale = np.where(scale > 0, scale, np.inf)
    for k in range(sample.shape[1]):
        first, second = changed_alone(simulator, k, pairs, rng)
        before, after = paired(*(encode(simulator.simulate(each)) for each in (first, second)))
        if parametric:
            jumps = jumped(simulator, encode, before, first, second, scale)
            before = nearest_alike(simulator, before, first, scale)
            after = nearest_alike(simulator, after, before, scale)
        else:
            jumps = 0.0
        energy = energy_of(before, after, scale)
        share = jumps / (jumps + energy.sum()) if jumps else 0.0
        unsteady.append(share)
        spread.append((1 - share) * spread_of(energy))
    matrix = np.stack(spread)
    return Interventions(score_of(matrix), matrix, np.array(unsteady), pairs)


def jumped(
    simulator: Simulator,
    encode: Encode,
    before: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    scale: np.ndarray,
) -> float:
    """The mean square of how far the code goes over to another name of what looks the same, while
    parameters go a hundredth of the way from the ``first`` to the ``second``; ``before`` are the
    codes of the first."""
    near = first + SMALL * (second - first)
    kept = valid(simulator, near)
    if not kept.any():
        return 0.0
    code, start = encode(simulator.simulate(near[kept])), before[kept]
    return float(energy_of(nearest_alike(simulator, code, start, scale), code, scale).sum())


def changed_alone(
    simulator: Simulator, k: int, pairs: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(pairs, K) parameters, and the same with another value of the k-th.

    Raises ValueError where hardly any other value is allowed.
    """
    first, second = [], []
    for _ in range(100):
        one, other = (simulator.sample_parameters(pairs, rng) for _ in range(2))
        mixed = one.copy()
        mixed[:, k] = other[:, k]
        kept = valid(simulator, mixed) & (mixed[:, k] != one[:, k])
        first.append(one[kept])
        second.append(mixed[kept])
        if sum(map(len, first)) >= pairs:
            return np.concatenate(first)[:pairs], np.concatenate(second)[:pairs]
    name = simulator.parameter_names[k]
    raise ValueError(f"simulator {simulator.name}: hardly another value of {name} is ever allowed")


def energy_of(before: np.ndarray, after: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(K,) the mean square of each latent's change, in units of its ``scale``."""
    return np.asarray((((after - before) / scale) ** 2).mean(axis=0))


def spread_of(energy: np.ndarray) -> np.ndarray:
    """(K,) shares of the latents in all change; where nothing changes at all, all alike."""
    total = energy.sum()
    return np.asarray(energy / total if total > 0 else np.full(len(energy), 1 / len(energy)))


def score_of(spread: np.ndarray) -> float:
    """How much of each parameter's change lies in a latent of its own: 0 if evenly spread over all
    latents, 1 if all of it. The latents are given out for the greatest sum, one a parameter."""
    rows, columns = linear_sum_assignment(-spread)
    own = spread[rows, columns].sum() / len(spread)  # more parameters than latents: the rest is 0
    even = 1 / spread.shape[1]
    return max(0.0, float((own - even) / (1 - even))) if even < 1 else float(own)
