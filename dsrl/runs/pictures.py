"""Pictures of what eyes see: boxes with kinds and identities, and the dictionary of sprites."""

import colorsys
import math

import cv2
import numpy as np

from dsrl.runs.names import NO_NAMES, Names, called
from perception import Object
from perception.detection import LatentEyes
from perception.detection.dictionary import Piece
from perception.detection.dictionary import draw as drawn

SCALE = 3
GAP, LABEL, GREY = 4, 14, 96  # pixels around a sprite, and before a row of them; level behind them
LEAST = 4  # pixels: height of a row
SHOWN = 0.05  # share of its steps in which a kind shows a look that is told of
FONT = cv2.FONT_HERSHEY_SIMPLEX, 0.35


def sheet(eyes: LatentEyes, names: Names = NO_NAMES) -> np.ndarray:
    """The dictionary: a row for the looks of each kind, the commonest first, after its number and
    its name if it has one."""
    rows = {kind: looks_of(eyes, kind) for kind in range(len(eyes.kinds))}
    bands = {kind: _band(eyes, sprites) for kind, sprites in rows.items()}
    labels = [called(kind, names) for kind in bands]
    left = max([LABEL, *(GAP + _width(label) for label in labels)])
    width = left + max((band.shape[1] for band in bands.values()), default=1)
    tops = np.cumsum([0, *(len(band) for band in bands.values())]).tolist()
    picture = np.full((max(tops[-1], 1), width, 3), GREY, np.uint8)
    for top, band in zip(tops, bands.values(), strict=False):
        picture[top : top + len(band), left : left + band.shape[1]] = band
    picture = enlarged(picture)
    for top, kind, label in zip(tops, bands, labels, strict=False):
        _write(picture, label, (2, SCALE * (top + GAP) + 8), kind_colour(kind))
    return picture


def looks_of(eyes: LatentEyes, kind: int) -> list[int]:
    """The sprites that a kind shows in more than `SHOWN` of its steps, the commonest first."""
    chance = np.exp(eyes.kinds.looks[kind])
    often = [k for k in np.argsort(-chance, kind="stable").tolist() if chance[k] > SHOWN]
    return often or [int(chance.argmax())]


def _band(eyes: LatentEyes, sprites: list[int]) -> np.ndarray:
    """Sprites side by side."""
    patches = [eyes.dictionary.patch(sprite) for sprite in sprites]
    height = GAP + max([LEAST, *(len(p.alpha) for p in patches)])
    lefts = np.cumsum([GAP // 2, *(p.alpha.shape[1] + GAP for p in patches)]).tolist()
    grey = np.full((height, lefts[-1], 3), GREY, np.uint8)
    pieces = [Piece(sprite, GAP // 2, left) for sprite, left in zip(sprites, lefts, strict=False)]
    return drawn(grey, eyes.dictionary, pieces)


def boxes(frame: np.ndarray, objects: list[Object]) -> np.ndarray:
    """The enlarged frame with a box for every object, labelled kind/identity."""
    picture = enlarged(frame)
    for o in objects:
        colour = kind_colour(o.kind)
        top, left = o.y - (o.height - 1) / 2, o.x - (o.width - 1) / 2
        corner = (round(left * SCALE) - 2, round(top * SCALE) - 2)
        opposite = (round((left + o.width) * SCALE) + 1, round((top + o.height) * SCALE) + 1)
        cv2.rectangle(picture, corner, opposite, colour, 1)
        place = (corner[0], corner[1] - 3 if corner[1] > 14 else opposite[1] + 10)
        _write(picture, f"{o.kind}/{o.id}", place, colour)
    return picture


def kind_colour(kind: int) -> tuple[int, int, int]:
    """A colour of its own for each kind, hues spread by the golden ratio."""
    red, green, blue = colorsys.hsv_to_rgb(kind * 0.618 % 1.0, 0.75, 1.0)
    return int(red * 255), int(green * 255), int(blue * 255)


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Each pixel as `SCALE` x `SCALE` of them: (H, W, 3) in, (SCALE H, SCALE W, 3) out."""
    return np.ascontiguousarray(picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1))


def _write(
    picture: np.ndarray, text: str, place: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    cv2.putText(picture, text, place, *FONT, colour, 1)


def _width(text: str) -> int:
    """Pixels of the picture before it is enlarged that a text goes over."""
    (width, _), _ = cv2.getTextSize(text, *FONT, 1)
    return math.ceil(width / SCALE)
