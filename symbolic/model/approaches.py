"""Plans that go somewhere: step by step the action that the laws say brings me nearest to a thing.

Random plans hardly ever reach what stands far away on two axes; these are thrown in among them, and
judged as all others are. Shapes: N objects, A actions, I plans, H steps.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from symbolic.model.features import there
from symbolic.model.laws import Laws
from symbolic.model.scene import X, Y
from symbolic.model.step import advance, me_in, room_for


@njit(cache=True)
def approaches(scene: np.ndarray, before: int, horizon: int, most: int, laws: Laws) -> np.ndarray:
    """Plans (I, H) to the ``most`` nearest things, fewer where there are fewer."""
    me = me_in(scene, laws)
    if me < 0 or most < 1:
        return np.empty((0, horizon), np.int64)
    away = np.full(scene.shape[0], np.inf)
    for j in range(scene.shape[0]):
        if j != me and there(scene, j):
            away[j] = _distance(scene, me, j)
    nearest = np.argsort(away, kind="mergesort")[: min(most, int(np.isfinite(away).sum()))]
    plans = np.empty((len(nearest), horizon), np.int64)
    for i in range(len(nearest)):
        _approach(scene, me, nearest[i], before, laws, plans[i])
    return plans


@njit(cache=True)
def _distance(scene: np.ndarray, i: int, j: int) -> float:
    return abs(scene[i, Y] - scene[j, Y]) + abs(scene[i, X] - scene[j, X])


@njit(cache=True)
def _approach(
    scene: np.ndarray, me: int, target: int, before: int, laws: Laws, plan: np.ndarray
) -> None:
    """Fill in a plan (H,)."""
    now, moved, best = scene.copy(), np.empty_like(scene), np.empty_like(scene)
    ahead, buffer = np.empty((scene.shape[0], 4)), np.empty(room_for(laws))
    likeliest = np.full(3, -1.0)
    for h in range(len(plan)):
        least = np.inf
        for action in range(laws.actions):
            advance(now, moved, ahead, action, before, laws, likeliest, buffer)
            away = _distance(moved, me, target)
            if away < least:
                least, plan[h] = away, action
                best[:] = moved
        now[:] = best
        before = plan[h]
