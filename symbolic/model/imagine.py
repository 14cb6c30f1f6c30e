"""What follows from a scene and a plan by the laws: futures, what they bring, and what is worth
trying. Compiled, knows no learning. Shapes: N objects, P plans, H steps, K kinds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from symbolic.model.features import there
from symbolic.model.laws import Laws
from symbolic.model.scene import HEIGHT, KIND, WIDTH, X, Y
from symbolic.model.step import (
    advance,
    bear,
    first_of,
    judge,
    movers_of,
    room_for,
    survive,
    with_room,
)


@njit(cache=True)
def _lacking(scene: np.ndarray, needed: np.ndarray) -> bool:
    """Whether a kind that is needed is not there: a scene unlike any met."""
    for kind in range(needed.shape[0]):
        if needed[kind] == 0:
            continue
        found = False
        for i in range(scene.shape[0]):
            if int(scene[i, KIND]) == kind and there(scene, i):
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
        if there(scene, i):
            kind = int(scene[i, KIND])
            needed[kind] = always[kind]
    return needed


class Wishes(NamedTuple):
    """What a step is worth beside its reward: ``curiosity`` / sqrt(1 + visits) for each step on a
    tile of the screen, and ``tries`` for the first touch of a kind, none from three ``touches``
    (K,) on."""

    visits: np.ndarray
    touches: np.ndarray
    tile: float
    curiosity: float
    tries: float


@njit(cache=True)
def _wished(scene: np.ndarray, me: int, touched: np.ndarray, wishes: Wishes) -> float:
    """The worth of being where I am, for the sake of knowing."""
    visits, touches = wishes.visits, wishes.touches
    gain = wishes.curiosity / np.sqrt(1.0 + visits[tile_of(scene, me, wishes.tile, visits)])
    if wishes.tries > 0:
        for j in range(scene.shape[0]):
            kind = int(scene[j, KIND])
            if j == me or touched[kind] > 0 or touches[kind] >= 3 or not there(scene, j):
                continue
            if touching(scene, me, j):
                touched[kind] = 1.0
                gain += wishes.tries * (1 - touches[kind] / 3)
    return gain


@njit(cache=True)
def rollouts(
    scene: np.ndarray,
    before: int,
    plans: np.ndarray,
    laws: Laws,
    discount: float,
    wishes: Wishes,
    luck: np.ndarray,
    samples: int,
) -> np.ndarray:
    """Discounted return of each plan (P, H) -> (P,): the mean of up to ``samples`` drawn futures.

    All plans meet the same ``luck`` (H, 3), shifted evenly from sample to sample; where chance has
    no say in the first future, it is the only one. From sample to sample the better half is
    asked further (sequential halving, Karnin, Koren & Somekh 2013). A future ends where a
    kind is gone that every real scene shows: what follows was never met, and only an end shows such
    a scene, so it brings what ends bring.
    """
    many, scene = plans.shape[0], with_room(scene, laws)
    returns, chances = np.zeros(many), np.zeros(many, np.bool_)
    rooms, room = np.empty((2, *scene.shape)), room_for(laws)
    buffer, touched, ahead = np.empty(room), np.zeros(laws.kinds), np.empty((scene.shape[0], 4))
    needed, movers = needed_from(scene, laws.always), movers_of(scene, laws.moves)
    asked = np.arange(many)
    for s in range(samples):
        shifted = (luck + s / samples) % 1.0
        for p in asked:
            if s > 0 and not chances[p]:
                continue  # every future of it is the first
            rooms[0] = scene
            touched[:] = 0.0
            total, chance = _rollout(
                rooms, ahead, before, plans[p], laws, discount, wishes, shifted, needed, movers,
                touched, buffer,
            )  # fmt: skip
            if s == 0:
                chances[p] = chance
            returns[p] += (total - returns[p]) / (s + 1)
        best = asked[np.argsort(-returns[asked], kind="mergesort")]
        asked = best[: (len(best) + 1) // 2]
    return returns


@njit(cache=True)
def _rollout(
    rooms: np.ndarray,
    ahead: np.ndarray,
    before: int,
    plan: np.ndarray,
    laws: Laws,
    discount: float,
    wishes: Wishes,
    luck: np.ndarray,
    needed: np.ndarray,
    movers: np.ndarray,
    touched: np.ndarray,
    buffer: np.ndarray,
) -> tuple[float, bool]:
    """One future from ``rooms[0]``: its return, and whether chance had a say."""
    now, moved = rooms[0], rooms[1]
    wishing = wishes.curiosity > 0 or wishes.tries > 0
    going, factor, total, chance = 1.0, 1.0, 0.0, False
    born = np.zeros(laws.kinds)
    for h in range(len(plan)):
        chance = advance(now, moved, ahead, plan[h], before, laws, luck[h], buffer) or chance
        reward, end = judge(moved, plan[h], laws, born, buffer)
        me = first_of(moved, laws.obeys) if wishing else -1
        if me >= 0:
            reward += _wished(moved, me, touched, wishes)
        total += going * factor * reward
        going *= 1.0 - end
        if going < 0.05:
            break
        chance = survive(moved, now, movers, laws, luck[h], buffer) or chance
        chance = bear(now, laws, born, luck[h]) or chance
        if _lacking(now, needed):
            total += going * factor * laws.last
            break
        factor *= discount
        before = plan[h]
    return total, chance


@njit(cache=True)
def tile_of(scene: np.ndarray, i: int, tile: float, visits: np.ndarray) -> tuple[int, int]:
    """The tile of the screen that an object's centre is on."""
    row = min(max(int(scene[i, Y] // tile), 0), visits.shape[0] - 1)
    return row, min(max(int(scene[i, X] // tile), 0), visits.shape[1] - 1)


@njit(cache=True)
def touching(scene: np.ndarray, i: int, j: int) -> bool:
    """Whether two objects are less than two pixels apart."""
    high = (scene[i, HEIGHT] + scene[j, HEIGHT]) / 2
    wide = (scene[i, WIDTH] + scene[j, WIDTH]) / 2
    down, along = abs(scene[i, Y] - scene[j, Y]), abs(scene[i, X] - scene[j, X])
    return down - high < 2 and along - wide < 2


@njit(cache=True)
def future(
    scene: np.ndarray, before: int, plan: np.ndarray, laws: Laws
) -> tuple[np.ndarray, np.ndarray, int]:
    """The scenes (H, N + M, COLUMNS) that a plan likeliest leads to, M rows for what may appear,
    the reward in each, and how many there are until the end of imagination."""
    scene = with_room(scene, laws)
    n, steps, born = scene.shape[0], len(plan), np.zeros(laws.kinds)
    scenes, rewards = np.zeros((steps, n, scene.shape[1])), np.zeros(steps)
    buffer = np.empty(room_for(laws))
    now, moved, ahead = scene.copy(), np.empty_like(scene), np.empty((n, 4))
    needed, movers = needed_from(scene, laws.always), movers_of(scene, laws.moves)
    last, going, likeliest = before, 1.0, np.full(3, -1.0)
    for h in range(steps):
        advance(now, moved, ahead, plan[h], last, laws, likeliest, buffer)
        rewards[h], end = judge(moved, plan[h], laws, born, buffer)
        rewards[h] *= going
        going *= 1.0 - end
        survive(moved, now, movers, laws, likeliest, buffer)
        bear(now, laws, born, likeliest)
        scenes[h] = now
        if _lacking(now, needed):
            rewards[h] += going * laws.last
            going = 0.0
        if going < 0.05:
            return scenes, rewards, h + 1
        last = plan[h]
    return scenes, rewards, steps
