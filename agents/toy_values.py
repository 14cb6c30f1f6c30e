"""What can be known of a toy world by calculation: optimal values, and the best return."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from agents.toy_worlds import MOVES, REWARDS, SIDE, ToyState, destination

MAX_OBJECTS = 16  # 2^16 sets of objects left x 49 cells


class ToyModel(NamedTuple):
    """A layout as arrays; C cells row by row, object i is bit i of a set."""

    targets: np.ndarray  # (4, C) cell that each action leads to
    bits: np.ndarray  # (C,) the object in a cell as a set, 0 for none
    rewards: np.ndarray  # (C,) for taking it
    crosses: int  # the set of all crosses
    sets: int  # 2^objects


def model_of(state: ToyState, side: int = SIDE) -> ToyModel:
    """The dynamics of a layout. Raises ValueError where the table would be too large."""
    if len(state.objects) > MAX_OBJECTS:
        raise ValueError(
            f"value iteration takes at most {MAX_OBJECTS} objects, got {len(state.objects)}"
        )
    places = [(row, column) for row in range(side) for column in range(side)]
    targets = [[_cell(destination(p, a, side), side) for p in places] for a in range(len(MOVES))]
    bits, rewards = np.zeros(side * side, np.int64), np.zeros(side * side)
    for number, o in enumerate(state.objects):
        bits[_cell((o.row, o.column), side)] = 1 << number
        rewards[_cell((o.row, o.column), side)] = REWARDS[o.kind]
    crosses = sum(1 << number for number, o in enumerate(state.objects) if o.kind == "cross")
    return ToyModel(np.array(targets), bits, rewards, crosses, 1 << len(state.objects))


def _cell(place: tuple[int, int], side: int) -> int:
    return place[0] * side + place[1]


def action_values(model: ToyModel, values: np.ndarray, discount: float) -> np.ndarray:
    """Q (4, sets, C) by one step of look-ahead from values (sets, C)."""
    left = np.arange(model.sets)[:, None]
    q = np.empty((len(model.targets), *values.shape))
    for action, target in enumerate(model.targets):
        taken = left & model.bits[target]
        gained = np.where(taken > 0, model.rewards[target], 0.0)
        q[action] = gained + discount * values[left - taken, target]
    return q


def value_iteration(model: ToyModel, discount: float, tolerance: float = 1e-9) -> np.ndarray:
    """Optimal values (sets of objects left, C) of an endless episode; 0 once no cross is left.

    A discount of 1 is allowed: no reward comes twice, so values stay finite.
    """
    if not 0 <= discount <= 1:
        raise ValueError(f"discount must be in [0, 1], got {discount}")
    values = np.zeros((model.sets, len(model.bits)))
    playing = (np.arange(model.sets) & model.crosses) > 0
    while True:
        new = action_values(model, values, discount).max(axis=0) * playing[:, None]
        if np.abs(new - values).max() <= tolerance:
            return new
        values = new


def best_return(state: ToyState, side: int = SIDE) -> float:
    """The highest undiscounted return of a layout, by trying every set of circles to give up.

    With a set of circles that may be stepped on, all crosses connected to the agent can be had.
    `MAX_STEPS` never cuts that short: a depth-first walk over the whole grid takes fewer steps.
    """
    circles = [(o.row, o.column) for o in state.objects if o.kind == "circle"]
    crosses = [(o.row, o.column) for o in state.objects if o.kind == "cross"]
    best = 0.0
    for count in range(len(circles) + 1):
        toll = count * REWARDS["circle"]
        if toll + len(crosses) * REWARDS["cross"] <= best:
            break
        for given_up in combinations(circles, count):
            free = np.ones((side, side), bool)
            for place in circles:
                free[place] = place in given_up
            labels, _ = ndimage.label(free)
            reached = sum(labels[place] == labels[state.agent] for place in crosses)
            best = max(best, toll + reached * REWARDS["cross"])
    return best
