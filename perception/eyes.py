"""Which eyes there are, by name, and how each comes from frames or from a state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np

from perception.config import PerceptionConfig
from perception.dense import DenseEyes, train_eyes
from perception.detection import LatentConfig, LatentEyes, grow, train_latents
from perception.learning import train_perception
from perception.objects import Detection
from perception.perception import Perception

EyesName = Literal["fcvae", "latents", "betavae", "simvae"]
FCVAE: Final = "fcvae"  # the default: what differs from the background, in a gate of its nats
LATENTS: Final = "latents"  # a latent of presence, type and offset a cell, and nothing else
AnyEyes = Perception | LatentEyes
Progress = Callable[[int, int, str], None]


def eyes_from(
    name: EyesName,
    frames: np.ndarray,
    perception: PerceptionConfig,
    latents: LatentConfig,
    seed: int,
    progress: Progress | None = None,
) -> AnyEyes:
    """Trained on (N, H, W, 3) uint8 frames in the order they were played.

    Dense eyes learn from the scene that the pipeline of pixels finds. Raises as the trainings do.
    """
    if name == LATENTS:
        return train_latents(frames, latents, seed, progress)
    found = train_perception(frames, perception, seed, progress)
    return found if name == FCVAE else train_eyes(name, found, frames, seed, progress)


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
    return (DenseEyes if "reader" in state else Perception).from_state(state)
