"""Smaller pictures of a game's frames (thesis 4.1.1): maximum of two frames, luminance, size."""

from typing import Literal, get_args

import cv2
import numpy as np

Size = Literal["native", "84-crop", "84-area"]
SIDE = 84  # pixels
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of R, G, B


def join_even_odd(even: np.ndarray, odd: np.ndarray) -> np.ndarray:
    """Maximum of two consecutive emulator frames over each channel, (H, W, 3) uint8.

    Sprites that the console draws in every other frame alone are in every result. Observations
    of `agents.envs` are joined already. Raises ValueError where the shapes differ.
    """
    if even.shape != odd.shape:
        raise ValueError(f"frames to be joined must have one shape, got {even.shape}, {odd.shape}")
    return np.maximum(even, odd)


def luminance(frame: np.ndarray) -> np.ndarray:
    """Y = 0.2126 R + 0.7152 G + 0.0722 B, rounded (eq. 4.1); (..., 3) uint8 -> (...) uint8."""
    if frame.ndim < 1 or frame.shape[-1] != 3:
        raise ValueError(f"expected red, green and blue on the last axis, got shape {frame.shape}")
    return np.rint(frame @ np.array(LUMINANCE)).astype(np.uint8)


def crop(frame: np.ndarray) -> np.ndarray:
    """The 84 x 84 pixels in the upper right corner, unscaled; (H, W, ...) -> (84, 84, ...).

    A literal reading of the thesis's "is cropped to (1,84,84)": rows 0 to 83, columns 76 to 159.
    Its author's own program scales the whole screen (generate_dataset.py), as `scale_by_area`
    does, and so do all results of ours; most of the screen is lost here.
    """
    if min(frame.shape[:2]) < SIDE:
        raise ValueError(f"cannot crop {SIDE} x {SIDE} pixels from a frame of {frame.shape[:2]}")
    return frame[:SIDE, -SIDE:]


def scale_by_area(frame: np.ndarray) -> np.ndarray:
    """The whole frame as 84 x 84 means over areas; (H, W, ...) uint8 -> (84, 84, ...) uint8."""
    return np.asarray(cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


def preprocess(frame: np.ndarray, size: Size, grey: bool) -> np.ndarray:
    """Luminance first where `grey`, then the size: (H, W, 3) uint8 -> (h, w, 3) or (h, w) uint8."""
    if size not in get_args(Size):
        raise ValueError(f"size {size!r} is unknown: choose one of {get_args(Size)}")
    picture = luminance(frame) if grey else frame
    if size == "84-crop":
        return crop(picture)
    return scale_by_area(picture) if size == "84-area" else picture
