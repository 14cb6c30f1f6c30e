"""Pictures of what eyes see: the frame, what they took from it, boxes with kinds and identities."""

import colorsys
import math
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from dsrl.runs.files import write_atomic
from dsrl.runs.names import NO_NAMES, Names, called, names_of
from dsrl.runs.rundir import CONFIG_NAME
from dsrl.scoring.play import HELD_OUT_SEED, play
from dsrl.studies.perception_cli import load_run, looks_of
from perception import Object
from perception.detection import LatentEyes
from perception.detection.dictionary import Piece
from perception.detection.dictionary import draw as drawn
from perception.eyes import AnyEyes
from perception.gaussian_eyes import GaussianEyes
from perception.png import encode_png

SCALE = 3
APART = 40  # agent steps between two pictures
GAP, LABEL, GREY = 4, 14, 96  # pixels around a sprite, and before a row of them; level behind them
LEAST = 4  # pixels: height of a row
FONT = cv2.FONT_HERSHEY_SIMPLEX, 0.35


def show(path: Path, out: Path, pictures: int = 8, seed: int = HELD_OUT_SEED) -> list[Path]:
    """Draw held-out random play as a run's eyes see it, and their dictionary: PNG files in `out`.

    Raises RunError where `path` has no perception, ValueError where it was trained on pictures of
    another size than the game's.
    """
    if pictures < 1:
        raise ValueError(f"pictures must be at least 1, got {pictures}")
    if (out / CONFIG_NAME).exists():
        raise ValueError(f"{out} is a run: choose another folder for the pictures")
    loaded = load_run(path)
    eyes = loaded.eyes
    drawn = {"background": eyes.background}
    if isinstance(eyes, LatentEyes) and len(eyes.dictionary):
        drawn["dictionary"] = sheet(eyes, names_of(path))
    for step, seen in enumerate(islice(play(loaded.protocol, seed), APART * pictures)):
        frame = loaded.see(seen.frame)
        if seen.first:
            eyes.reset()
        objects = eyes.track(eyes(frame))
        if step % APART == APART - 1:
            drawn[f"step-{step:05d}"] = draw(eyes, frame, objects)
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in drawn.items():
        write_atomic(out / f"{name}.png", encode_png(picture))
    return [out / f"{name}.png" for name in drawn]


def draw(eyes: AnyEyes, frame: np.ndarray, objects: list[Object]) -> np.ndarray:
    """Side by side: the frame, what the eyes took from it, the frame with its objects.

    That is the decoder's picture of what was read, or without one what differs from the background.
    """
    if isinstance(eyes, LatentEyes | GaussianEyes):
        taken = eyes.reconstruct(frame)
    else:
        taken = np.where((frame != eyes.background).any(axis=2)[..., None], frame, 0)
    return np.concatenate([_enlarge(frame), _enlarge(taken), boxes(frame, objects)], axis=1)


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
    picture = _enlarge(picture)
    for top, kind, label in zip(tops, bands, labels, strict=False):
        _write(picture, label, (2, SCALE * (top + GAP) + 8), kind_colour(kind))
    return picture


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
    picture = _enlarge(frame)
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


def _enlarge(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1))


def _write(
    picture: np.ndarray, text: str, place: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    cv2.putText(picture, text, place, *FONT, colour, 1)


def _width(text: str) -> int:
    """Pixels of the picture before it is enlarged that a text goes over."""
    (width, _), _ = cv2.getTextSize(text, *FONT, 1)
    return math.ceil(width / SCALE)
