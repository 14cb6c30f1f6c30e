"""Frames of play as the pictures of a network, and its latent positions as places in the frame."""

from __future__ import annotations

import cv2
import numpy as np

from perception.models.architectures import ARCHITECTURES
from perception.models.gaussian_config import GaussianConfig
from perception.training.preprocessing import luminance


def pictures(frames: np.ndarray, config: GaussianConfig) -> np.ndarray:
    """(N, H, W, 3) uint8 native frames -> (N, h, w, C) uint8.

    Colours or luminance (thesis eq. 4.1); the whole screen scaled to a square where the
    architecture has one (as the author's generate_dataset.py), else black rows and columns below
    and to the right, up to whole strides.
    """
    return np.stack([_picture(frame, config) for frame in frames])


def _picture(frame: np.ndarray, config: GaussianConfig) -> np.ndarray:
    seen = frame if config.colour == "rgb" else luminance(frame)
    if config.side is not None:
        size = (config.side, config.side)
        return np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA)).reshape(*size, -1)
    stride = ARCHITECTURES[config.architecture].stride
    below, right = (-length % stride for length in seen.shape[:2])
    edges = ((0, below), (0, right), (0, 0))
    return np.pad(seen.reshape(*seen.shape[:2], -1), edges)


def as_frame(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(h, w, C) uint8 -> RGB of the native (H, W): scaled back, or without what was added."""
    height, width = shape[:2]
    if picture.shape[0] < height or picture.shape[1] < width:
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_NEAREST))
    picture = picture.reshape(*picture.shape[:2], -1)[:height, :width]
    return np.ascontiguousarray(np.broadcast_to(picture, (height, width, 3)))


class Grid:
    """Where latent positions lie in a native frame: centre (top, left) of the first, and steps."""

    def __init__(self, config: GaussianConfig, shape: tuple[int, ...]) -> None:
        architecture = ARCHITECTURES[config.architecture]
        scale = [1.0, 1.0] if config.side is None else [side / config.side for side in shape[:2]]
        self.step = np.array([architecture.stride * s for s in scale])
        self.start = np.array([(architecture.start + 0.5) * s - 0.5 for s in scale])
