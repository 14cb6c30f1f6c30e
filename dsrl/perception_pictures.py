"""Pictures of what perception sees: boxes with kinds and identities, nats, reconstruction."""

import colorsys

import cv2
import numpy as np

from perception import Object, Perception

SCALE = 3
BRIGHT_NATS = 5.0  # a cell with this many nats is drawn at full brightness


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


def encode_png(picture: np.ndarray) -> bytes:
    """An RGB picture as the bytes of a PNG file."""
    ok, data = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    if not ok:
        raise ValueError(f"a picture of shape {picture.shape} could not be written as PNG")
    return data.tobytes()


def _enlarge(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1))
