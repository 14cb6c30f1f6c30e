"""Drawing on small white images with OpenCV, to fractions of a pixel."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

SIDE = 64  # pixels
FRACTION = 6  # bits: OpenCV takes places as whole numbers of 1/64 pixel
FINER = 8  # the rows and columns of a pixel, of which the share is counted that is covered
WHITE, BLACK, BLUE = (255, 255, 255), (0, 0, 0), (0, 0, 255)
Colour = tuple[int, int, int]


def images(num: int, draw: Callable[[int, np.ndarray], None]) -> np.ndarray:
    """(num, SIDE, SIDE, 3) uint8; ``draw(i, image)`` draws on each in place."""
    found = np.full((num, SIDE, SIDE, 3), 255, np.uint8)
    for i in range(num):
        draw(i, found[i])
    return found


def fixed(places: np.ndarray, finer: int = 1) -> np.ndarray:
    """Places (..., 2) in pixels, x before y, with the origin in the lower left corner, as whole
    numbers that OpenCV takes. The middle of the first pixel is at 1/2, of one of the ``finer``
    ones within it at 1/2 of those."""
    right_down = finer * np.stack([places[..., 0], SIDE - places[..., 1]], axis=-1) - 0.5
    return np.rint(right_down * 2**FRACTION).astype(np.int32)


def fill(image: np.ndarray, corners: np.ndarray, colour: Colour) -> None:
    """A polygon, ``corners`` (M, 2) in pixels; what is surrounded twice stays empty.

    OpenCV fills whole rows and draws the edge on top: that hides where in its row an edge is.
    """
    fine = np.zeros((FINER * SIDE, FINER * SIDE), np.uint8)
    cv2.fillPoly(fine, [fixed(corners, FINER)], 255, cv2.LINE_8, FRACTION)
    covered = cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / np.float32(255)
    image[:] = cv2.blendLinear(np.full_like(image, colour), image, covered, 1 - covered)


def curve(image: np.ndarray, points: np.ndarray, colour: Colour, width: int = 1) -> None:
    """A line through ``points`` (M, 2) in pixels."""
    cv2.polylines(image, [fixed(points)], False, colour, width, cv2.LINE_AA, FRACTION)
