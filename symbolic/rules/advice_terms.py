"""Advice as it is written: ``advice(Why,Way,Hundredths)``."""

from __future__ import annotations

from symbolic.scene import WAYS

ADVICE = "advice"
MOST = 100  # hundredths of a good signal


def worth_of(way: str, hundredths: str) -> float | None:
    """What the arguments of an advice are worth; None when they are not what they must be."""
    try:
        known = int(way) in WAYS
        return max(-MOST, min(MOST, int(hundredths))) / 100 if known else None
    except ValueError:
        return None
