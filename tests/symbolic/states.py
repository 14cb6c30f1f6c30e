"""Comparing states, arrays within them included."""

from typing import Any

import numpy as np


def same(one: Any, other: Any) -> bool:
    """Whether two states are equal, to the types of arrays."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return bool(one == other)
