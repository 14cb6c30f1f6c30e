"""Separate colour spaces (thesis 5.3): all channels, or the eyes of one alone."""

import numpy as np

from perception.config import Colour

CHANNELS = {"red": 0, "green": 1, "blue": 2}


def only(colour: Colour, frames: np.ndarray) -> np.ndarray:
    """(..., 3) uint8 with the other channels dark; `frames` itself for "rgb"."""
    if colour == "rgb":
        return frames
    result = np.zeros_like(frames)
    channel = CHANNELS[colour]
    result[..., channel] = frames[..., channel]
    return result
