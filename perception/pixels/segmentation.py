"""Pixels that differ from the background -> one region for each object, split where colours part.

Shapes: P pixels, R regions.
"""

from typing import NamedTuple

import cv2
import numpy as np

BRIDGE = np.ones((3, 3), np.uint8)  # closes gaps of 2 pixels: double images of fast things
COLOUR_BITS = 5  # bits of each channel that tell colours apart
COLOURS = 1 << 3 * COLOUR_BITS
UNKNOWN = 0  # the colour group of colours never seen in training


class Pixels(NamedTuple):
    """The changed pixels of a frame."""

    y: np.ndarray  # (P,)
    x: np.ndarray  # (P,)
    rgb: np.ndarray  # (P, 3) uint8


class Regions(NamedTuple):
    """Boxes are half-open: rows top..bottom, columns left..right, in native pixels."""

    top: np.ndarray
    left: np.ndarray
    bottom: np.ndarray
    right: np.ndarray
    area: np.ndarray  # changed pixels
    group: np.ndarray  # colour group


def changed_pixels(frame: np.ndarray, background: np.ndarray) -> Pixels:
    """Those of a (H, W, 3) uint8 frame that are not exactly as in the background."""
    changed = cv2.inRange(frame, background, background) == 0
    y, x = np.divmod(np.flatnonzero(changed), frame.shape[1])
    return Pixels(y, x, frame[y, x])


def colour_code(rgb: np.ndarray) -> np.ndarray:
    """(P, 3) uint8 -> (P,) index into a table of `COLOURS` entries."""
    c = rgb.astype(np.int32) >> (8 - COLOUR_BITS)
    return np.asarray(c[:, 0] << 2 * COLOUR_BITS | c[:, 1] << COLOUR_BITS | c[:, 2])


def connected(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, int]:
    """Label pixels 0, 1, ... by connectedness, gaps of up to 2 pixels bridged; and the count."""
    top, left = y.min() - 1, x.min() - 1
    y, x = y - top, x - left
    mask = np.zeros((y.max() + 2, x.max() + 2), np.uint8)
    mask[y, x] = 1
    count, labels = cv2.connectedComponents(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, BRIDGE))
    return labels[y, x] - 1, count - 1


def split_by_colour(
    pixels: Pixels, groups: np.ndarray, labels: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Part every component that shows several colour groups; pixels' labels and groups, and count.

    A colour never seen before goes with the known group in its component that is most like it.
    """
    width = int(groups.max()) + 1
    table = np.bincount(labels * width + groups, minlength=count * width).reshape(count, width)
    mixed = (table > 0).sum(axis=1) > 1
    if not mixed.any():
        return labels, groups, count
    groups, labels = groups.copy(), labels.copy()
    for component in mixed.nonzero()[0]:
        inside = (labels == component).nonzero()[0]
        known = [group for group in table[component].nonzero()[0].tolist() if group != UNKNOWN]
        if table[component, UNKNOWN]:
            groups[inside] = _settle_unknown(pixels.rgb[inside], groups[inside], known)
        for group in known:
            part = inside[groups[inside] == group]
            pieces, number = connected(pixels.y[part], pixels.x[part])
            labels[part] = count + pieces
            count += number
    _, labels = np.unique(labels, return_inverse=True)
    return labels, groups, int(labels.max()) + 1


def _settle_unknown(rgb: np.ndarray, groups: np.ndarray, known: list[int]) -> np.ndarray:
    """`groups` with every UNKNOWN replaced by the known group of nearest mean colour."""
    means = np.array([rgb[groups == group].mean(axis=0) for group in known])
    distance = np.linalg.norm(rgb[:, None].astype(np.float64) - means[None], axis=2)
    return np.where(groups == UNKNOWN, np.array(known)[distance.argmin(axis=1)], groups)


def segment(pixels: Pixels, group_of_code: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Labels (P,) 0..R-1, colour groups (P,) and R, of at least one pixel."""
    labels, count = connected(pixels.y, pixels.x)
    groups = group_of_code[colour_code(pixels.rgb)]
    return split_by_colour(pixels, groups, labels, count)


def summarise(pixels: Pixels, labels: np.ndarray, groups: np.ndarray, count: int) -> Regions:
    """Box, area and colour group of each region."""
    order = np.argsort(labels, kind="stable")
    area = np.bincount(labels, minlength=count)
    starts = np.concatenate([[0], np.cumsum(area)[:-1]])
    y, x = pixels.y[order], pixels.x[order]
    return Regions(
        top=np.minimum.reduceat(y, starts),
        left=np.minimum.reduceat(x, starts),
        bottom=np.maximum.reduceat(y, starts) + 1,
        right=np.maximum.reduceat(x, starts) + 1,
        area=area,
        group=groups[order][starts],
    )


def mean_colour(pixels: Pixels, labels: np.ndarray, region: int) -> np.ndarray:
    """Mean RGB of one region, (3,)."""
    return np.asarray(pixels.rgb[labels == region].mean(axis=0))
