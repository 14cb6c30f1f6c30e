"""dSprites (Matthey et al. 2017): white shapes on black, five factors, 737,280 images.

Sizes, outlines and places are the published ones, fitted to the 320 frames of `dsprites.gif` in
github.com/google-deepmind/dsprites-dataset: the mean overlap with them is 0.998, where 1 is the
same pixels (a test holds a part of them against ours). Only the archive itself is exact. Images are
drawn when they are asked for: a pixel is white if its middle lies within the outline.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from perception.factors.data import FactorData

SIDE = 64  # pixels
PLACES = 32
NEAREST, FARTHEST = 15.5, 47.5  # pixels, where the middle of the first is 0: the outermost centres
SHAPES = ("square", "ellipse", "heart")
SCALES = np.linspace(0.5, 1.0, 6)
TINTS = np.rint(255 * np.linspace(0.25, 1.0, 8)).astype(np.uint8)
ORIENTATIONS = np.linspace(0.0, 2 * np.pi, 40)  # so the last looks as the first

# at scale 1, in pixels
HALF_SIDE = 9.6  # of the square
HALF_AXES = (12.75, 7.25)  # of the ellipse
# the outline of the heart: x is a sum of sines of t, 2t, ..., y one of cosines of 0, t, 2t, ...
HEART_X = (6.951, 0.128, -2.633)
HEART_Y = (1.058, 8.774, -3.692, -1.420, -0.766)
OUTLINE = 2048  # points of it
REACH = 14  # pixels from the centre that no shape goes beyond
WINDOW = 2 * REACH + 2  # pixels, in which a shape lies wherever between pixels its centre is


class DSprites(FactorData):
    """Binary images, 64x64: 3 shapes, 6 scales, 40 orientations, 32 places each way."""

    factor_names: ClassVar[tuple[str, ...]] = ("shape", "scale", "orientation", "x", "y")
    factors_num_values: ClassVar[tuple[int, ...]] = (3, 6, 40, PLACES, PLACES)
    observation_shape = (SIDE, SIDE, 1)
    version = 2  # 1 was of outlines of our own, the heart the largest, and places a pixel apart

    def __init__(self) -> None:
        self._angles, self._radii = heart_outline()

    def render(self, factors: np.ndarray) -> np.ndarray:
        shape, scale, turn, x, y = factors.T
        centres = np.linspace(NEAREST, FARTHEST, PLACES)
        row, column = centres[y], centres[x]
        top, left = (np.floor(each).astype(int) - REACH for each in (row, column))
        along = np.arange(WINDOW)
        right = (left - column)[:, None, None] + along
        up = (row - top)[:, None, None] - along[:, None]
        size, angle = (each[:, None, None] for each in (SCALES[scale], ORIENTATIONS[turn]))
        across = (np.cos(angle) * right + np.sin(angle) * up) / size
        upright = (np.cos(angle) * up - np.sin(angle) * right) / size
        images = np.zeros((len(factors), SIDE, SIDE), np.uint8)
        windows = np.lib.stride_tricks.sliding_window_view(
            images, (WINDOW, WINDOW), (1, 2), writeable=True
        )
        inside = np.empty(across.shape, bool)
        for number, within in enumerate((_in_square, _in_ellipse, self._in_heart)):
            of = shape == number
            inside[of] = within(across[of], upright[of])
        windows[np.arange(len(factors)), top, left] = np.where(inside, 255, 0)
        return images[..., None]

    def _in_heart(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        edge = np.interp(np.arctan2(np.abs(x), y), self._angles, self._radii)
        return np.asarray(np.hypot(x, y) <= edge)


def _in_square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(np.abs(x), np.abs(y)) <= HALF_SIDE)


def _in_ellipse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray((x / HALF_AXES[0]) ** 2 + (y / HALF_AXES[1]) ** 2 <= 1)


def heart_outline() -> tuple[np.ndarray, np.ndarray]:
    """Angles (P,) from upwards, 0 to pi, rising, and the distances (P,) of the edge there, in
    pixels at scale 1; the left half is the right one's mirror image."""
    t = np.linspace(0, np.pi, OUTLINE)
    x = sum(a * np.sin(k * t) for k, a in enumerate(HEART_X, start=1))
    y = sum(a * np.cos(k * t) for k, a in enumerate(HEART_Y))
    # rounding at the tip would turn back by a thousandth
    return np.maximum.accumulate(np.arctan2(np.abs(x), y)), np.hypot(x, y)


class ColouredDSprites(DSprites):
    """The same in colour, for Figure 4a of Burgess et al. 2018: red, green and blue are three more
    factors of 8 values each, from a quarter to full, so that no sprite is black on black."""

    factor_names = (*DSprites.factor_names, "red", "green", "blue")
    factors_num_values = (*DSprites.factors_num_values, len(TINTS), len(TINTS), len(TINTS))
    observation_shape = (SIDE, SIDE, 3)

    def render(self, factors: np.ndarray) -> np.ndarray:
        white = super().render(factors[:, :-3]) > 0
        return white * TINTS[factors[:, None, None, -3:]]
