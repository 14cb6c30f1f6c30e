"""Where each action leads before what is foreseen comes level, and what such strikes came to.

For people to read: the plan of `lookahead` without noise, followed along the likeliest motion.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from symbolic.dynamics.motion import MotionModel, bin_of_speed, end_of
from symbolic.planning.foresight import (
    FARTHEST,
    Followed,
    Foresight,
    meetings_of,
    moves_of,
    positions_of,
)
from symbolic.planning.lookahead import part_way, plan
from symbolic.scene import Forecast, way


class Prospect(NamedTuple):
    """One action's: ``place`` of the controlled object when they come level, ``offset`` of the
    other one from there, both in pixels along the axis of control; ``worth`` of such a strike, the
    sum of share times worth over ``followed``, which has the largest share first."""

    place: int
    offset: int
    worth: float
    followed: tuple[Followed, ...]


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
    first, fraction = met[0].step, met[0].fraction
    displacements = np.arange(moves.chances.shape[-1]) - moves.chances.shape[-1] // 2
    found = []
    for action in range(len(motion.groups)):
        at, group = place, int(motion.groups[before])
        bin_ = int(np.abs(speeds - bin_of_speed(speed)).argmin())
        taken, variant = int(motion.groups[action]), int(motion.variants[action])
        for step in range(first + 1):
            at = min(max(at, positions.start), positions.stop - 1)
            if step > 0:
                q = stages[step].waits[:, group, bin_, :, at - positions.start]
                row, taken = (int(i) for i in np.unravel_index(q.argmax(), q.shape))
                variant = row if len(q) > 1 else variant
            end = end_of(at, moves.low, moves.high)
            likeliest = int(moves.chances[end, group, bin_, taken].argmax())
            moved = int(displacements[likeliest])
            if step == first:
                break
            at, group, bin_ = at + moved, taken, int(moves.bin_of_displacement[likeliest])
        there = at + round(float(part_way(moves.speed_of_bin[bin_], np.array(moved), fraction)))
        offset = max(-FARTHEST, min(FARTHEST, forecast.place - there))
        followed = foresight.followed(forecast, offset, variant, way(moved))
        worth = sum(each.share * each.worth for each in followed)
        found.append(Prospect(there, forecast.place - there, worth, followed))
    return found
