"""Look-ahead over learned motion: which action now brings the best meeting later.

Legend: G groups of actions that move the controlled object alike, R variants within a group,
W ways to move, S speed bins, D displacements (pixels per agent step), O offsets (pixels, other
object minus controlled one, along the axis of control).
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from symbolic.motion import BETWEEN, HIGH, LOW, end_of
from symbolic.scene import WAYS, way


def part_way(speed: np.ndarray, displacement: np.ndarray, fraction: float) -> np.ndarray:
    """How far an object is after ``fraction`` of a step that ends at ``displacement``.

    The parabola through the last three positions, so a start or a stop is not taken for even
    motion. ``speed`` is the displacement of the step before; shapes broadcast, pixels.
    """
    mean = (speed + displacement) / 2
    return fraction * mean + fraction**2 * (displacement - speed) / 2


def plan(
    chances: np.ndarray,
    bin_of_displacement: np.ndarray,
    speed_of_bin: np.ndarray,
    terminal: np.ndarray,
    bounds: tuple[int, int],
    fraction: float,
    horizon: int,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Action values by backward induction, exact for the learned motion.

    Args:
        chances: (ENDS, G, S, G, D) probability of each displacement, given where in its range
            the controlled object starts, the group before, the speed bin and the group now; D
            odd, its middle is 0.
        bin_of_displacement: (D,) the speed bin a displacement leads to.
        speed_of_bin: (S,) pixels per agent step.
        terminal: (R, W, O) value of a meeting at each offset, by the variant of the action during
            which it happens and the way the controlled object then moves (-1, 0, 1); O odd, its
            middle is 0.
        bounds: lowest and highest offset that can be reached (the controlled object's range).
        fraction: the meeting falls this far into the last step, in (0, 1].
        horizon: whole steps before that last one.

    Returns:
        The values in the last step, (R, G, S, G, O): by variant, group before, speed, group
        now; and ``horizon`` arrays (G, S, G, O), entry t for t + 1 whole steps before it.
    """
    _, groups, speeds, _, reach = chances.shape
    variants, _, size = terminal.shape
    assert bin_of_displacement.shape == (reach,) and speed_of_bin.shape == (speeds,)
    happens = np.flatnonzero(chances.any(axis=(0, 1, 2, 3)))
    chances = chances[..., happens].astype(np.float32)
    displacement, bins = happens - reach // 2, bin_of_displacement[happens]
    offsets = np.arange(size) - size // 2
    parts = _columns_of_ends(offsets, bounds)
    low, high = (int(np.clip(bound, offsets[0], offsets[-1])) for bound in bounds)

    # Moved by d, offset o becomes o - d, or stays at an end of the range. With the columns of
    # the ends repeated on both sides, that is the window which starts d columns earlier.
    pad = reach // 2 + 1
    kept = np.clip(np.arange(-pad, size + pad) - size // 2, low, high) + size // 2

    moved = part_way(speed_of_bin[:, None], displacement[None, :], fraction)  # (S, D)
    below = np.floor(-moved).astype(np.intp)
    share = (-moved - below).astype(np.float32)[..., None]
    ways = np.array([WAYS.index(way(d)) for d in displacement])
    windows = sliding_window_view(terminal.astype(np.float32)[..., kept], size, axis=-1)
    met = windows[:, ways, pad + below] * (1 - share) + windows[:, ways, pad + below + 1] * share
    by_speed = chances.transpose(0, 2, 1, 3, 4).reshape(-1, speeds, groups * groups, len(happens))
    last = np.empty((variants, speeds, groups * groups, size), np.float32)
    for end, columns in parts:
        last[..., columns] = by_speed[end] @ met[..., columns]
    last = last.reshape(variants, speeds, groups, groups, size).transpose(0, 2, 1, 3, 4)

    values: list[np.ndarray] = []
    by_group = chances.transpose(0, 3, 1, 2, 4).reshape(-1, groups, groups * speeds, len(happens))
    best = last.max(axis=(0, 3))  # (G, S, O)
    repeated = np.empty((groups, speeds, len(kept)), np.float32)
    windows = sliding_window_view(repeated, size, axis=-1)
    for _ in range(horizon):
        np.take(best, kept, axis=-1, out=repeated)
        ahead = windows[:, bins, pad - displacement]  # (G, D, O): what a step leads to
        q = np.empty((groups, groups * speeds, size), np.float32)  # by the group now
        for end, columns in parts:
            q[..., columns] = by_group[end] @ ahead[..., columns]
        best = q.max(axis=0).reshape(groups, speeds, size)
        values.append(q.reshape(groups, groups, speeds, size).transpose(1, 2, 0, 3))
    return last, values


def _columns_of_ends(offsets: np.ndarray, bounds: tuple[int, int]) -> list[tuple[int, slice]]:
    """Which offsets mean that the controlled object stands at which end of its range.

    The farther it is towards the high end, the lower the other's offset from it.
    """
    size = len(offsets)
    ends = [end_of(-int(o), -bounds[1], -bounds[0]) for o in offsets]
    high, low = ends.count(HIGH), ends.count(LOW)
    parts = [
        (HIGH, slice(0, high)),
        (BETWEEN, slice(high, size - low)),
        (LOW, slice(size - low, size)),
    ]
    return [(end, columns) for end, columns in parts if columns.start < columns.stop]
