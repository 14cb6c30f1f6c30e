"""Look-ahead over learned motion: which action now brings the best meeting later.

Legend: G groups of actions that move the controlled object alike, R variants within a group,
S speed bins, D displacements (pixels per agent step), O offsets (pixels, other object minus
controlled one, along the axis of control).
"""

from __future__ import annotations

import numpy as np


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
        chances: (G, S, G, D) probability of each displacement, given the group before, the
            speed bin and the group now; D odd, its middle is 0.
        bin_of_displacement: (D,) the speed bin a displacement leads to.
        speed_of_bin: (S,) pixels per agent step.
        terminal: (R, O) value of a meeting at each offset, by the variant of the action during
            which it happens; O odd, its middle is 0.
        bounds: lowest and highest offset that can be reached (the controlled object's range).
        fraction: the meeting falls this far into the last step, in (0, 1].
        horizon: whole steps before that last one.

    Returns:
        The values in the last step, (R, G, S, G, O): by variant, group before, speed, group
        now; and ``horizon`` arrays (G, S, G, O), entry t for t + 1 whole steps before it.
    """
    groups, speeds, _, reach = chances.shape
    size = terminal.shape[1]
    assert bin_of_displacement.shape == (reach,) and speed_of_bin.shape == (speeds,)
    chances = chances.astype(np.float32)
    displacement = np.arange(reach) - reach // 2
    offsets = np.arange(size) - size // 2
    low, high = max(bounds[0], int(offsets[0])), min(bounds[1], int(offsets[-1]))
    low, high = min(low, high), max(low, high)

    moved = part_way(speed_of_bin[:, None], displacement[None, :], fraction)  # (S, D)
    ends = np.clip(offsets[None, None, :] - moved[:, :, None], low, high)
    met = np.stack([np.interp(ends, offsets, each) for each in terminal]).astype(np.float32)
    last = np.einsum("psad,rsdo->rpsao", chances, met, optimize=True)
    q = last.max(axis=0)
    values = []
    after = np.clip(offsets[None, :] - displacement[:, None], low, high) + size // 2  # (D, O)
    flat = chances.transpose(2, 0, 1, 3).reshape(groups, groups * speeds, reach)
    for _ in range(horizon):
        best = q.max(axis=2)  # (G, S, O)
        ahead = best[:, bin_of_displacement[:, None], after]  # (G, D, O): what a step leads to
        q = np.matmul(flat, ahead).reshape(groups, groups, speeds, size).transpose(1, 2, 0, 3)
        values.append(q)
    return last, values
