"""dSprites (Matthey et al. 2017): white shapes on black, five factors, 737,280 images.

The factors and their values are the official ones; how large and of what form the shapes are is
not published, and ours to choose. Images are drawn when they are asked for: a drawing of each
shape, scale and orientation is kept, and a position is a window onto it.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from perception.factors.data import FactorData

SIDE = 64  # pixels
PLACES = 32  # a pixel apart: as near as they can be and still all look different
REACH = 16.0  # pixels from the centre that the largest shape may reach
EDGE = 1e-6  # pixels: what lies on the edge is within, however the turn was rounded
SHAPES = ("square", "ellipse", "heart")
SCALES = np.linspace(0.5, 1.0, 6)
TINTS = np.rint(255 * np.linspace(0.25, 1.0, 8)).astype(np.uint8)
ORIENTATIONS = np.linspace(0.0, 2 * np.pi, 40)  # so the last looks as the first


class DSprites(FactorData):
    """Binary images, 64x64: 3 shapes, 6 scales, 40 orientations, 32 places each way."""

    factor_names: ClassVar[tuple[str, ...]] = ("shape", "scale", "orientation", "x", "y")
    factors_num_values: ClassVar[tuple[int, ...]] = (3, 6, 40, PLACES, PLACES)
    observation_shape = (SIDE, SIDE, 1)

    def __init__(self) -> None:
        drawings = np.stack([
            drawing(shape, scale, turn)
            for shape in SHAPES for scale in SCALES for turn in ORIENTATIONS
        ])  # fmt: skip
        # (720, 32, 32, 64, 64), a view: where the window begins says where the shape is
        self._windows = np.lib.stride_tricks.sliding_window_view(drawings, (SIDE, SIDE), (1, 2))

    def render(self, factors: np.ndarray) -> np.ndarray:
        shape, scale, turn, x, y = factors.T
        drawing_of = np.ravel_multi_index((shape, scale, turn), DSprites.factors_num_values[:3])
        return self._windows[drawing_of, PLACES - 1 - y, PLACES - 1 - x][..., None]


class ColouredDSprites(DSprites):
    """The same in colour, for Figure 4a of Burgess et al. 2018: red, green and blue are three more
    factors of 8 values each, from a quarter to full, so that no sprite is black on black."""

    factor_names = (*DSprites.factor_names, "red", "green", "blue")
    factors_num_values = (*DSprites.factors_num_values, len(TINTS), len(TINTS), len(TINTS))
    observation_shape = (SIDE, SIDE, 3)

    def render(self, factors: np.ndarray) -> np.ndarray:
        white = super().render(factors[:, :-3]) > 0
        return white * TINTS[factors[:, None, None, -3:]]


def drawing(shape: str, scale: float, turn: float) -> np.ndarray:
    """(95, 95) uint8, a shape in the middle: 255 where the middle of a pixel lies within it.

    ``turn`` in radians, counter-clockwise.
    """
    pixels = SIDE + PLACES - 1
    along = (np.arange(pixels) - pixels // 2) / (REACH * scale + EDGE)
    column, up = np.meshgrid(along, -along)
    x = np.cos(turn) * column + np.sin(turn) * up
    y = -np.sin(turn) * column + np.cos(turn) * up
    return np.where(_within(shape, x, y), 255, 0).astype(np.uint8)


def _within(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether points lie within a shape that just fits the unit circle."""
    if shape == "square":
        return np.asarray(np.maximum(np.abs(x), np.abs(y)) <= np.sqrt(0.5))
    if shape == "ellipse":
        return np.asarray(x**2 + (2 * y) ** 2 <= 1)
    x, y = 1.25 * x, 1.25 * y + 0.25  # what circles it has radius 5/4 and its middle at (0, 1/4)
    return np.asarray((x**2 + y**2 - 1) ** 3 <= x**2 * y**3)
