"""What follows from a scene and a plan by the laws: compiled, knows no learning.

In one imagined step what obeys moves first, then all others, who see where it will be; then the
moved scene is judged (reward, end), and what does not survive goes. Shapes: N objects, H steps.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from symbolic.model.features import (
    motion_features,
    motion_size,
    place_features,
    place_size,
    scene_features,
    scene_size,
    there,
)
from symbolic.model.laws import ADDED, REFLECTED, SET, Laws
from symbolic.model.scene import AGE, ALIVE, HEIGHT, KIND, VX, VY, WIDTH, X, Y
from symbolic.model.trees import leaf_of

BEYOND: Final = 12.0  # pixels outside of all places ever seen: there it is gone
REACH: Final = 8.0  # pixels from what moves: what stands goes only within


@njit(cache=True)
def room_for(laws: Laws) -> int:
    """Size of a buffer for any of the features."""
    k, a = laws.kinds, laws.actions
    return max(motion_size_(k, a), max(place_size_(k), scene_size_(k, a)))


motion_size_, place_size_, scene_size_ = njit(motion_size), njit(place_size), njit(scene_size)


@njit(cache=True)
def me_in(scene: np.ndarray, laws: Laws) -> int:
    """The first object that obeys the actions, -1 where none does."""
    for i in range(scene.shape[0]):
        if there(scene[i]) and laws.obeys[int(scene[i, KIND])] > 0:
            return i
    return -1


@njit(cache=True)
def expect(scene: np.ndarray, ahead: np.ndarray) -> None:
    """Where all would be at constant velocity, into ``ahead`` (N, 4): y, x, vy, vx."""
    for i in range(scene.shape[0]):
        ahead[i, 0] = scene[i, Y] + scene[i, VY]
        ahead[i, 1] = scene[i, X] + scene[i, VX]
        ahead[i, 2], ahead[i, 3] = scene[i, VY], scene[i, VX]


@njit(cache=True)
def _velocity(leaf: int, v: float, p: float, laws: Laws) -> float:
    coding, c = int(laws.value[leaf, 0]), laws.value[leaf, 2]
    if coding == ADDED:
        return v + c
    if coding == SET:
        return c
    if coding == REFLECTED:
        return c - v
    return c - p


@njit(cache=True)
def _asks(root: int, laws: Laws) -> bool:
    """Whether a tree looks at any feature: most things just go on, and cost nothing."""
    return root >= 0 and laws.feature[root] >= 0


@njit(cache=True)
def advance(
    scene: np.ndarray,
    moved: np.ndarray,
    ahead: np.ndarray,
    action: int,
    before: int,
    laws: Laws,
    buffer: np.ndarray,
) -> None:
    """Move everything by one step, likeliest outcome each, from ``scene`` into ``moved``."""
    moved[:] = scene
    expect(scene, ahead)
    for turn in range(2):
        for i in range(scene.shape[0]):
            kind = int(scene[i, KIND])
            obeys = laws.obeys[kind] > 0
            if not there(scene[i]) or obeys != (turn == 0):
                continue
            moved[i, AGE] = scene[i, AGE] + 1
            if laws.moves[kind] == 0:
                moved[i, VY] = moved[i, VX] = 0.0
                continue
            if _asks(laws.motion[kind, 0], laws) or _asks(laws.motion[kind, 1], laws):
                shown = action if obeys else -1
                motion_features(scene, i, shown, before, ahead, laws.kinds, laws.actions, buffer)
            for axis in range(2):
                v, p = scene[i, VY + axis], scene[i, Y + axis]
                root = laws.motion[kind, axis]
                if root >= 0:
                    leaf = leaf_of(
                        buffer, laws.feature, laws.threshold, laws.left, laws.right, root
                    )
                    v = _velocity(leaf, v, p, laws)
                moved[i, VY + axis], moved[i, Y + axis] = v, p + v
        if turn == 0:
            for i in range(scene.shape[0]):
                if laws.obeys[int(scene[i, KIND])] > 0:
                    ahead[i, 0], ahead[i, 1] = moved[i, Y], moved[i, X]
                    ahead[i, 2], ahead[i, 3] = moved[i, VY], moved[i, VX]


@njit(cache=True)
def judge(moved: np.ndarray, action: int, laws: Laws, buffer: np.ndarray) -> tuple[float, float]:
    """What a moved scene brings: expected reward, and the chance that the episode ends."""
    reward = end = 0.0
    if laws.reward < 0 and laws.end < 0:
        return reward, end
    me = me_in(moved, laws)
    scene_features(moved, me, action, laws.moves, laws.kinds, laws.actions, laws.pairs > 0, buffer)
    if laws.reward >= 0:
        leaf = leaf_of(buffer, laws.feature, laws.threshold, laws.left, laws.right, laws.reward)
        reward = laws.expected[leaf]
    if laws.end >= 0:
        leaf = leaf_of(buffer, laws.feature, laws.threshold, laws.left, laws.right, laws.end)
        end = laws.expected[leaf]
    return reward, end


@njit(cache=True)
def by_what_moves(scene: np.ndarray, i: int, moves: np.ndarray) -> bool:
    """Whether something that moves is within REACH of object i."""
    for j in range(scene.shape[0]):
        if j == i or moves[int(scene[j, KIND])] == 0 or not there(scene[j]):
            continue
        high, wide = (
            (scene[j, HEIGHT] + scene[i, HEIGHT]) / 2,
            (scene[j, WIDTH] + scene[i, WIDTH]) / 2,
        )
        if (
            abs(scene[j, Y] - scene[i, Y]) - high < REACH
            and abs(scene[j, X] - scene[i, X]) - wide < REACH
        ):
            return True
    return False


@njit(cache=True)
def survive(moved: np.ndarray, after: np.ndarray, laws: Laws, buffer: np.ndarray) -> None:
    """Weigh what is in ``moved`` by its chance to be still there, into ``after``."""
    after[:] = moved
    for i in range(moved.shape[0]):
        kind = int(moved[i, KIND])
        if not there(moved[i]):
            continue
        y, x = moved[i, Y], moved[i, X]
        if (
            y < laws.bounds[0] - BEYOND
            or y > laws.bounds[1] + BEYOND
            or x < laws.bounds[2] - BEYOND
            or x > laws.bounds[3] + BEYOND
        ):
            after[i, ALIVE] = 0.0
            continue
        root = laws.survival[kind]
        if root < 0 or (laws.moves[kind] == 0 and not by_what_moves(moved, i, laws.moves)):
            continue
        if _asks(root, laws):
            place_features(moved, i, laws.kinds, buffer)
        leaf = leaf_of(buffer, laws.feature, laws.threshold, laws.left, laws.right, root)
        after[i, ALIVE] = moved[i, ALIVE] * laws.expected[leaf]


@njit(cache=True)
def _lacking(scene: np.ndarray, needed: np.ndarray) -> bool:
    """Whether a kind that is needed is not there: a scene unlike any met."""
    for kind in range(needed.shape[0]):
        if needed[kind] == 0:
            continue
        found = False
        for i in range(scene.shape[0]):
            if int(scene[i, KIND]) == kind and there(scene[i]):
                found = True
                break
        if not found:
            return True
    return False


@njit(cache=True)
def needed_from(scene: np.ndarray, always: np.ndarray) -> np.ndarray:
    """Kinds that every real scene shows, and this one too."""
    needed = np.zeros_like(always)
    for i in range(scene.shape[0]):
        kind = int(scene[i, KIND])
        needed[kind] = always[kind]
    return needed


@njit(cache=True)
def rollouts(
    scene: np.ndarray,
    before: int,
    plans: np.ndarray,
    laws: Laws,
    discount: float,
    visits: np.ndarray,
    touches: np.ndarray,
    tile: float,
    curiosity: float,
    tries: float,
) -> np.ndarray:
    """Discounted return of each plan (P, H) -> (P,).

    Added to it are ``curiosity`` / sqrt(1 + visits) for each step on a tile of the screen, and
    ``tries`` for the first touch of a kind, falling to none at three ``touches``. A future ends
    where a kind is gone that every real scene shows: what follows was never met, and only an
    end shows such a scene, so it brings what ends bring.
    """
    n = scene.shape[0]
    returns = np.zeros(plans.shape[0])
    buffer = np.empty(room_for(laws))
    now, moved, ahead = np.empty_like(scene), np.empty_like(scene), np.empty((n, 4))
    needed = needed_from(scene, laws.always)
    touched = np.zeros(laws.kinds)
    for p in range(plans.shape[0]):
        now[:] = scene
        last, going, factor, total = before, 1.0, 1.0, 0.0
        touched[:] = 0.0
        for h in range(plans.shape[1]):
            action = plans[p, h]
            advance(now, moved, ahead, action, last, laws, buffer)
            reward, end = judge(moved, action, laws, buffer)
            total += going * factor * reward
            if curiosity > 0 or tries > 0:
                me = me_in(moved, laws)
                if me >= 0:
                    gain = curiosity / np.sqrt(1.0 + visits[tile_of(moved[me], tile, visits)])
                    if tries > 0:
                        gain += _first_touches(moved, me, touched, touches, tries)
                    total += going * factor * gain
            going *= 1.0 - end
            if going < 0.05:
                break
            survive(moved, now, laws, buffer)
            if _lacking(now, needed):
                total += going * factor * laws.last
                break
            factor *= discount
            last = action
        returns[p] = total
    return returns


@njit(cache=True)
def tile_of(row: np.ndarray, tile: float, visits: np.ndarray) -> tuple[int, int]:
    """The tile of the screen that an object's centre is on."""
    y = min(max(int(row[Y] // tile), 0), visits.shape[0] - 1)
    x = min(max(int(row[X] // tile), 0), visits.shape[1] - 1)
    return y, x


@njit(cache=True)
def touching(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two objects are less than two pixels apart."""
    high, wide = (a[HEIGHT] + b[HEIGHT]) / 2, (a[WIDTH] + b[WIDTH]) / 2
    return abs(a[Y] - b[Y]) - high < 2 and abs(a[X] - b[X]) - wide < 2


@njit(cache=True)
def _first_touches(
    scene: np.ndarray, me: int, touched: np.ndarray, touches: np.ndarray, tries: float
) -> float:
    gain = 0.0
    for j in range(scene.shape[0]):
        kind = int(scene[j, KIND])
        if j == me or touched[kind] > 0 or touches[kind] >= 3 or not there(scene[j]):
            continue
        if touching(scene[me], scene[j]):
            touched[kind] = 1.0
            gain += tries * (1 - touches[kind] / 3)
    return gain


@njit(cache=True)
def future(
    scene: np.ndarray, before: int, plan: np.ndarray, laws: Laws
) -> tuple[np.ndarray, np.ndarray, int]:
    """The scenes (H, N, COLUMNS) that a plan leads to, the reward in each, and how many there are
    until the end of imagination."""
    n, steps = scene.shape[0], len(plan)
    scenes, rewards = np.zeros((steps, n, scene.shape[1])), np.zeros(steps)
    buffer = np.empty(room_for(laws))
    now, moved, ahead = scene.copy(), np.empty_like(scene), np.empty((n, 4))
    needed = needed_from(scene, laws.always)
    last, going = before, 1.0
    for h in range(steps):
        advance(now, moved, ahead, plan[h], last, laws, buffer)
        rewards[h], end = judge(moved, plan[h], laws, buffer)
        rewards[h] *= going
        going *= 1.0 - end
        survive(moved, now, laws, buffer)
        scenes[h] = now
        if _lacking(now, needed):
            rewards[h] += going * laws.last
            going = 0.0
        if going < 0.05:
            return scenes, rewards, h + 1
        last = plan[h]
    return scenes, rewards, steps
