"""What laws may look at: an object beside the nearest of every kind, and a scene as a whole.

All are plain numbers, filled into a buffer by compiled functions, so that a tree over them
reads as rules. FAR stands for what is not there. Shapes: N objects, K kinds, A actions, F features.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from symbolic.model.scene import AGE, ALIVE, HEIGHT, KIND, VX, VY, WIDTH, X, Y

FAR: Final = 999.0
OWN: Final = 5  # vy, vx, next y, next x, age
NEAR: Final = 11  # of the nearest of a kind: next offsets, gaps, velocity; present ones; next gap
STILL_NEAR: Final = 4  # offsets and gaps of things as they stand
EXTREMES: Final = 6  # of a kind: lowest and highest y and x, how many, the greatest speed
OLDEST: Final = 4.0  # agent steps: age says no more than that
DEEPEST: Final = -4.0  # pixels of overlap told apart


def motion_size(kinds: int, actions: int) -> int:
    """How many features there are of an object about to move."""
    return OWN + NEAR * (kinds + 1) + told_of_actions(actions)


@njit(cache=True)
def told_of_actions(actions: int) -> int:
    """How many of them, the last ones, tell of the actions: which, and what each mostly does."""
    return 2 * actions + 4


def place_size(kinds: int) -> int:
    """How many features there are of an object that has moved."""
    return OWN + STILL_NEAR * kinds


def scene_size(kinds: int, actions: int) -> int:
    """How many features there are of a whole scene."""
    return actions + 2 + (STILL_NEAR + EXTREMES) * kinds + kinds * (kinds + 1) // 2


@njit(cache=True)
def there(scene: np.ndarray, i: int) -> bool:
    """Whether an object is likelier to be there than not."""
    return scene[i, ALIVE] >= 0.5


@njit(cache=True)
def _meet(
    scene: np.ndarray,
    i: int,
    j: int,
    ahead: np.ndarray,
    y: float,
    x: float,
    out: np.ndarray,
    at: int,
) -> None:
    """What j is to i, which will be at (y, x), if none in ``out`` (NEAR from ``at``) is nearer."""
    high = (scene[j, HEIGHT] + scene[i, HEIGHT]) / 2
    wide = (scene[j, WIDTH] + scene[i, WIDTH]) / 2
    dy, dx = ahead[j, 0] - y, ahead[j, 1] - x
    gap_y, gap_x = abs(dy) - high, abs(dx) - wide
    now_y, now_x = abs(scene[j, Y] - scene[i, Y]) - high, abs(scene[j, X] - scene[i, X]) - wide
    if out[at + 2] != FAR:
        nearest = min(max(out[at + 2], out[at + 3]), max(out[at + 6], out[at + 7]))
        if min(max(gap_y, gap_x), max(now_y, now_x)) >= nearest:
            return
    out[at], out[at + 1] = dy, dx
    out[at + 2], out[at + 3] = max(gap_y, DEEPEST), max(gap_x, DEEPEST)
    out[at + 4], out[at + 5] = ahead[j, 2], ahead[j, 3]
    out[at + 6], out[at + 7] = max(now_y, DEEPEST), max(now_x, DEEPEST)
    out[at + 8], out[at + 9] = scene[j, VY], scene[j, VX]
    out[at + 10] = max(out[at + 2], out[at + 3])


@njit(cache=True)
def _own(scene: np.ndarray, i: int, y: float, x: float, out: np.ndarray) -> None:
    """The first features of an object, and the place that they tell."""
    out[0], out[1], out[2], out[3] = scene[i, VY], scene[i, VX], y, x
    out[4] = min(scene[i, AGE], OLDEST)


@njit(cache=True)
def motion_features(
    scene: np.ndarray,
    i: int,
    action: int,
    before: int,
    ahead: np.ndarray,
    looks: np.ndarray,
    effects: np.ndarray,
    out: np.ndarray,
) -> None:
    """Of object i about to move; ``ahead`` (N, 4) is where all will be and how fast.

    An ``action`` of -1 is not shown; nor is one ``before``. Beside the nearest of each kind stands
    the nearest of any: what one paddle does to a ball, another does. Kinds whose ``looks`` (K + 1,)
    are 0 are not looked at: what is told of them is void. ``effects`` (A, 2) is what each action
    does to the velocity in the mean.
    """
    kinds, actions = len(looks) - 1, len(effects)
    y, x = scene[i, Y] + scene[i, VY], scene[i, X] + scene[i, VX]
    _own(scene, i, y, x, out)
    any_looks = False
    for kind in range(kinds + 1):
        if looks[kind] > 0:
            any_looks = True
            out[OWN + NEAR * kind : OWN + NEAR * (kind + 1)] = FAR
    for j in range(scene.shape[0] if any_looks else 0):
        kind = int(scene[j, KIND])
        if j == i or (looks[kind] == 0 and looks[kinds] == 0) or not there(scene, j):
            continue
        if looks[kind] > 0:
            _meet(scene, i, j, ahead, y, x, out, OWN + NEAR * kind)
        if looks[kinds] > 0:
            _meet(scene, i, j, ahead, y, x, out, OWN + NEAR * kinds)
    at = OWN + NEAR * (kinds + 1)
    last = at + 2 * actions
    out[at : last + 4] = 0.0
    if before >= 0:
        out[at + before] = 1.0
        out[last], out[last + 1] = effects[before, 0], effects[before, 1]
    if action >= 0:
        out[at + actions + action] = 1.0
        out[last + 2], out[last + 3] = effects[action, 0], effects[action, 1]


@njit(cache=True)
def _beside(scene: np.ndarray, i: int, looks: np.ndarray, out: np.ndarray, at0: int) -> None:
    """Offsets and gaps from i to the nearest of every kind looked at, as all stand now."""
    any_looks = False
    for kind in range(len(looks)):
        if looks[kind] > 0:
            any_looks = True
            out[at0 + STILL_NEAR * kind : at0 + STILL_NEAR * (kind + 1)] = FAR
    for j in range(scene.shape[0] if any_looks else 0):
        kind = int(scene[j, KIND])
        if j == i or looks[kind] == 0 or not there(scene, j):
            continue
        dy, dx = scene[j, Y] - scene[i, Y], scene[j, X] - scene[i, X]
        gap_y = max(abs(dy) - (scene[j, HEIGHT] + scene[i, HEIGHT]) / 2, DEEPEST)
        gap_x = max(abs(dx) - (scene[j, WIDTH] + scene[i, WIDTH]) / 2, DEEPEST)
        at = at0 + STILL_NEAR * kind
        if out[at + 2] == FAR or max(gap_y, gap_x) < max(out[at + 2], out[at + 3]):
            out[at], out[at + 1], out[at + 2], out[at + 3] = dy, dx, gap_y, gap_x


@njit(cache=True)
def place_features(scene: np.ndarray, i: int, looks: np.ndarray, out: np.ndarray) -> None:
    """Of object i of a scene that has moved: what is touched is decided by these; ``looks`` as in
    `motion_features`."""
    _own(scene, i, scene[i, Y], scene[i, X], out)
    _beside(scene, i, looks, out, OWN)


@njit(cache=True)
def scene_features(
    scene: np.ndarray,
    me: int,
    action: int,
    moves: np.ndarray,
    looks: np.ndarray,
    actions: int,
    with_pairs: bool,
    out: np.ndarray,
) -> None:
    """Of a scene that has moved: what was done, where I am and what is beside me, the extremes
    of every kind, and how near those of each pair of kinds are of which one moves (only
    ``with_pairs``: they cost most). ``looks`` is for what is beside me. A great speed tells of a
    jump: what was put elsewhere for having reached something stands where nothing else tells of
    it."""
    kinds = len(looks)
    out[:actions] = 0.0
    out[action] = 1.0
    at = actions + 2
    if me >= 0:
        out[actions], out[actions + 1] = scene[me, Y], scene[me, X]
        _beside(scene, me, looks, out, at)
    else:
        out[actions : at + STILL_NEAR * kinds] = FAR
    at += STILL_NEAR * kinds
    for kind in range(kinds):
        b = at + EXTREMES * kind
        out[b], out[b + 1], out[b + 2], out[b + 3] = FAR, -FAR, FAR, -FAR
        out[b + 4] = out[b + 5] = 0.0
    pairs = at + EXTREMES * kinds
    if with_pairs:
        out[pairs : pairs + kinds * (kinds + 1) // 2] = FAR
    for i in range(scene.shape[0]):
        if not there(scene, i):
            continue
        kind = int(scene[i, KIND])
        b = at + EXTREMES * kind
        y, x = scene[i, Y], scene[i, X]
        out[b], out[b + 1] = min(out[b], y), max(out[b + 1], y)
        out[b + 2], out[b + 3] = min(out[b + 2], x), max(out[b + 3], x)
        out[b + 4] += 1.0
        out[b + 5] = max(out[b + 5], abs(scene[i, VY]), abs(scene[i, VX]))
        if moves[kind] == 0 or not with_pairs:
            continue
        for j in range(scene.shape[0]):
            if j == i or not there(scene, j):
                continue
            gap = max(
                abs(scene[j, Y] - y) - (scene[j, HEIGHT] + scene[i, HEIGHT]) / 2,
                abs(scene[j, X] - x) - (scene[j, WIDTH] + scene[i, WIDTH]) / 2,
            )
            other = int(scene[j, KIND])
            low, high = min(kind, other), max(kind, other)
            p = pairs + high * (high + 1) // 2 + low
            out[p] = min(out[p], max(gap, DEEPEST))


def first_pair(kinds: int, actions: int) -> int:
    """The first feature of a scene that is of a pair of kinds."""
    return scene_size(kinds, actions) - kinds * (kinds + 1) // 2


def motion_names(kinds: int, actions: int) -> list[str]:
    """What each feature of an object about to move is called."""
    near = (
        "next_dy",
        "next_dx",
        "next_gap_y",
        "next_gap_x",
        "vy",
        "vx",
        "gap_y",
        "gap_x",
        "had_vy",
        "had_vx",
        "next_gap",
    )
    others = [*(f"kind{k}" for k in range(kinds)), "any"]
    return [
        "vy", "vx", "next_y", "next_x", "age",
        *(f"{name}({other})" for other in others for name in near),
        *(f"before(action{a})" for a in range(actions)), *(f"action{a}" for a in range(actions)),
        "before_does_y", "before_does_x", "action_does_y", "action_does_x",
    ]  # fmt: skip


def kind_of_motion(feature: int, kinds: int) -> int:
    """The kind that a feature of an object about to move is about, ``kinds`` for any, else -1."""
    return (feature - OWN) // NEAR if OWN <= feature < OWN + NEAR * (kinds + 1) else -1


def kind_of_place(feature: int, kinds: int) -> int:
    """The kind that a feature of an object that has moved is about, -1 for none."""
    return (feature - OWN) // STILL_NEAR if feature >= OWN else -1


def kind_beside_me(feature: int, kinds: int, actions: int) -> int:
    """The kind beside me that a feature of a scene is about, -1 for none."""
    at = feature - actions - 2
    return at // STILL_NEAR if 0 <= at < STILL_NEAR * kinds else -1


def place_names(kinds: int) -> list[str]:
    """What each feature of an object that has moved is called."""
    near = ("dy", "dx", "gap_y", "gap_x")
    own = ["vy", "vx", "y", "x", "age"]
    return own + [f"{name}(kind{k})" for k in range(kinds) for name in near]


def scene_names(kinds: int, actions: int) -> list[str]:
    """What each feature of a scene is called."""
    near = ("dy", "dx", "gap_y", "gap_x")
    ends = ("top", "bottom", "left", "right", "count", "fastest")
    return [
        *(f"action{a}" for a in range(actions)), "my_y", "my_x",
        *(f"{name}(me,kind{k})" for k in range(kinds) for name in near),
        *(f"{name}(kind{k})" for k in range(kinds) for name in ends),
        *(f"gap(kind{low},kind{high})" for high in range(kinds) for low in range(high + 1)),
    ]  # fmt: skip
