"""The round brush: a quadratic Bezier curve (eq. 7) as so much ink on each pixel, compiled.

Ink is ``pressure`` within ``radius`` of the curve and fades out over one pixel around it. Grey
canvases keep the most ink that any stroke left, so that a stroke begun where another ended leaves
no blot; coloured ones are painted over. N pictures, H, W, C; places are (y, x) in pixels. OpenCV's
lines take 21 microseconds a stroke on 32 x 32 pixels and widths in whole pixels; this takes 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

TOLERANCE = 0.1  # pixels between a curve and the straight pieces it is made of


@njit(cache=True)
def _nearest(
    y: float, x: float, y0: float, x0: float, y1: float, x1: float
) -> float:  # pragma: no cover
    """The squared distance of a place from a straight piece."""
    dy, dx = y1 - y0, x1 - x0
    length = dy * dy + dx * dx
    along = 0.0
    if length > 0:
        along = min(1.0, max(0.0, ((y - y0) * dy + (x - x0) * dx) / length))
    away_y, away_x = y - y0 - along * dy, x - x0 - along * dx
    return away_y * away_y + away_x * away_x


@njit(cache=True)
def _span(places_P: np.ndarray, reach: float, size: int) -> tuple[int, int]:  # pragma: no cover
    """The rows or columns, from and up to, within reach of any of the places."""
    return max(0, int(places_P.min() - reach)), min(size, int(places_P.max() + reach) + 1)


@njit(cache=True)
def _least_distances(
    squares_HW: np.ndarray, points_P2: np.ndarray, reach: float
) -> None:  # pragma: no cover
    """Squared distances from the curve through ``points_P2``, where they are below ``reach``²."""
    height, width = squares_HW.shape
    for i in range(len(points_P2) - 1):
        y0, x0 = points_P2[i]
        y1, x1 = points_P2[i + 1]
        top, bottom = _span(points_P2[i : i + 2, 0], reach, height)
        left, right = _span(points_P2[i : i + 2, 1], reach, width)
        for y in range(top, bottom):
            for x in range(left, right):
                found = np.float32(_nearest(y, x, y0, x0, y1, x1))
                squares_HW[y, x] = min(squares_HW[y, x], found)


@njit(cache=True)
def bezier(
    start_2: np.ndarray, control_2: np.ndarray, end_2: np.ndarray
) -> np.ndarray:  # pragma: no cover
    """(P, 2) places along the curve of eq. 7, so many that straight pieces between them are within
    `TOLERANCE` of it."""
    bent = np.sqrt(np.sum((start_2 - 2 * control_2 + end_2) ** 2))
    pieces = max(1, int(np.ceil(np.sqrt(bent / (4 * TOLERANCE)))))
    points_P2 = np.empty((pieces + 1, 2))
    for i in range(pieces + 1):
        tau = i / pieces
        for k in range(2):
            points_P2[i, k] = (
                (1 - tau) ** 2 * start_2[k] + 2 * (1 - tau) * tau * control_2[k] + tau**2 * end_2[k]
            )
    return points_P2


@njit(cache=True)
def stroke(
    picture_HWC: np.ndarray,
    points_P2: np.ndarray,
    radius: float,
    pressure: float,
    colour_C: np.ndarray,
) -> None:  # pragma: no cover
    """Paint a curve in place; ``pressure`` in 0..1, ``colour_C`` 0..255. One channel is grey."""
    height, width, channels = picture_HWC.shape
    reach = radius + 0.5
    far = np.float32(reach * reach)
    top, bottom = _span(points_P2[:, 0], reach, height)
    left, right = _span(points_P2[:, 1], reach, width)
    if bottom <= top or right <= left:
        return
    squares_HW = np.full((bottom - top, right - left), far, np.float32)
    _least_distances(squares_HW, points_P2 - np.array([top, left]), reach)
    for y in range(bottom - top):
        for x in range(right - left):
            if squares_HW[y, x] < far:
                ink = pressure * min(1.0, reach - np.sqrt(squares_HW[y, x]))
                for c in range(channels):
                    before, wanted = float(picture_HWC[top + y, left + x, c]), colour_C[c]
                    after = max(before, ink * wanted)
                    if channels > 1:
                        after = before + ink * (wanted - before)
                    picture_HWC[top + y, left + x, c] = np.uint8(after + 0.5)


class Strokes(NamedTuple):
    """What N strokes are made of: places (y, x) in pixels, radii in pixels, pressures 0..1,
    colours 0..255; where ``pen_down_N`` is False nothing is painted."""

    starts_N2: np.ndarray
    controls_N2: np.ndarray
    ends_N2: np.ndarray
    radii_N: np.ndarray
    pressures_N: np.ndarray
    colours_NC: np.ndarray
    pen_down_N: np.ndarray


@njit(cache=True)
def paint(pictures_NHWC: np.ndarray, strokes: Strokes) -> None:  # pragma: no cover
    """One stroke on each picture, in place."""
    for n in range(len(pictures_NHWC)):
        if strokes.pen_down_N[n]:
            points_P2 = bezier(strokes.starts_N2[n], strokes.controls_N2[n], strokes.ends_N2[n])
            stroke(
                pictures_NHWC[n],
                points_P2,
                strokes.radii_N[n],
                strokes.pressures_N[n],
                strokes.colours_NC[n],
            )
