"""Lanes: what something sent out from each place would meet first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import minimum_filter1d

from symbolic.dynamics.drifts import Drifts
from symbolic.facts import SymbolicObject
from symbolic.scene import SLOWEST, position, size, velocity

DELAY = 1  # agent step from the decision to send until it is seen
EMPTY = 32  # pixels that what is sent into an empty lane is taken to fly
SLOW = 0.25  # pixels per agent step: the mean of missiles both ways may be next to nothing
NOTHING = -1  # the kind that stands for an empty lane


class Lane(NamedTuple):
    """What a missile would meet first, by time of launch (T) and position (N).

    ``kind`` (T, N) with `NOTHING` where the lane is empty; ``offset`` (T, N) pixels along between
    its centre and the missile; ``steps`` (T, N) of flight.
    """

    kind: np.ndarray
    offset: np.ndarray
    steps: np.ndarray


def lane(
    targets: Sequence[SymbolicObject],
    drifts: Drifts,
    axis: int,
    origin: int,
    speed: float,
    positions: range,
    times: Sequence[int],
) -> Lane:
    """The first target in each lane, for a missile that moves ``speed`` (signed) across.

    ``origin`` is the position across at which it is seen first, `DELAY` after it was sent; targets
    are taken to go on as they drift, along the axis of control, and to turn back where their range
    ends.
    """
    across = 1 - axis
    side, pace = 1 if speed > 0 else -1, max(SLOW, abs(speed))
    ahead = [o for o in targets if (position(o, across) - origin) * side > 0]
    shape = len(times), len(positions)
    if not ahead:
        return _empty(shape, pace)
    gaps = np.array([abs(position(o, across) - origin) - size(o, across) / 2 for o in ahead])
    nearest = np.argsort(gaps, kind="stable")  # it is met first
    ahead = [ahead[i] for i in nearest]
    flight = np.maximum(0.0, gaps[nearest]) / pace  # (M,)
    start = np.array(times) + DELAY
    arrives = drifts.ahead(ahead, axis, start + flight[:, None])  # (M, T)
    wide = np.array([size(o, axis) for o in ahead])
    off = arrives[..., None] - np.arange(positions.start, positions.stop)  # (M, T, N)
    hit = np.abs(off) <= wide[:, None, None] / 2 + 1
    first = hit.argmax(axis=0)
    met = hit.any(axis=0)
    kinds = np.array([o.kind for o in ahead])
    offset = np.rint(np.take_along_axis(off, first[None], axis=0)[0]).astype(np.int64)
    nothing = _empty(shape, pace)
    return Lane(
        np.where(met, kinds[first], nothing.kind),
        np.where(met, offset, nothing.offset),
        np.where(met, flight[first], nothing.steps),
    )


def _empty(shape: tuple[int, int], pace: float) -> Lane:
    """Lanes in which nothing is met."""
    nothing = np.full(shape, NOTHING), np.zeros(shape, np.int64)
    return Lane(*nothing, np.full(shape, EMPTY / pace))


def targets_of(objects: Sequence[SymbolicObject], axis: int) -> list[SymbolicObject]:
    """What a missile may meet: all that does not itself move across."""
    return [o for o in objects if abs(velocity(o, 1 - axis)) < SLOWEST]


def reachable(worth: np.ndarray, pixel_cost: float) -> np.ndarray:
    """(N,) the best worth of all positions, less the cost of each pixel that it is away."""
    place = pixel_cost * np.arange(len(worth))
    from_below = np.maximum.accumulate(worth + place) - place
    from_above = np.maximum.accumulate((worth - place)[::-1])[::-1] + place
    return np.asarray(np.maximum(from_below, from_above))


def left_behind(
    worth: np.ndarray, steps: np.ndarray, step_cost: float, fastest: float
) -> np.ndarray:
    """(T, N) what it costs that a launch from here leaves me here: the way from where I can be by
    the end of its flight, ``steps`` (T, N), to where the next is best sent from.

    ``worth`` (N,) is that of a launch from each place, ``fastest`` in pixels per agent step.
    """
    short = reachable(worth, step_cost / fastest)
    short = short.max() - short
    whole = np.rint(np.maximum(0.0, steps)).astype(np.int64)
    near = np.empty((whole.max() + 1, len(worth)))
    for flight in np.flatnonzero(np.bincount(whole.reshape(-1))).tolist():
        near[flight] = minimum_filter1d(short, 2 * int(flight * fastest) + 1, mode="nearest")
    return np.asarray(near[whole, np.arange(len(worth))])
