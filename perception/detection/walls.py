"""Walls: what stands in one piece until bricks of one shape go from it for good.

A connected part of the picture that loses the same shape again and again, each time for long, is
made of such bricks: it is laid out in them, and what lies behind becomes background. So are parts
of other colours that have its sides (the rows of a wall that nothing has reached yet).
"""

from collections import Counter
from typing import NamedTuple

import cv2
import numpy as np

from perception.background import pack, unpack
from perception.detection.config import LatentConfig
from perception.detection.dictionary import Patch
from perception.fixtures import lasting_colours, two_lasting

LASTING = 8  # steps a brick was there before it went and is gone after
USUAL = 0.5  # share of what went from a part that has the shape of its bricks
FILLED = 0.9  # share of its box that a part must fill, and a brick must show to be there
ALIKE = 1.5  # factor between the sides of two parts of one wall


class Wall(NamedTuple):
    """A brick and the upper left corners (top, left) at which it may stand."""

    brick: Patch
    places: list[tuple[int, int]]


class _Part(NamedTuple):
    """A connected part of one colour: its box and the packed colour."""

    top: int
    left: int
    height: int
    width: int
    colour: int


def find_walls(
    frames: np.ndarray, picture: np.ndarray, behind: np.ndarray, config: LatentConfig
) -> tuple[np.ndarray, list[Wall]]:
    """The background without walls, (H, W, 3) uint8, and the walls.

    `frames` (N, H, W, 3) uint8 in the order they were played; `picture` is their usual one,
    `behind` the same without fixtures, in which alone bricks are looked for.
    """
    packed, back = _whole(frames, pack(picture), pack(behind)), pack(behind)
    parts = _parts(packed)
    parts = [p for p in parts if max(p.height, p.width) > config.max_side]  # others are sprites
    fixed = [p for p in parts if (_in(packed, p) != _in(back, p)).mean() >= FILLED]
    shapes = {p: shape for p in fixed if (shape := _brick_of(frames, p, config.repeats))}
    result = back.copy()
    walls: dict[tuple[int, int, int], Wall] = {}
    for part in parts:
        like = next((p for p in shapes if p == part or _alike(p, part)), None)
        if like is None:
            continue
        h, w = shapes.get(part, shapes[like])
        if part.height % h or part.width % w:
            continue
        colours, counts = np.unique(_in(back, like), return_counts=True)
        _in(result, part)[_in(packed, part) == part.colour] = colours[counts.argmax()]
        rgb = np.broadcast_to(unpack(np.array(part.colour)), (h, w, 3))
        brick = Patch(rgb.copy(), np.ones((h, w), bool))
        wall = walls.setdefault((part.colour, h, w), Wall(brick, []))
        wall.places.extend(_laid_out(frames, part, h, w))
    return unpack(result), list(walls.values())


def _whole(frames: np.ndarray, picture: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """The picture with all that stood for long in it, though it went for as long."""
    whole = picture.copy()
    for y, x in zip(*two_lasting(frames).nonzero(), strict=True):
        stood = [c for c in lasting_colours(pack(frames[:, y, x])) if c != behind[y, x]]
        if stood:
            whole[y, x] = stood[0]
    return whole


def standing(frame: np.ndarray, wall: Wall, difference: int) -> list[tuple[int, int]]:
    """The places of a wall at which a (H, W, 3) frame shows its brick."""
    h, w = wall.brick.alpha.shape
    near = cv2.absdiff(frame, np.broadcast_to(wall.brick.rgb[0, 0], frame.shape).copy())
    like = near.max(axis=2) <= difference
    return [(y, x) for y, x in wall.places if like[y : y + h, x : x + w].mean() >= FILLED]


def _parts(packed: np.ndarray) -> list[_Part]:
    """Connected parts of one colour that fill their boxes."""
    parts = []
    for colour in np.unique(packed).tolist():
        mask = (packed == colour).astype(np.uint8)
        count, _, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for left, top, width, height, area in boxes[1:count].tolist():
            if area >= FILLED * width * height:
                parts.append(_Part(top, left, height, width, colour))
    return parts


def _in(picture: np.ndarray, part: _Part) -> np.ndarray:
    """A view of its box."""
    return picture[part.top : part.top + part.height, part.left : part.left + part.width]


def _alike(one: _Part, other: _Part) -> bool:
    sides = np.log([[one.height, one.width], [other.height, other.width]])
    return bool(np.abs(sides[0] - sides[1]).max() < np.log(ALIKE))


def _laid_out(frames: np.ndarray, part: _Part, h: int, w: int) -> list[tuple[int, int]]:
    """Corners of the bricks of a part, and of those beside it that stood there at times."""
    first = part.top % h, part.left % w
    height, width = frames.shape[1:3]
    places = []
    for y in range(first[0], height - h + 1, h):
        for x in range(first[1], width - w + 1, w):
            within = part.top <= y < part.top + part.height
            beside = part.left - w <= x <= part.left + part.width
            inside = part.left <= x < part.left + part.width
            if within and (inside or (beside and _stood(frames, y, x, h, w, part.colour))):
                places.append((y, x))
    return places


def _stood(frames: np.ndarray, y: int, x: int, h: int, w: int, colour: int) -> bool:
    shows = (pack(frames[:, y : y + h, x : x + w]) == colour).all(axis=(1, 2))
    return int(shows.sum()) >= LASTING


def _brick_of(frames: np.ndarray, part: _Part, repeats: int) -> tuple[int, int] | None:
    """Height and width of what goes from a part for good, if it is mostly of one shape."""
    rows = slice(part.top, part.top + part.height)
    there = np.stack(
        [pack(f[rows, part.left : part.left + part.width]) == part.colour for f in frames]
    )
    shown = np.concatenate([np.zeros((1, *there.shape[1:]), np.int32), there.cumsum(axis=0)])
    lost: Counter[tuple[int, int]] = Counter()
    for t in range(LASTING, len(frames) - LASTING + 1):
        stood = shown[t] - shown[t - LASTING] == LASTING
        gone = stood & (shown[t + LASTING] == shown[t])
        if gone.any():
            count, _, boxes, _ = cv2.connectedComponentsWithStats(gone.astype(np.uint8))
            lost.update((h, w) for _, _, w, h, _ in boxes[1:count].tolist())
    if not lost:
        return None
    (shape, times), *_ = lost.most_common(1)
    return shape if times >= max(repeats, USUAL * lost.total()) else None
