"""Drawing on small white images with OpenCV, to fractions of a pixel."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

SIDE = 64  # pixels
FRACTION = 6  # bits: OpenCV takes places as whole numbers of 1/64 pixel
WHITE, BLACK, BLUE = (255, 255, 255), (0, 0, 0), (0, 0, 255)
Colour = tuple[int, int, int]


def images(num: int, draw: Callable[[int, np.ndarray], None]) -> np.ndarray:
    """(num, SIDE, SIDE, 3) uint8; ``draw(i, image)`` draws on each in place."""
    found = np.full((num, SIDE, SIDE, 3), 255, np.uint8)
    for i in range(num):
        draw(i, found[i])
    return found


def fixed(places: np.ndarray) -> np.ndarray:
    """Places (..., 2) in pixels, x before y, with the origin in the lower left corner, as whole
    numbers that OpenCV takes. The middle of the first pixel is at 1/2."""
    right_down = np.stack([places[..., 0], SIDE - places[..., 1]], axis=-1) - 0.5
    return np.rint(right_down * 2**FRACTION).astype(np.int32)


def fill(image: np.ndarray, corners: np.ndarray, colour: Colour) -> None:
    """A polygon, ``corners`` (M, 2) in pixels; what is surrounded twice stays empty."""
    cv2.fillPoly(image, [fixed(corners)], colour, cv2.LINE_AA, FRACTION)


def curve(image: np.ndarray, points: np.ndarray, colour: Colour, width: int = 1) -> None:
    """A line through ``points`` (M, 2) in pixels."""
    cv2.polylines(image, [fixed(points)], False, colour, width, cv2.LINE_AA, FRACTION)
