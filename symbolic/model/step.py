"""One imagined step by the laws: compiled, knows no learning.

What obeys moves first, then all others, who see where it will be; then the moved scene is judged
(reward, end, what appears), what does not survive goes, and what appears is there. Where a leaf
tells of several outcomes, a step either takes the likeliest or draws one. Shapes: N objects, K
kinds.
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
from symbolic.model.laws import ADDED, ME, REFLECTED, SCREEN, SET, Laws
from symbolic.model.scene import AGE, ALIVE, HEIGHT, KIND, VX, VY, WIDTH, X, Y
from symbolic.model.trees import OUTCOMES, VALUES, leaf_of

BEYOND: Final = 12.0  # pixels outside of all places ever seen: there it is gone
SURE: Final = 0.9  # share of an outcome that needs no drawing
SCATTERED: Final = 2.0  # pixels: what scatters by less is where its mean is
GOLDEN: Final = 0.6180339887  # part of a circle between the draws of two objects
REACH: Final = 8.0  # pixels from what moves: what stands goes only within
NOBODY: Final = -3
SPARE: Final = 2  # of a kind that appears, so many more than there are


@njit(cache=True)
def room_for(laws: Laws) -> int:
    """Size of a buffer for any of the features."""
    k, a = laws.kinds, laws.actions
    return max(motion_size_(k, a), max(place_size_(k), scene_size_(k, a)))


motion_size_, place_size_, scene_size_ = njit(motion_size), njit(place_size), njit(scene_size)


@njit(cache=True)
def me_in(scene: np.ndarray, laws: Laws) -> int:
    """The first object that obeys the actions, -1 where none does."""
    return first_of(scene, laws.obeys)


@njit(cache=True)
def first_of(scene: np.ndarray, obeys: np.ndarray) -> int:
    """The same, of the kinds that obey, (K,)."""
    for i in range(scene.shape[0]):
        if there(scene, i) and obeys[int(scene[i, KIND])] > 0:
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
def _draw(luck: np.ndarray, axis: int, i: int) -> float:
    """A number in [0, 1) for one question about object i, -1 where nothing is drawn."""
    return luck[axis] if luck[axis] < 0 else (luck[axis] + GOLDEN * i) % 1.0


@njit(cache=True)
def _by_chance(value: np.ndarray, leaf: int) -> bool:
    """Whether what a leaf tells is to be drawn: no outcome is all but sure."""
    if value[leaf, 2] > 0:
        return value[leaf, 2] >= SCATTERED
    return 0 < value[leaf, OUTCOMES + 1] < SURE


@njit(cache=True)
def _velocity(value: np.ndarray, leaf: int, v: float, p: float, draw: float) -> float:
    at = OUTCOMES
    if draw >= 0 and _by_chance(value, leaf):
        for t in range(OUTCOMES, VALUES, 2):
            draw -= value[leaf, t + 1]
            if draw < 0:
                at = t
                break
    coding, c = int(value[leaf, 0]), value[leaf, at]
    if coding == ADDED:
        return v + c
    if coding == SET:
        return c
    if coding == REFLECTED:
        return c - v
    return c - p


@njit(cache=True)
def _asks(root: int, feature: np.ndarray) -> bool:
    """Whether a tree looks at any feature: most things just go on, and cost nothing."""
    return root >= 0 and feature[root] >= 0


@njit(cache=True)
def advance(
    scene: np.ndarray,
    moved: np.ndarray,
    ahead: np.ndarray,
    action: int,
    before: int,
    laws: Laws,
    luck: np.ndarray,
    buffer: np.ndarray,
) -> bool:
    """Move everything by one step from ``scene`` into ``moved``; whether chance had a say.

    ``luck`` (3,) in [0, 1) decides what is drawn, for y, x and survival; below 0 the likeliest
    outcome is taken.
    """
    chance = False
    feature, threshold, left, right = laws.feature, laws.threshold, laws.left, laws.right
    value, motion, obeying, effects = laws.value, laws.motion, laws.obeys, laws.effects
    moves, looks = laws.moves, laws.looks
    moved[:] = scene
    expect(scene, ahead)
    for turn in range(2):
        for i in range(scene.shape[0]):
            kind = int(scene[i, KIND])
            obeys = obeying[kind] > 0
            if not there(scene, i) or obeys != (turn == 0):
                continue
            moved[i, AGE] = scene[i, AGE] + 1
            if moves[kind] == 0:
                moved[i, VY] = moved[i, VX] = 0.0
                continue
            if _asks(motion[kind, 0], feature) or _asks(motion[kind, 1], feature):
                shown = action if obeys else -1
                motion_features(scene, i, shown, before, ahead, looks[0, kind], effects, buffer)
            for axis in range(2):
                v, p = scene[i, VY + axis], scene[i, Y + axis]
                root = motion[kind, axis]
                if root >= 0:
                    leaf = leaf_of(buffer, feature, threshold, left, right, root)
                    chance = chance or _by_chance(value, leaf)
                    v = _velocity(value, leaf, v, p, _draw(luck, axis, i))
                moved[i, VY + axis], moved[i, Y + axis] = v, p + v
        if turn == 0:
            for i in range(scene.shape[0]):
                if obeying[int(scene[i, KIND])] > 0:
                    ahead[i, 0], ahead[i, 1] = moved[i, Y], moved[i, X]
                    ahead[i, 2], ahead[i, 3] = moved[i, VY], moved[i, VX]
    return chance


@njit(cache=True)
def spare_rows(laws: Laws) -> int:
    """How many rows what may appear needs."""
    return SPARE * int((laws.birth >= 0).sum())


@njit(cache=True)
def with_room(scene: np.ndarray, laws: Laws) -> np.ndarray:
    """The scene with rows for what may appear: not there yet, (N + M, COLUMNS)."""
    out = np.zeros((scene.shape[0] + spare_rows(laws), scene.shape[1]))
    out[: scene.shape[0]] = scene
    at = scene.shape[0]
    for kind in np.flatnonzero(laws.birth >= 0):
        out[at : at + SPARE, KIND] = kind
        at += SPARE
    return out


@njit(cache=True)
def effort(scene: np.ndarray, laws: Laws) -> int:
    """What a step of such a scene takes: how many looks from one thing to another its laws ask,
    and one for each thing. In a crowd that looks at itself it grows as the square of it."""
    moves, motion, survival = laws.moves, laws.motion, laws.survival
    looks, feature = laws.looks, laws.feature
    many = np.zeros(laws.kinds, np.int64)
    for i in range(scene.shape[0]):
        many[int(scene[i, KIND])] += there(scene, i)
    everything, total = many.sum(), 0
    for kind in range(laws.kinds):
        each = 1
        if moves[kind] > 0:
            if _asks(motion[kind, 0], feature) or _asks(motion[kind, 1], feature):
                each += (many * looks[0, kind, :-1]).sum() + everything * looks[0, kind, -1]
            if laws.pairs > 0:
                each += everything
        if _asks(survival[kind], feature):
            each += (many * looks[1, kind, :-1]).sum()
        total += each * many[kind]
    return total + spare_rows(laws)


@njit(cache=True)
def judge(
    moved: np.ndarray, action: int, laws: Laws, born: np.ndarray, buffer: np.ndarray
) -> tuple[float, float]:
    """What a moved scene brings: expected reward, and the chance that the episode ends; how likely
    one of each kind appears goes into ``born`` (K,)."""
    reward = end = 0.0
    feature, threshold, left, right = laws.feature, laws.threshold, laws.left, laws.right
    birth, expected = laws.birth, laws.expected
    appear = False
    for kind in range(laws.kinds):
        born[kind] = 0.0
        appear = appear or birth[kind] >= 0
    if laws.reward < 0 and laws.end < 0 and not appear:
        return reward, end
    me, pairs = first_of(moved, laws.obeys), laws.pairs > 0
    scene_features(moved, me, action, laws.moves, laws.judged, laws.actions, pairs, buffer)
    if laws.reward >= 0:
        reward = expected[leaf_of(buffer, feature, threshold, left, right, laws.reward)]
    if laws.end >= 0:
        end = expected[leaf_of(buffer, feature, threshold, left, right, laws.end)]
    if appear:
        for kind in range(laws.kinds):
            if birth[kind] >= 0:
                leaf = leaf_of(buffer, feature, threshold, left, right, birth[kind])
                born[kind] = expected[leaf]
    return reward, end


@njit(cache=True)
def bear(scene: np.ndarray, laws: Laws, born: np.ndarray, luck: np.ndarray) -> bool:
    """Put what appears into the rows of ``scene`` that are free; ``luck`` and answer as in
    `advance`. Beside whom, where there are several, is drawn too."""
    chance = False
    for kind in range(laws.kinds):
        if born[kind] <= 0:
            continue
        draw = _draw(luck, 2, scene.shape[0] + kind)
        unsure = 1 - SURE < born[kind] < SURE
        chance = chance or unsure
        if born[kind] <= (draw if unsure and draw >= 0 else 0.5):
            continue
        free = -1
        for i in range(scene.shape[0]):
            if int(scene[i, KIND]) == kind and not there(scene, i):
                free = i
        if unsure and draw >= 0:
            draw /= born[kind]  # what is left of it, now that it is born, is as even
        cradle, newborn = laws.cradle, laws.newborn
        beside, several = _cradle(scene, int(cradle[kind, 0]), laws.obeys, max(draw, 0.0))
        chance = chance or several
        if free < 0 or beside == NOBODY:
            continue
        scene[free, Y], scene[free, X] = cradle[kind, 1], cradle[kind, 2]
        if beside >= 0:
            scene[free, Y] += scene[beside, Y]
            scene[free, X] += scene[beside, X]
        scene[free, VY] = scene[free, VX] = scene[free, AGE] = 0.0
        scene[free, HEIGHT], scene[free, WIDTH] = newborn[kind, 0], newborn[kind, 1]
        scene[free, ALIVE] = 1.0
    return chance


@njit(cache=True)
def _cradle(scene: np.ndarray, whose: int, obeys: np.ndarray, draw: float) -> tuple[int, bool]:
    """The object beside which something appears, SCREEN for none, NOBODY where it is not there; and
    whether it is one of several."""
    if whose == SCREEN:
        return SCREEN, False
    if whose == ME:
        me = first_of(scene, obeys)
        return (me if me >= 0 else NOBODY), False
    many = 0
    for i in range(scene.shape[0]):
        many += int(scene[i, KIND]) == whose and there(scene, i)
    left = int(draw * many)
    for i in range(scene.shape[0]):
        if int(scene[i, KIND]) == whose and there(scene, i):
            if left == 0:
                return i, many > 1
            left -= 1
    return NOBODY, False


@njit(cache=True)
def movers_of(scene: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Which objects are of kinds that move."""
    return np.flatnonzero(moves[scene[:, KIND].astype(np.int64)])


@njit(cache=True)
def by_what_moves(scene: np.ndarray, i: int, movers: np.ndarray) -> bool:
    """Whether one of the ``movers`` is within REACH of object i."""
    for j in movers:
        if j == i or not there(scene, j):
            continue
        high = (scene[j, HEIGHT] + scene[i, HEIGHT]) / 2
        wide = (scene[j, WIDTH] + scene[i, WIDTH]) / 2
        down, along = abs(scene[j, Y] - scene[i, Y]), abs(scene[j, X] - scene[i, X])
        if down - high < REACH and along - wide < REACH:
            return True
    return False


@njit(cache=True)
def survive(
    moved: np.ndarray,
    after: np.ndarray,
    movers: np.ndarray,
    laws: Laws,
    luck: np.ndarray,
    buffer: np.ndarray,
) -> bool:
    """What of ``moved`` is still there, into ``after``; ``luck`` and answer as in `advance`.

    What stands goes only where one of the ``movers`` is near: a crowd at rest costs nothing.
    """
    chance = False
    feature, threshold, left, right = laws.feature, laws.threshold, laws.left, laws.right
    bounds, survival, moves, looks = laws.bounds, laws.survival, laws.moves, laws.looks
    expected = laws.expected
    after[:] = moved
    for i in range(moved.shape[0]):
        kind = int(moved[i, KIND])
        if not there(moved, i):
            continue
        y, x = moved[i, Y], moved[i, X]
        if (
            y < bounds[0] - BEYOND
            or y > bounds[1] + BEYOND
            or x < bounds[2] - BEYOND
            or x > bounds[3] + BEYOND
        ):
            after[i, ALIVE] = 0.0
            continue
        root = survival[kind]
        if root < 0 or (moves[kind] == 0 and not by_what_moves(moved, i, movers)):
            continue
        if _asks(root, feature):
            place_features(moved, i, looks[1, kind, :-1], buffer)
        leaf = leaf_of(buffer, feature, threshold, left, right, root)
        stays, draw = expected[leaf], _draw(luck, 2, i)
        chance = chance or 1 - SURE < stays < SURE
        if stays <= (0.5 if draw < 0 or not 1 - SURE < stays < SURE else draw):
            after[i, ALIVE] = 0.0
    return chance
