"""Mutual information between codes and factors, from histograms."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

BINS = 20  # of equal width, from the least to the greatest value of a column
MOST_VALUES = 64  # of a discrete factor


class Histograms:
    """Codes (N, K) in ``bins`` of equal width, beside factors (N, F), discrete ones as they are.

    Raises ValueError where codes and factors are not of the same samples.
    """

    def __init__(self, codes: np.ndarray, factors: np.ndarray, bins: int = BINS) -> None:
        codes, factors = paired(codes, factors)
        self._codes = _numbered(binned(codes, bins))
        self._factors = _numbered(discretised(factors, bins))

    def __len__(self) -> int:
        return len(self._codes[0])

    def information(self, weights: np.ndarray | None = None) -> np.ndarray:
        """(K, F) in nats; a sample counts as often as its weight says (N,), or once."""
        return np.array([
            [_information(self._table(z, v, weights)) for v in self._factors] for z in self._codes
        ])  # fmt: skip

    def entropies(self, weights: np.ndarray | None = None) -> np.ndarray:
        """(F,) of the factors, in nats."""
        return np.array([_information(self._table(v, v, weights)) for v in self._factors])

    def shuffled(self, rng: np.random.Generator) -> Histograms:
        """The same codes beside the factors of other samples: they tell nothing but by chance."""
        other = object.__new__(Histograms)
        order = rng.permutation(len(self))
        other._codes, other._factors = self._codes, [v[order] for v in self._factors]
        return other

    @staticmethod
    def _table(z: np.ndarray, v: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        values = int(v.max()) + 1
        counts = np.bincount(z * values + v, weights, minlength=(int(z.max()) + 1) * values)
        return counts.reshape(-1, values)


def binned(values: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(N, D) whole numbers: which bin of its column each value lies in."""
    return np.stack([_bin(column, bins) for column in two_dimensional(values).T], axis=1)


def discretised(values: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(N, D) the values of discrete factors, the bins of real ones."""
    values = two_dimensional(values)
    return np.where(discrete(values), values, binned(values, bins))


def discrete(factors: np.ndarray) -> np.ndarray:
    """(F,) whether a factor's values are whole numbers, which number the values it can have."""
    return np.asarray((factors == np.rint(factors)).all(axis=0))


def mutual_information(codes: np.ndarray, factors: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(K, F) in nats. Raises ValueError where codes and factors are not of the same samples."""
    return Histograms(codes, factors, bins).information()


def entropies(factors: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(F,) in nats; warns of a factor that is the same in all samples."""
    found = Histograms(factors, factors, bins).entropies()
    for i in np.flatnonzero(found == 0):
        warnings.warn(
            f"factor {i} is the same in all samples: it tells nothing, and is left out",
            stacklevel=2,
        )
    return found


def mutual_information_matrix(
    codes: np.ndarray, factors: np.ndarray, bins: int = BINS
) -> np.ndarray:
    """(K, F) as shares of each factor's entropy (SimVAE, eq. 6); a constant factor's are nan."""
    known = entropies(factors, bins)
    return mutual_information(codes, factors, bins) / np.where(known > 0, known, np.nan)


def paired(codes: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as (samples, columns). Raises ValueError: other numbers of samples, or not finite."""
    codes, factors = two_dimensional(codes), two_dimensional(factors)
    if len(codes) != len(factors):
        raise ValueError(f"{len(codes)} codes but {len(factors)} factors: one row each a sample")
    for name, values in (("codes", codes), ("factors", factors)):
        odd = np.argwhere(~np.isfinite(values))
        if len(odd):
            row, column = odd[0]
            raise ValueError(
                f"{name} hold {len(odd)} nan or inf, the first in row {row}, column {column}"
            )
    return codes, factors


def two_dimensional(values: np.ndarray) -> np.ndarray:
    """The values, if they are (samples, columns) and there are any. Raises ValueError else."""
    values = np.asarray(values)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"expected (samples, columns), got shape {values.shape}")
    return values


def discrete_where_it_is(parameters: np.ndarray) -> np.ndarray:
    """Parameters (N, K): the columns of few values as the numbers of these, the others as they are;
    whole numbers where all are of few."""
    few = np.array(parameters, float)
    whole = True
    for k, column in enumerate(parameters.T):
        values, numbers = np.unique(column, return_inverse=True)
        if len(values) <= MOST_VALUES:
            few[:, k] = numbers
        else:
            whole = False
    return few.astype(int) if whole else few


def asked_about(names: Sequence[str], leave_out: Sequence[str]) -> list[int]:
    """Which factors are left. ValueError where there is none of such a name, or none is left."""
    for name in leave_out:
        if name not in names:
            raise ValueError(f"there is no factor {name}: they are {', '.join(names)}")
    kept = [i for i, name in enumerate(names) if name not in leave_out]
    if not kept:
        raise ValueError("every factor is left out: there is nothing to measure")
    return kept


def _bin(column: np.ndarray, bins: int) -> np.ndarray:
    try:
        edges = np.histogram_bin_edges(column, bins)
    except ValueError:  # all so near each other that there are no floats for edges between them
        return np.asarray(np.unique(column, return_inverse=True)[1])
    return np.digitize(column, edges[:-1])


def _numbered(columns: np.ndarray) -> list[np.ndarray]:
    """Each column's values as numbers from 0."""
    return [np.unique(column, return_inverse=True)[1] for column in columns.T]


def _information(table: np.ndarray) -> float:
    """Of two discrete variables, in nats, from how often their values meet; never below 0."""
    total = table.sum()
    found = _p_log_p(table, total) - sum(_p_log_p(table.sum(axis=a), total) for a in (0, 1))
    return max(0.0, float(found))


def _p_log_p(counts: np.ndarray, total: float) -> float:
    p = counts[counts > 0] / total
    return float((p * np.log(p)).sum())
