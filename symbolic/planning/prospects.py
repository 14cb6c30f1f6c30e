"""Where each action leads before what is foreseen comes level, and what such strikes came to.

For people to read: the plan of `lookahead` without noise, followed along the likeliest motion.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from symbolic.dynamics.motion import MotionModel, end_of, nearest_bin
from symbolic.planning.foresight import (
    FARTHEST,
    Followed,
    Foresight,
    button_of,
    meetings_of,
    moves_of,
    positions_of,
    values_of,
)
from symbolic.planning.lookahead import Moves, part_way, plan
from symbolic.scene import Forecast, way


class Prospect(NamedTuple):
    """One action's: ``place`` of the controlled object when they come level, ``offset`` of the
    other one from there, both in pixels along the axis of control; ``worth`` of such a strike, the
    sum of share times worth over ``followed``, which has the largest share first. ``value`` is
    what the action is worth by the plan: over all ways that it may come, not the likeliest alone,
    with the button that is kept until then, and discounted. ``path`` are its places after each
    agent step until then, and `place` at the end."""

    place: int
    offset: int
    worth: float
    followed: tuple[Followed, ...]
    value: float = 0.0
    path: tuple[int, ...] = ()


def prospects(
    motion: MotionModel,
    foresight: Foresight,
    forecast: Forecast,
    extent: tuple[int, int],
    place: int,
    speed: int,
    before: int,
    discount: float,
) -> list[Prospect]:
    """One for each action; the best there is to do, as far as is known, follows it.

    Args:
        extent, place, speed, before: the range of the controlled object, where it is, its last
            displacement (pixels) and the last action, as in `Outlook`.
    """
    speeds, moves = moves_of(motion, extent)
    positions = positions_of(extent)
    met = meetings_of(forecast, foresight.mean_values(forecast))
    stages = plan(moves, positions, met, met[-1].step + 1, None, discount)
    first, fraction, begins = met[0].step, met[0].fraction, nearest_bin(speeds, speed)
    middle = moves.chances.shape[-1] // 2  # of the displacements
    now = stages[0].waits
    values = values_of(now, motion, moves, speeds, place, speed, before)
    if len(now) == 1:
        values = values + button_of(met[0].worth, motion)
    found = []
    for action in range(len(motion.groups)):
        at, group, bin_ = _within(positions, place), motion.groups[before], begins
        taken, variant = int(motion.groups[action]), int(motion.variants[action])
        moved, path = _likeliest(moves, at, group, bin_, taken), []
        for step in range(1, first + 1):
            at, group = _within(positions, at + moved), taken
            path.append(at)
            bin_ = moves.bin_of_displacement[moved + middle]
            q = stages[step].waits[:, group, bin_, :, at - positions.start]
            row, taken = (int(i) for i in np.unravel_index(q.argmax(), q.shape))
            variant = row if len(q) > 1 else variant
            moved = _likeliest(moves, at, group, bin_, taken)
        there = at + round(float(part_way(moves.speed_of_bin[bin_], np.array(moved), fraction)))
        offset = max(-FARTHEST, min(FARTHEST, forecast.place - there))
        followed = foresight.followed(forecast, offset, variant, way(moved))
        worth = sum(each.share * each.worth for each in followed)
        value, along = float(values[action]), (*path, there)
        found.append(Prospect(there, forecast.place - there, worth, followed, value, along))
    return found


def _within(positions: range, place: int) -> int:
    return min(max(place, positions.start), positions.stop - 1)


def _likeliest(moves: Moves, at: int, before: int, speed_bin: int, group: int) -> int:
    """The likeliest displacement, in pixels."""
    chances = moves.chances[end_of(at, moves.low, moves.high), before, speed_bin, group]
    return int(chances.argmax()) - len(chances) // 2
