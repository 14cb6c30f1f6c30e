"""Pictures of what perception sees: boxes with kinds and identities, nats, reconstruction."""

import colorsys
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from dsrl.runs.files import write_atomic
from dsrl.runs.rundir import RunError
from dsrl.scoring.play import HELD_OUT_SEED, play
from dsrl.studies.latent_pictures import write_all
from dsrl.studies.perception_cli import load_run
from perception import Object, Perception
from perception.detection import LatentEyes
from perception.png import encode_png

SCALE = 3
BRIGHT_NATS = 5.0  # a cell with this many nats is drawn at full brightness
APART = 40  # agent steps between two pictures


def show(
    path: Path, out: Path, pictures: int = 8, seed: int = HELD_OUT_SEED, frames: int = 500
) -> list[Path]:
    """Draw held-out random play as perception sees it, and its latents: the PNG files in `out`.

    The filters' mean activations are over `frames` observations. Raises RunError where `path` has
    no perception, ValueError where it was trained on pictures of another size than the game's.
    """
    for name, number, least in (("pictures", pictures, 1), ("frames", frames, 2)):
        if number < least:
            raise ValueError(f"{name} must be at least {least}, got {number}")
    loaded = load_run(path)
    perception = loaded.perception
    if isinstance(perception, LatentEyes):
        raise RunError(
            f"{path} has eyes of latents, of which these pictures do not tell: look at its "
            "decisions with `dsrl inspect`, or give a run of `dsrl perception train`"
        )
    held_out = np.empty((frames, *perception.background.shape), np.uint8)
    drawn = {"background": perception.background}
    observations = islice(play(loaded.protocol, seed), max(frames, APART * pictures))
    for step, seen in enumerate(observations):
        frame = loaded.see(seen.frame)
        if step < frames:
            held_out[step] = frame
        if step < APART * pictures:
            if seen.first:
                perception.reset()
            objects = perception.track(perception(frame))
            if step % APART == APART - 1:
                drawn[f"step-{step:05d}"] = draw(perception, frame, objects)
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in drawn.items():
        write_atomic(out / f"{name}.png", encode_png(picture))
    return [out / f"{name}.png" for name in drawn] + write_all(perception, held_out, out)


def draw(perception: Perception, frame: np.ndarray, objects: list[Object]) -> np.ndarray:
    """Side by side: the frame with its objects, the objectness map, the reconstruction."""
    return np.concatenate(
        [
            boxes(frame, objects),
            _enlarge(heat(perception.objectness(frame), frame.shape[:2])),
            _enlarge(perception.reconstruct(frame)),
        ],
        axis=1,
    )


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
        cv2.putText(
            picture, f"{o.kind}/{o.id}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.35, colour, 1
        )  # fmt: skip
    return picture


def heat(objectness: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Nats per cell as brightness, one cell 4 x 4 pixels, cut to (H, W, 3)."""
    level = np.clip(objectness / BRIGHT_NATS * 255.0, 0, 255).astype(np.uint8)
    pixels = level.repeat(4, axis=0).repeat(4, axis=1)[: shape[0], : shape[1]]
    return np.asarray(cv2.applyColorMap(pixels, cv2.COLORMAP_INFERNO)[..., ::-1])


def kind_colour(kind: int) -> tuple[int, int, int]:
    """A colour of its own for each kind, hues spread by the golden ratio."""
    red, green, blue = colorsys.hsv_to_rgb(kind * 0.618 % 1.0, 0.75, 1.0)
    return int(red * 255), int(green * 255), int(blue * 255)


def _enlarge(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1))
