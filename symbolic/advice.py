"""Advice: what a user's rules say about which way to move, until experience knows better.

A prior on action values, as tables that start at other values than 0 would be (Wiewiora 2003);
apart from them, so that it follows the actions wherever these turn out to move the object.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symbolic.dynamics.motion import BETWEEN, REACH, MotionModel
from symbolic.rules.advice_terms import ADVICE, worth_of

HALF_AFTER = 2_000  # agent steps of learning: what is advised is soon found out, or found wrong
STILL = 0.2  # of the widest effect: an action that moves the object less does not move it


def advised(
    relations: Sequence[str], motion: MotionModel, steps: int
) -> tuple[tuple[str, np.ndarray], ...]:
    """Named parts (A,) of the action values, one for each ``advice(Why,Way,Hundredths)``.

    ``steps`` of learning have faded them. Nothing while nothing is known to obey the actions.
    """
    texts = [text for text in relations if text.startswith(f"{ADVICE}(")]
    if not texts or motion.controlled is None:
        return ()
    ways = ways_of(motion)
    parts = []
    for text in texts:
        why, way, hundredths = text[len(ADVICE) + 1 : -1].rsplit(",", 2)
        worth = worth_of(way, hundredths)
        if worth is not None:
            faded = worth * HALF_AFTER / (HALF_AFTER + steps)
            part = np.where(ways == int(way), faded, 0.0)
            parts.append((f"{ADVICE}({why})[{way},{hundredths}]", part))
    return tuple(parts)


def ways_of(motion: MotionModel) -> np.ndarray:
    """(A,) which way each action moves the controlled object along its axis: -1, 0 or 1.

    By the mean displacement of its group over all contexts (action before, speed).
    """
    displacement = np.arange(2 * REACH + 1) - REACH
    effects = (motion.chances()[BETWEEN] @ displacement).mean(axis=(0, 1))
    ways = np.sign(effects) * (np.abs(effects) >= STILL * np.abs(effects).max())
    return np.asarray(ways[motion.groups], int)
