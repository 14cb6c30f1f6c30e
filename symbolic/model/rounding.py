"""From numbers with a point to the whole numbers of programs, so that no tie can differ.

What leaves tell of velocities and places is rounded to `GRAIN` parts of a pixel, which floats
and thousandths of a pixel both hold exactly: sums, gaps and comparisons of the one are then those
of the other. Thresholds need no rounding: what is at most 12.34567 is at most 12,345 thousandths.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import floor
from typing import Final

import numpy as np

from symbolic.model.laws import Laws
from symbolic.model.trees import OUTCOMES

PIXEL: Final = 1000  # units of a program
GRAIN: Final = 8  # parts of a pixel
LARGEST: Final = 2**31 - 1  # of clingo's numbers


def rounded(laws: Laws) -> Laws:
    """The same laws with outcomes rounded as `grains` does."""
    value = laws.value.copy()
    value[:, OUTCOMES::2] = grains(value[:, OUTCOMES::2])
    return laws._replace(value=value)


def grains(values: np.ndarray) -> np.ndarray:
    """Pixels rounded to a `GRAIN` of one; halves go up, so that whole pixels may be added first."""
    return np.asarray(np.floor(values * GRAIN + 0.5) / GRAIN)


def units(value: float) -> int:
    """The nearest whole number of thousandths. ValueError where clingo cannot hold it."""
    return _held(floor(finite(value) * PIXEL + 0.5), value)


def below(cut: float, unit: int) -> int:
    """The greatest whole number of units that is at most ``cut``, exactly; raises as `units`."""
    return _held(floor(Fraction(finite(cut)) * unit), cut)


def in_order(values: Iterable[float]) -> dict[float, int]:
    """Thousandths for each of some numbers, pushed apart where needed: what is less stays less."""
    found: dict[float, int] = {}
    last = -LARGEST
    for value in sorted(set(values)):
        last = found[value] = _held(max(units(value), last + 1), value)
    return found


def finite(value: float) -> float:
    """The number. ValueError where it is none, or has no end."""
    if not np.isfinite(value):
        raise ValueError(f"a program has whole numbers: {value} is none")
    return float(value)


def _held(whole: int, value: float) -> int:
    if abs(whole) > LARGEST:
        raise ValueError(f"clingo counts to {LARGEST}: {value} is too great for a program")
    return whole
