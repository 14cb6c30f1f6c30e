"""What a drawing is rewarded for (3.2, 3.3, 4.3, 4.5), as pure functions of arrays.

N drawings, T steps, L looks at the canvas, pictures (N, H, W, C) uint8. Prices are negative
rewards, for what is wanted less of.
"""

from __future__ import annotations

import numpy as np

from perception.spiral.canvas import squared_error

BINS = 16  # of a channel's histogram


def l2_score(pictures_NHWC: np.ndarray, targets_NHWC: np.ndarray) -> np.ndarray:
    """Minus the distance of appendix A, eq. 9, pixels in [0, 1]: (N,)."""
    pixels = targets_NHWC[0].size
    distances_N: np.ndarray = np.sqrt(squared_error(pictures_NHWC, targets_NHWC) * pixels)
    return -distances_N


def at_the_end(scores_N: np.ndarray, steps: int) -> np.ndarray:
    """(N, T): eq. 4, the score of what was drawn in the end, and nothing before."""
    return np.pad(scores_N[:, None], [(0, 0), (steps - 1, 0)])


def by_step(scores_NL: np.ndarray) -> np.ndarray:
    """(N, T): what each step raised the score by; ``scores_NL`` are of the blank canvas and after
    each step. Their sum is the last score less the first."""
    return np.diff(scores_NL, axis=1)


def of_lines(begun_NT: np.ndarray, price: float) -> np.ndarray:
    """(N, T): a price for each line that is begun, so that a drawing is of few (4.3)."""
    return -price * begun_NT


def of_nothing(pictures_NHWC: np.ndarray, steps: int, price: float) -> np.ndarray:
    """(N, T): a price, at the end, for a canvas that is left empty (4.3)."""
    empty_N = pictures_NHWC.reshape(len(pictures_NHWC), -1).max(axis=1) == 0
    return at_the_end(-price * empty_N, steps)


def of_colours(
    pictures_NHWC: np.ndarray, targets_NHWC: np.ndarray, steps: int, price: float
) -> np.ndarray:
    """(N, T): a price, at the end, for each unit of earth mover's distance between the histograms
    of drawing and target, the mean of the channels' (4.5)."""
    moved_NC = np.abs(_below(pictures_NHWC) - _below(targets_NHWC)).mean(axis=1)
    return at_the_end(-price * moved_NC.mean(axis=1), steps)


def _below(pictures_NHWC: np.ndarray) -> np.ndarray:
    """(N, BINS, C): the share of pixels up to each level; the distance on a line is between
    those."""
    levels = (np.arange(BINS) + 1) * (256 // BINS)
    below = pictures_NHWC[:, None] < levels[:, None, None, None]
    shares: np.ndarray = below.mean(axis=(2, 3))
    return shares
