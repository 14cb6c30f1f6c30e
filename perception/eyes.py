"""Which eyes there are, by name, and how each comes from frames or from a state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np

from perception.dense import DenseEyes, train_eyes
from perception.detection import LatentConfig, LatentEyes, grow, train_latents
from perception.gaussian_eyes import GaussianEyes, GaussianEyesConfig, train_gaussian
from perception.objects import Detection
from perception.pixels import PixelConfig, PixelEyes, train_pixels

EyesName = Literal["latents", "pixels", "gaussian", "betavae", "simvae"]
LATENTS: Final = "latents"  # the default: a latent of presence, type and offset a cell
PIXELS: Final = "pixels"  # what differs from the background, parted by colour; no network
GAUSSIAN: Final = "gaussian"  # the latent spaces of Sherburn 2017
AnyEyes = LatentEyes | PixelEyes | GaussianEyes
Progress = Callable[[int, int, str], None]


def eyes_from(
    name: EyesName,
    frames: np.ndarray,
    latents: LatentConfig,
    pixels: PixelConfig,
    gaussian: GaussianEyesConfig,
    seed: int,
    progress: Progress | None = None,
) -> AnyEyes:
    """Trained on (N, H, W, 3) uint8 frames in the order they were played.

    Dense eyes learn from the scene that the eyes of pixels find. Raises as the trainings do.
    """
    if name == LATENTS:
        return train_latents(frames, latents, seed, progress)
    if name == GAUSSIAN:
        return train_gaussian(frames, gaussian, seed, progress)
    found = train_pixels(frames, pixels, progress)
    return found if name == PIXELS else train_eyes(name, found, frames, seed, progress)


def go_on_learning(
    eyes: AnyEyes,
    frame: np.ndarray,
    detections: list[Detection],
    seed: int,
    progress: Progress | None = None,
) -> None:
    """Of a frame of play: eyes of latents grow where their drawing does not explain it."""
    if isinstance(eyes, LatentEyes) and eyes.wonder(frame, detections):
        grow(eyes, seed, progress)


def eyes_of(state: dict[str, Any]) -> AnyEyes:
    """Whichever eyes a state is of."""
    if "latents" in state:
        return LatentEyes.from_state(state)
    if "gaussian" in state:
        return GaussianEyes.from_state(state)
    return (DenseEyes if "reader" in state else PixelEyes).from_state(state)
