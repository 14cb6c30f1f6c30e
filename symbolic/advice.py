"""Advice: what a user's rules say about which way to move, until experience knows better.

A prior on action values, as tables that start at other values than 0 would be (Wiewiora 2003);
apart from them, so that it follows the actions wherever these turn out to move the object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from symbolic.dynamics.motion import BETWEEN, REACH, MotionModel
from symbolic.rules.advice_terms import ADVICE, worth_of

HALF_AFTER = 2_000  # agent steps of learning: what is advised is soon found out, or found wrong
STILL = 0.2  # of the widest effect: an action that moves the object less does not move it


def advised(
    relations: Sequence[str], ways: Callable[[], np.ndarray | None], steps: int
) -> tuple[tuple[str, np.ndarray], ...]:
    """Named parts (A,) of the action values, one for each ``advice(Why,Way,Hundredths)``.

    ``steps`` of learning have faded them. ``ways`` tells which way each action moves the
    controlled object, None while nothing is known to obey.
    """
    texts = [text for text in relations if text.startswith(f"{ADVICE}(")]
    if not texts or (moves := ways()) is None:
        return ()
    parts = []
    for text in texts:
        why, way, hundredths = text[len(ADVICE) + 1 : -1].rsplit(",", 2)
        worth = worth_of(way, hundredths)
        if worth is not None:
            faded = worth * HALF_AFTER / (HALF_AFTER + steps)
            part = np.where(moves == int(way), faded, 0.0)
            parts.append((f"{ADVICE}({why})[{way},{hundredths}]", part))
    return tuple(parts)


def ways_of(motion: MotionModel) -> np.ndarray | None:
    """(A,) which way each action moves the controlled object along its axis: -1, 0 or 1; None
    where there is none.

    By the mean displacement of its group over all contexts (action before, speed).
    """
    if motion.controlled is None:
        return None
    displacement = np.arange(2 * REACH + 1) - REACH
    effects = (motion.chances()[BETWEEN] @ displacement).mean(axis=(0, 1))
    return ways_by(effects)[motion.groups]


def ways_by(effects: np.ndarray) -> np.ndarray:
    """Which way each of some displacements goes: -1, 0 or 1, 0 where it hardly moves at all."""
    moves = np.abs(effects) >= STILL * np.abs(effects).max()
    return np.asarray(np.sign(effects) * moves, int)
