"""Search for the program of a picture by rendering: blocked Metropolis-Hastings as in 4.6, and hill
climbing. N pictures at once, each with a search of its own; an evaluation is one rendering a
picture. Works on any canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from perception.spiral.canvas import Canvas, render, squared_error

VARIANCE = 0.25  # of the Gaussian likelihood, pixels in [0, 1] (4.6)
Propose = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Found(NamedTuple):
    """Programs (N, T, K) with the least error met, and that error (N,)."""

    programs_NTK: np.ndarray
    errors_N: np.ndarray


def blocked(canvas: Canvas) -> Propose:
    """Proposals of 4.6: all decisions of one step, drawn evenly."""
    sizes = [component.size for component in canvas.components]

    def propose(programs_NTK: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        num, steps, _ = programs_NTK.shape
        changed_NTK = programs_NTK.copy()
        changed_NTK[np.arange(num), rng.integers(steps, size=num)] = rng.integers(
            0, sizes, (num, len(sizes))
        )
        return changed_NTK

    return propose


def chain(
    canvas: Canvas, programs_NTK: np.ndarray, targets_NHWC: np.ndarray, propose: Propose,
    rng: np.random.Generator, variance: float = 0.0,
) -> Iterator[Found]:  # fmt: skip
    """Chains begun at ``programs_NTK``; after each evaluation, the best programs so far.

    ``variance`` is that of the likelihood by which Metropolis and Hastings accept what is worse;
    with 0 it is hill climbing, which accepts what is no worse.
    """
    now_NTK, pixels = programs_NTK, targets_NHWC[0].size
    now_N = squared_error(render(canvas, now_NTK), targets_NHWC)
    best_NTK, best_N = now_NTK.copy(), now_N.copy()
    while True:
        tried_NTK = propose(now_NTK, rng)
        tried_N = squared_error(render(canvas, tried_NTK), targets_NHWC)
        worse_N = (tried_N - now_N) * pixels
        takes_N = worse_N <= 0
        if variance > 0:
            takes_N = np.log(rng.random(len(now_N))) < -worse_N / (2 * variance)
        now_NTK = np.where(takes_N[:, None, None], tried_NTK, now_NTK)
        now_N = np.where(takes_N, tried_N, now_N)
        better_N = now_N < best_N
        best_NTK[better_N], best_N[better_N] = now_NTK[better_N], now_N[better_N]
        yield Found(best_NTK.copy(), best_N.copy())


def search(
    canvas: Canvas, programs_NTK: np.ndarray, targets_NHWC: np.ndarray, evaluations: int,
    propose: Propose, rng: np.random.Generator, variance: float = 0.0,
) -> Found:  # fmt: skip
    """The best programs after so many evaluations of `chain`. Raises ValueError where
    ``evaluations`` is below 1 or there are not as many targets as programs."""
    if evaluations < 1 or len(programs_NTK) != len(targets_NHWC):
        raise ValueError("search takes at least 1 evaluation, and a program for each target")
    chains = chain(canvas, programs_NTK, targets_NHWC, propose, rng, variance)
    return next(islice(chains, evaluations - 1, None))
