"""Fixtures: what stands still until something changes it (a wall, a shield, a gauge).

The usual picture swallows such things, or what has worn away of them, and the change would have to
be read as a hole. So a part of the picture of which some pixels went for good is no background: the
whole connected part of that colour is taken out, and what was seen behind it is put in its place;
and so is what looks like it, the shield that was not hit yet. Then what is left of a fixture is an
object like any other, with a kind, a box, and a size that tells how much is left.
"""

from collections import Counter

import cv2
import numpy as np

from perception.background import OFTEN_SHARE, pack, unpack

LASTING = 60  # frames a colour stays on average where it belongs to a fixture; moving things pass
ALIKE = 1.5  # parts of one colour whose sides differ by less than this factor are of one sort
LARGEST = 0.25  # of the picture: what is larger is scenery


def reveal_fixtures(frames: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The background without fixtures, (H, W, 3) uint8.

    `frames` (N, H, W, 3) uint8 in the order they were played. A pixel belongs to a fixture if it
    showed two colours for long; the one of which there is more in the picture lies behind.
    """
    picture = pack(background)
    area = Counter(dict(zip(*np.unique(picture, return_counts=True), strict=True)))
    behind: dict[int, dict[tuple[int, int], int]] = {}  # colour of a fixture -> pixel -> behind
    for y, x in zip(*two_lasting(frames).nonzero(), strict=True):
        colours = lasting_colours(pack(frames[:, y, x]))
        if len(colours) > 1:
            back = max(colours, key=lambda colour: (area[colour], colour))
            for colour in colours:
                if colour != back:
                    behind.setdefault(colour, {})[int(y), int(x)] = back
    result = picture.copy()
    for colour, pixels in behind.items():
        _take_out(result, picture, colour, pixels)
    return unpack(result)


def two_lasting(frames: np.ndarray) -> np.ndarray:
    """Pixels that may have two lasting colours, (H, W) bool: each is met twice in a row below."""
    looks = pack(frames[:: LASTING // 2])
    stays = looks[1:] == looks[:-1]
    lowest = np.where(stays, looks[1:], np.uint32(0xFFFFFFFF)).min(axis=0, initial=0xFFFFFFFF)
    highest = np.where(stays, looks[1:], np.uint32(0)).max(axis=0, initial=0)
    return np.asarray(lowest < highest)


def lasting_colours(values: np.ndarray) -> list[int]:
    """Of a pixel's colours (N,) in time, those often shown that stay for long when they come."""
    starts = np.flatnonzero(np.diff(values, prepend=~values[:1]))
    colours, runs = np.unique(values[starts], return_counts=True)
    lengths = np.diff(starts, append=len(values))
    shown = np.array([lengths[values[starts] == colour].sum() for colour in colours])
    lasting = (shown >= OFTEN_SHARE * len(values)) & (shown >= LASTING * runs)
    return colours[lasting].tolist()


def _take_out(
    result: np.ndarray, picture: np.ndarray, colour: int, pixels: dict[tuple[int, int], int]
) -> None:
    """Put what lies behind in the place of every part of `colour` that these pixels belong to."""
    mask = (picture == colour).astype(np.uint8)
    for y, x in pixels:
        mask[y, x] = 1
    count, parts, boxes, _ = cv2.connectedComponentsWithStats(mask)
    sides = boxes[:, [cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH]]
    areas = boxes[:, cv2.CC_STAT_AREA]
    seen = Counter((int(parts[at]), back) for at, back in pixels.items())
    gone = [part for part in {part for part, _ in seen} if areas[part] <= LARGEST * parts.size]
    for part in range(1, count):
        alike = [g for g in gone if np.abs(np.log(sides[part] / sides[g])).max() < np.log(ALIKE)]
        if alike:
            backs = [(n, back) for (other, back), n in seen.items() if other in alike]
            result[(parts == part) & (picture == colour)] = max(backs)[1]
