"""What the FactorVAE and the beta-VAE score are computed from: samples that share one factor.

D draws of B samples each, N samples, K latents, F factors. They come from an encoder (fix a factor,
draw the others, encode), or from a table of codes and factors, in which rows of the same value are
found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from perception.metrics.information import discrete, paired

TRAINING, EVALUATION, BATCH = 10_000, 5_000, 64  # draws and samples each, as disentanglement_lib


class Draws(NamedTuple):
    """Which factor is ``fixed`` (D,) in each draw, and its samples: ``rows`` of ``codes`` (N, K),
    (D, B), or (D, 2, B) where they are pairs that have the same value of it."""

    fixed: np.ndarray
    rows: np.ndarray
    codes: np.ndarray

    def split(self, first: int) -> tuple[Draws, Draws]:
        """The first draws, and the others."""
        return (
            Draws(self.fixed[:first], self.rows[:first], self.codes),
            Draws(self.fixed[first:], self.rows[first:], self.codes),
        )


def batches_given(fixed: np.ndarray, codes: np.ndarray) -> Draws:
    """Draws of one's own: codes (D, B, K). Raises ValueError: shapes or values do not fit."""
    fixed, codes = _given(fixed, codes, 3, "(draws, samples, latents)")
    if codes.shape[1] < 2:
        raise ValueError("draws of one sample have no variance: give two samples or more each")
    return Draws(fixed, _rows(codes), codes.reshape(-1, codes.shape[-1]))


def pairs_given(fixed: np.ndarray, codes: np.ndarray) -> Draws:
    """Draws of one's own: codes (D, 2, B, K). Raises ValueError: shapes or values do not fit."""
    fixed, codes = _given(fixed, codes, 4, "(draws, 2, samples, latents)")
    if codes.shape[1] != 2:
        raise ValueError(f"codes are (draws, 2, samples, latents), got shape {codes.shape}")
    return Draws(fixed, _rows(codes), codes.reshape(-1, codes.shape[-1]))


def batches_of(
    codes: np.ndarray,
    factors: np.ndarray,
    draws: int,
    rng: np.random.Generator,
    size: int = BATCH,
    names: Sequence[str] | None = None,
) -> Draws:
    """Of a table (N, K), (N, F): a factor by lot, a value of it as often as samples have it, and
    samples that have it, with replacement. ``names`` are of the factors, for errors. Raises
    ValueError as `Alike` does."""
    codes, factors = paired(codes, factors)
    alike = Alike(factors, names)
    fixed = alike.draw(draws, rng)
    first = np.repeat(rng.integers(0, len(codes), (draws, 1)), size, axis=1)
    return Draws(fixed, alike.others(fixed, first, rng), codes)


def pairs_of(
    codes: np.ndarray,
    factors: np.ndarray,
    draws: int,
    rng: np.random.Generator,
    size: int = BATCH,
    names: Sequence[str] | None = None,
) -> Draws:
    """The same of pairs: any sample, and another one of the same value."""
    codes, factors = paired(codes, factors)
    alike = Alike(factors, names)
    fixed = alike.draw(draws, rng)
    first = rng.integers(0, len(codes), (draws, size))
    return Draws(fixed, np.stack([first, alike.others(fixed, first, rng)], axis=1), codes)


class Alike:
    """Which samples have the same value of a factor.

    Raises ValueError where that cannot be said: a factor is real, most of its values are met once,
    or fewer than two factors vary.
    """

    def __init__(self, factors: np.ndarray, names: Sequence[str] | None = None) -> None:
        names = names or [str(f) for f in range(factors.shape[1])]
        self._varying = np.flatnonzero((factors != factors[0]).any(axis=0))
        if len(self._varying) < 2:
            raise ValueError("fewer than two factors vary: there is nothing to tell apart")
        known = discrete(factors)
        self._order, self._starts, self._counts, self._value = [], [], [], []
        for f, column in enumerate(factors.T):
            _, value, counts = np.unique(column, return_inverse=True, return_counts=True)
            if not known[f] or (counts[value] == 1).mean() > 0.5:
                raise ValueError(
                    f"factor {names[f]} has {len(counts)} values in {len(column)} samples, so "
                    "hardly two share one"
                )
            self._order.append(np.argsort(value, kind="stable"))
            self._starts.append(np.cumsum(counts) - counts)
            self._counts.append(counts)
            self._value.append(value)

    def draw(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """(D,) factors that vary, each as likely as any other."""
        return self._varying[rng.integers(0, len(self._varying), draws)]

    def others(self, fixed: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(D, B) for each row (D, B) one that has the same value of the draw's fixed factor."""
        found, lot = np.empty_like(rows), rng.random(rows.shape)
        for f in self._varying:
            of = fixed == f
            value = self._value[f][rows[of]]
            place = (lot[of] * self._counts[f][value]).astype(int)
            found[of] = self._order[f][self._starts[f][value] + place]
        return found


def _given(
    fixed: np.ndarray, codes: np.ndarray, dimensions: int, shape: str
) -> tuple[np.ndarray, np.ndarray]:
    fixed, codes = np.asarray(fixed), np.asarray(codes)
    if codes.ndim != dimensions or 0 in codes.shape:
        raise ValueError(f"codes are {shape}, got shape {codes.shape}")
    if fixed.shape != codes.shape[:1]:
        raise ValueError(f"{len(codes)} draws, but fixed factors of shape {fixed.shape}")
    if not np.issubdtype(fixed.dtype, np.integer) or fixed.min() < 0:
        raise ValueError("fixed factors are numbers of columns: whole, from 0")
    if not np.isfinite(codes).all():
        draw = int(np.argwhere(~np.isfinite(codes))[0][0])
        raise ValueError(f"codes of draws hold nan or inf, the first in draw {draw}")
    return fixed, codes


def _rows(codes: np.ndarray) -> np.ndarray:
    return np.arange(int(np.prod(codes.shape[:-1]))).reshape(codes.shape[:-1])
