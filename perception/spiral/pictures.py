"""Pictures to draw: fitted to the canvas, and turned, sheared and moved a little for training.

N pictures (H, W, C) uint8, ink bright on black.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, kw_only=True)
class VariationConfig:
    """How training pictures vary: each of these at most, either way, drawn evenly."""

    turn: float = 0.2  # radians
    shear: float = 0.15  # columns a row
    scale: float = 0.12  # of 1, each side of its own
    shift: float = 0.06  # of the side

    def __post_init__(self) -> None:
        for name in ("turn", "shear", "scale", "shift"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in 0 to below 1, got {getattr(self, name)}")


def fitted(pictures_NHWC: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Padded with black where they are a little smaller than the canvas (as MNIST's 28 pixels are
    for 32), else scaled to its side; grey or colour as the canvas is."""
    side, channels = shape[0], shape[2]
    num, height, width, given = pictures_NHWC.shape
    if given != channels:
        grey = pictures_NHWC.mean(axis=-1, keepdims=True).round().astype(np.uint8)
        pictures_NHWC = grey if channels == 1 else np.repeat(grey, 3, axis=-1)
    if 0.8 * side <= height == width <= side:
        before = (side - height) // 2
        edges = (before, side - height - before)
        return np.pad(pictures_NHWC, [(0, 0), edges, edges, (0, 0)])
    method = cv2.INTER_AREA if max(height, width) > side else cv2.INTER_LINEAR
    scaled = [cv2.resize(each, (side, side), interpolation=method) for each in pictures_NHWC]
    return np.stack(scaled).reshape(num, side, side, channels)


def varied(
    pictures_NHWC: np.ndarray, config: VariationConfig, rng: np.random.Generator
) -> np.ndarray:
    """Each picture turned, sheared, scaled and moved by chance."""
    num, side = len(pictures_NHWC), pictures_NHWC.shape[1]
    turn_N, shear_N = (rng.uniform(-x, x, num) for x in (config.turn, config.shear))
    scale_N2 = 1 + rng.uniform(-config.scale, config.scale, (num, 2))
    shift_N2 = rng.uniform(-config.shift, config.shift, (num, 2)) * side
    made = np.empty_like(pictures_NHWC)
    middle = np.full(2, (side - 1) / 2)
    for n in range(num):
        cos, sin = np.cos(turn_N[n]), np.sin(turn_N[n])
        turned = np.array([[cos, -sin], [sin, cos]]) @ [[1, shear_N[n]], [0, 1]]
        matrix = turned * scale_N2[n]
        moved = np.column_stack([matrix, middle - matrix @ middle + shift_N2[n]])
        made[n] = cv2.warpAffine(pictures_NHWC[n], moved, (side, side)).reshape(made[n].shape)
    return made
