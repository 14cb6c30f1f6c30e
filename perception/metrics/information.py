"""Mutual information between codes and factors, from histograms."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.metrics import mutual_info_score

BINS = 20  # of equal width, from the least to the greatest value of a column
MOST_VALUES = 64  # of a discrete factor


def discretised(values: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(N, D) whole numbers: which bin of its column each value lies in. Whole numbers stay."""
    values = two_dimensional(values)
    if np.issubdtype(values.dtype, np.integer):
        return values
    columns = [
        np.digitize(column, np.histogram_bin_edges(column, bins)[:-1]) for column in values.T
    ]
    return np.stack(columns, axis=1)


def mutual_information(codes: np.ndarray, factors: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(K, F) in nats. Raises ValueError where codes and factors are not of the same samples."""
    codes, factors = paired(codes, factors)
    codes, factors = discretised(codes, bins), discretised(factors, bins)
    return np.array([[mutual_info_score(v, z) for v in factors.T] for z in codes.T])


def entropies(factors: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(F,) in nats; warns of a factor that is the same in all samples."""
    found = np.array([mutual_info_score(v, v) for v in discretised(factors, bins).T])
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
        if not np.isfinite(values).all():
            raise ValueError(f"{name} hold {np.count_nonzero(~np.isfinite(values))} nan or inf")
    return codes, factors


def two_dimensional(values: np.ndarray) -> np.ndarray:
    """The values, if they are (samples, columns) and there are any. Raises ValueError else."""
    values = np.asarray(values)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"expected (samples, columns), got shape {values.shape}")
    return values


def discrete_where_it_is(parameters: np.ndarray) -> np.ndarray:
    """Parameters (N, K), all of which have few values, as the numbers of these; else themselves."""
    columns = [np.unique(column, return_inverse=True) for column in parameters.T]
    if all(len(values) <= MOST_VALUES for values, _ in columns):
        return np.stack([numbers for _, numbers in columns], axis=1)
    return parameters


def asked_about(names: Sequence[str], leave_out: Sequence[str]) -> list[int]:
    """Which factors are left. ValueError where there is none of such a name, or none is left."""
    for name in leave_out:
        if name not in names:
            raise ValueError(f"there is no factor {name}: they are {', '.join(names)}")
    kept = [i for i, name in enumerate(names) if name not in leave_out]
    if not kept:
        raise ValueError("every factor is left out: there is nothing to measure")
    return kept
