"""Connected components as small pictures, parted where things of different colours touch.

Shapes: C colours of the palette.
"""

from collections import Counter
from typing import NamedTuple

import cv2
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

ONE_COLOUR = 60.0  # RGB distance: nearer colours are shades of one
MOST_COLOURS = 256  # the commonest are looked at
OFTEN = 0.01  # share of the frames in which a colour must have been seen on its own
CLOSING = np.ones((3, 3), np.uint8)  # joins pieces up to 2 pixels apart: double images


class Patch(NamedTuple):
    """A component cut out, RGB and a mask (255 where the component is), 0 outside. Hashable."""

    height: int
    width: int
    rgba: bytes

    def pixels(self) -> np.ndarray:
        """(height, width, 4) uint8."""
        return np.frombuffer(self.rgba, np.uint8).reshape(self.height, self.width, 4)


class Part(NamedTuple):
    """A piece of a patch, `top` and `left` within it, `area` in pixels."""

    top: int
    left: int
    area: int
    patch: Patch


class Palette:
    """The colours that things have on their own, shades of one colour in one group."""

    def __init__(self, colours: np.ndarray, group: np.ndarray) -> None:
        self.colours, self.group = colours, group  # (C, 3) RGB, (C,)

    def split(self, patch: Patch) -> list[Part]:
        """One part for each connected piece of a colour; the patch itself where there is one."""
        rgba = patch.pixels()
        y, x = rgba[..., 3].nonzero()
        group = self.group[nearest(rgba[y, x, :3], self.colours)]
        parts = []
        for one in np.unique(group).tolist():
            mask = np.zeros(rgba.shape[:2], np.uint8)
            mask[y[group == one], x[group == one]] = 1
            parts += components(rgba, mask)
        return parts

    def group_of(self, patch: Patch) -> int:
        """The group of a patch of one colour: its first pixel tells."""
        rgba = patch.pixels().reshape(-1, 4)
        first = rgba[rgba[:, 3].argmax()]
        return int(self.group[nearest(first[None, :3], self.colours)[0]])


def nearest(rgb: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Index of the nearest colour, (P, 3) and (C, 3) -> (P,)."""
    off = rgb[:, None].astype(np.int32) - colours[None].astype(np.int32)
    return np.asarray((off * off).sum(axis=2).argmin(axis=1))


def components(rgba: np.ndarray, mask: np.ndarray) -> list[Part]:
    """The pieces of a picture (H, W, 4) where a mask (H, W) is not 0, which is closed first.

    Closed and not opened: the smallest things (a shot of one pixel's width) must survive. What
    closing fills belongs to no piece.
    """
    around = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)  # else edges are closed too
    closed = cv2.morphologyEx(around, cv2.MORPH_CLOSE, CLOSING)[1:-1, 1:-1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    parts = []
    for label, (left, top, width, height, _) in enumerate(stats[1:].tolist(), start=1):
        box = np.s_[top : top + height, left : left + width]
        inside = (labels[box] == label) & (mask[box] > 0)
        patch = Patch(height, width, (rgba[box] * inside[..., None]).tobytes())
        parts.append(Part(top, left, int(np.count_nonzero(inside)), patch))
    return parts


def find_palette(numbers: Counter[Patch], frames: int) -> Palette:
    """The palette of patches, given how often each was seen in so many frames.

    Colours that never make up a patch alone (the eyes of a figure) are left out: their pixels go
    with the nearest colour of the palette. Without any such colour there is one group.
    """
    shown = {patch: np.unique(patch.pixels().reshape(-1, 4), axis=0) for patch in numbers}
    seen: Counter[tuple[int, ...]] = Counter()
    for patch, rgba in shown.items():
        for *rgb, mask in rgba.tolist():
            seen[tuple(rgb)] += numbers[patch] * (mask > 0)
    colours = np.array([rgb for rgb, _ in seen.most_common(MOST_COLOURS)])
    group = np.ones(len(colours), np.int64)
    if len(colours) > 1:
        group = fcluster(linkage(colours, "average"), ONE_COLOUR, "distance").astype(np.int64)
    alone: Counter[int] = Counter()
    for patch, rgba in shown.items():
        groups = set(group[nearest(rgba[rgba[:, 3] > 0, :3], colours)].tolist())
        if len(groups) == 1:
            alone[groups.pop()] += numbers[patch]
    often = [one for one, number in alone.items() if number >= OFTEN * frames]
    keep = np.isin(group, often) if often else np.full(len(group), True)
    return Palette(colours[keep], group[keep] if often else np.ones(len(group), np.int64))
