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
NEAR: Final = 8  # of the nearest of a kind: next offsets, next gaps, velocity, present gaps
STILL_NEAR: Final = 4  # offsets and gaps of things as they stand
EXTREMES: Final = 6  # of a kind: lowest and highest y and x, how many, the greatest speed
OLDEST: Final = 4.0  # agent steps: age says no more than that
DEEPEST: Final = -4.0  # pixels of overlap told apart


def motion_size(kinds: int, actions: int) -> int:
    """How many features there are of an object about to move."""
    return OWN + NEAR * kinds + 2 * actions


def place_size(kinds: int) -> int:
    """How many features there are of an object that has moved."""
    return OWN + STILL_NEAR * kinds


def scene_size(kinds: int, actions: int) -> int:
    """How many features there are of a whole scene."""
    return actions + 2 + (STILL_NEAR + EXTREMES) * kinds + kinds * (kinds + 1) // 2


@njit(cache=True)
def there(row: np.ndarray) -> bool:
    """Whether an object is likelier to be there than not."""
    return row[ALIVE] >= 0.5


@njit(cache=True)
def motion_features(
    scene: np.ndarray,
    i: int,
    action: int,
    before: int,
    ahead: np.ndarray,
    kinds: int,
    actions: int,
    out: np.ndarray,
) -> None:
    """Of object i about to move; ``ahead`` (N, 4) is where all will be and how fast.

    An ``action`` of -1 is not shown; nor is one ``before``.
    """
    own = scene[i]
    y, x = own[Y] + own[VY], own[X] + own[VX]
    out[0], out[1], out[2], out[3] = own[VY], own[VX], y, x
    out[4] = min(own[AGE], OLDEST)
    out[OWN : OWN + NEAR * kinds] = FAR
    for j in range(scene.shape[0]):
        if j == i or not there(scene[j]):
            continue
        other = scene[j]
        high, wide = (other[HEIGHT] + own[HEIGHT]) / 2, (other[WIDTH] + own[WIDTH]) / 2
        dy, dx = ahead[j, 0] - y, ahead[j, 1] - x
        gap_y, gap_x = abs(dy) - high, abs(dx) - wide
        now_y, now_x = abs(other[Y] - own[Y]) - high, abs(other[X] - own[X]) - wide
        near = min(max(gap_y, gap_x), max(now_y, now_x))
        at = OWN + NEAR * int(other[KIND])
        if out[at + 2] != FAR:
            nearest = min(max(out[at + 2], out[at + 3]), max(out[at + 6], out[at + 7]))
            if near >= nearest:
                continue
        out[at], out[at + 1] = dy, dx
        out[at + 2], out[at + 3] = max(gap_y, DEEPEST), max(gap_x, DEEPEST)
        out[at + 4], out[at + 5] = ahead[j, 2], ahead[j, 3]
        out[at + 6], out[at + 7] = max(now_y, DEEPEST), max(now_x, DEEPEST)
    at = OWN + NEAR * kinds
    out[at : at + 2 * actions] = 0.0
    if before >= 0:
        out[at + before] = 1.0
    if action >= 0:
        out[at + actions + action] = 1.0


@njit(cache=True)
def _beside(scene: np.ndarray, i: int, kinds: int, out: np.ndarray, at0: int) -> None:
    """Offsets and gaps from i to the nearest of every kind, as all stand now."""
    own = scene[i]
    out[at0 : at0 + STILL_NEAR * kinds] = FAR
    for j in range(scene.shape[0]):
        if j == i or not there(scene[j]):
            continue
        other = scene[j]
        dy, dx = other[Y] - own[Y], other[X] - own[X]
        gap_y = max(abs(dy) - (other[HEIGHT] + own[HEIGHT]) / 2, DEEPEST)
        gap_x = max(abs(dx) - (other[WIDTH] + own[WIDTH]) / 2, DEEPEST)
        at = at0 + STILL_NEAR * int(other[KIND])
        if out[at + 2] == FAR or max(gap_y, gap_x) < max(out[at + 2], out[at + 3]):
            out[at], out[at + 1], out[at + 2], out[at + 3] = dy, dx, gap_y, gap_x


@njit(cache=True)
def place_features(scene: np.ndarray, i: int, kinds: int, out: np.ndarray) -> None:
    """Of object i of a scene that has moved: what is touched is decided by these."""
    own = scene[i]
    out[0], out[1], out[2], out[3] = own[VY], own[VX], own[Y], own[X]
    out[4] = min(own[AGE], OLDEST)
    _beside(scene, i, kinds, out, OWN)


@njit(cache=True)
def scene_features(
    scene: np.ndarray,
    me: int,
    action: int,
    moves: np.ndarray,
    kinds: int,
    actions: int,
    with_pairs: bool,
    out: np.ndarray,
) -> None:
    """Of a scene that has moved: what was done, where I am and what is beside me, the extremes of
    every kind, and how near those of each pair of kinds are of which one moves (only
    ``with_pairs``: they cost most). A great speed tells of a jump: what was put elsewhere for
    having reached something stands where nothing else tells of it."""
    out[:actions] = 0.0
    out[action] = 1.0
    at = actions + 2
    if me >= 0:
        out[actions], out[actions + 1] = scene[me, Y], scene[me, X]
        _beside(scene, me, kinds, out, at)
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
        if not there(scene[i]):
            continue
        own = scene[i]
        kind = int(own[KIND])
        b = at + EXTREMES * kind
        out[b], out[b + 1] = min(out[b], own[Y]), max(out[b + 1], own[Y])
        out[b + 2], out[b + 3] = min(out[b + 2], own[X]), max(out[b + 3], own[X])
        out[b + 4] += 1.0
        out[b + 5] = max(out[b + 5], abs(own[VY]), abs(own[VX]))
        if moves[kind] == 0 or not with_pairs:
            continue
        for j in range(scene.shape[0]):
            if j == i or not there(scene[j]):
                continue
            other = scene[j]
            gap = max(
                abs(other[Y] - own[Y]) - (other[HEIGHT] + own[HEIGHT]) / 2,
                abs(other[X] - own[X]) - (other[WIDTH] + own[WIDTH]) / 2,
            )
            low, high = min(kind, int(other[KIND])), max(kind, int(other[KIND]))
            p = pairs + high * (high + 1) // 2 + low
            out[p] = min(out[p], max(gap, DEEPEST))


def first_pair(kinds: int, actions: int) -> int:
    """The first feature of a scene that is of a pair of kinds."""
    return scene_size(kinds, actions) - kinds * (kinds + 1) // 2


def motion_names(kinds: int, actions: int) -> list[str]:
    """What each feature of an object about to move is called."""
    near = ("next_dy", "next_dx", "next_gap_y", "next_gap_x", "vy", "vx", "gap_y", "gap_x")
    return [
        "vy", "vx", "next_y", "next_x", "age",
        *(f"{name}(kind{k})" for k in range(kinds) for name in near),
        *(f"before(action{a})" for a in range(actions)), *(f"action{a}" for a in range(actions)),
    ]  # fmt: skip


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
