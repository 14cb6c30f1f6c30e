"""Samples for each law out of what is remembered: compiled loops over all transitions.

Shapes: T transitions, n samples, F features.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from symbolic.model.features import motion_features, place_features, scene_features
from symbolic.model.imagine import (
    advance,
    by_what_moves,
    expect,
    me_in,
    motion_size_,
    place_size_,
    room_for,
    scene_size_,
)
from symbolic.model.laws import Laws
from symbolic.model.memory import GONE, Episodes
from symbolic.model.scene import KIND, VX, VY, X, Y


@njit(cache=True)
def motion_samples(
    told: Episodes, kind: int, obeys: np.ndarray, kinds: int, actions: int, first: int
) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, F) and rows (n,) of all objects of a kind whose next place is known, from
    transition ``first`` on; those that do not obey are shown where what obeys truly went."""
    many = 0
    for r in range(told.start[first], len(told.rows)):
        many += int(told.rows[r, KIND]) == kind and told.became[r] >= 0
    out = np.empty((many, motion_size_(kinds, actions)))
    where = np.empty(many, np.int64)
    n = 0
    for t in range(first, len(told.action)):
        low, high = told.start[t], told.start[t + 1]
        scene = told.rows[low:high]
        wanted = False
        for i in range(high - low):
            wanted = wanted or (int(scene[i, KIND]) == kind and told.became[low + i] >= 0)
        if not wanted:
            continue
        ahead = np.empty((high - low, 4))
        expect(scene, ahead)
        action = told.action[t]
        if obeys[kind] == 0:
            action = -1
            for i in range(high - low):
                after = told.became[low + i]
                if obeys[int(scene[i, KIND])] > 0 and after >= 0:
                    ahead[i, 0], ahead[i, 1] = told.rows[after, Y], told.rows[after, X]
                    ahead[i, 2], ahead[i, 3] = told.rows[after, VY], told.rows[after, VX]
        for i in range(high - low):
            if int(scene[i, KIND]) == kind and told.became[low + i] >= 0:
                motion_features(scene, i, action, told.before[t], ahead, kinds, actions, out[n])
                where[n] = low + i
                n += 1
    return out, where


@njit(cache=True)
def moved_samples(
    told: Episodes, laws: Laws
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What moved scenes look like: features of each scene (T, F); features (n, F), kind and
    whether it survived (n,) of each object whose fate is known."""
    total = len(told.action)
    kinds, actions = laws.kinds, laws.actions
    of_scenes = np.empty((total, scene_size_(kinds, actions)))
    many = 0
    for t in range(total):
        if not told.ended[t]:
            many += told.start[t + 1] - told.start[t]
    of_objects = np.empty((many, place_size_(kinds)))
    kind, stays = np.empty(many, np.int64), np.empty(many, np.int64)
    buffer = np.empty(room_for(laws))
    n = 0
    for t in range(total):
        low, high = told.start[t], told.start[t + 1]
        scene = told.rows[low:high]
        moved, ahead = np.empty_like(scene), np.empty((high - low, 4))
        advance(scene, moved, ahead, told.action[t], told.before[t], laws, buffer)
        me = me_in(moved, laws)
        scene_features(moved, me, told.action[t], laws.moves, kinds, actions, True, of_scenes[t])
        if told.ended[t]:
            continue
        for i in range(high - low):
            still = laws.moves[int(scene[i, KIND])] == 0
            if still and not by_what_moves(moved, i, laws.moves):
                continue
            place_features(moved, i, kinds, of_objects[n])
            kind[n] = int(scene[i, KIND])
            stays[n] = told.became[low + i] != GONE
            n += 1
    return of_scenes, of_objects[:n], kind[:n], stays[:n]
