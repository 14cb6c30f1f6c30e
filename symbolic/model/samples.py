"""Samples for each law out of what is remembered: compiled loops over all transitions.

Shapes: T transitions, n samples, F features.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from symbolic.model.features import motion_features, place_features, scene_features
from symbolic.model.laws import Laws
from symbolic.model.memory import GONE, Episodes
from symbolic.model.scene import KIND, VX, VY, X, Y
from symbolic.model.step import (
    advance,
    by_what_moves,
    expect,
    me_in,
    motion_size_,
    movers_of,
    place_size_,
    room_for,
    scene_size_,
)


@njit(cache=True)
def motion_samples(
    told: Episodes, kind: int, obeys: np.ndarray, effects: np.ndarray, first: int
) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, F) and rows (n,) of all objects of a kind whose next place is known, from
    transition ``first`` on; those that do not obey are shown where what obeys truly went."""
    kinds, actions = len(obeys), len(effects)
    all_kinds = np.ones(kinds + 1, np.int64)
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
                motion_features(scene, i, action, told.before[t], ahead, all_kinds, effects, out[n])
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
    all_kinds = np.ones(kinds, np.int64)
    of_scenes = np.empty((total, scene_size_(kinds, actions)))
    many = 0
    for t in range(total):
        if not (told.ended[t] or told.cut[t]):
            many += told.start[t + 1] - told.start[t]
    of_objects = np.empty((many, place_size_(kinds)))
    kind, stays = np.empty(many, np.int64), np.empty(many, np.int64)
    buffer, likeliest = np.empty(room_for(laws)), np.full(3, -1.0)
    n = 0
    for t in range(total):
        low, high = told.start[t], told.start[t + 1]
        scene = told.rows[low:high]
        moved, ahead = np.empty_like(scene), np.empty((high - low, 4))
        advance(scene, moved, ahead, told.action[t], told.before[t], laws, likeliest, buffer)
        me = me_in(moved, laws)
        scene_features(
            moved, me, told.action[t], laws.moves, all_kinds, actions, True, of_scenes[t]
        )
        if told.ended[t] or told.cut[t]:
            continue
        movers = movers_of(scene, laws.moves)
        for i in range(high - low):
            still = laws.moves[int(scene[i, KIND])] == 0
            if still and not by_what_moves(moved, i, movers):
                continue
            place_features(moved, i, all_kinds, of_objects[n])
            kind[n] = int(scene[i, KIND])
            stays[n] = told.became[low + i] != GONE
            n += 1
    return of_scenes, of_objects[:n], kind[:n], stays[:n]


@njit(cache=True)
def newborn_rows(told: Episodes) -> np.ndarray:
    """Rows (n,) of the objects that the scene before did not show, within an episode."""
    known = np.zeros(len(told.rows), np.bool_)
    for r in range(len(told.became)):
        if told.became[r] >= 0:
            known[told.became[r]] = True
    found = np.empty(len(told.rows), np.int64)
    n = 0
    for t in range(len(told.action)):
        if told.ended[t] or told.cut[t]:
            continue
        for r in range(told.start[t + 1], told.start[t + 2]):
            if not known[r]:
                found[n] = r
                n += 1
    return found[:n]


@njit(cache=True)
def effects_of(told: Episodes, obeys: np.ndarray, actions: int) -> np.ndarray:
    """Mean velocity (A, 2) of what obeys in the step of an action and in the one after it."""
    total, many = np.zeros((actions, 2)), np.zeros(actions)
    for t in range(len(told.action)):
        for r in range(told.start[t], told.start[t + 1]):
            after = told.became[r]
            if obeys[int(told.rows[r, KIND])] == 0 or after < 0:
                continue
            for action in (told.action[t], told.before[t]):
                if action >= 0:
                    many[action] += 1
                    total[action, 0] += told.rows[after, VY]
                    total[action, 1] += told.rows[after, VX]
    return total / np.maximum(many, 1.0).reshape(-1, 1)
