"""From frames of play to the eyes of pixels: background, colour groups, kinds."""

from collections.abc import Callable

import numpy as np

from perception.background import all_alike, check_frames, find_background
from perception.fixtures import reveal_fixtures
from perception.pixels.config import PixelConfig
from perception.pixels.discovery import find_kinds
from perception.pixels.eyes import PixelEyes
from perception.pixels.renumbering import renumbered

Progress = Callable[[int, int, str], None]
PARTS = 2  # of the training, which `progress` counts


def train_pixels(
    frames: np.ndarray,
    config: PixelConfig,
    progress: Progress | None = None,
    init: PixelEyes | None = None,
) -> PixelEyes:
    """Learn from (N, H, W, 3) uint8 frames, in the order they were played, without labels.

    No chance is in it. Background and kinds are found anew from `frames` even with `init`, of
    which a kind found again keeps its number: `frames` should then hold old scenes beside new.
    Raises ValueError for frames of a wrong kind or that never change.
    """
    check_frames(frames)
    if init is not None and init.background.shape != frames.shape[1:]:
        raise ValueError(
            f"frames: expected shape {init.background.shape} as init was trained on, "
            f"got {frames.shape[1:]}"
        )
    if all_alike(frames):
        raise ValueError(
            f"the {len(frames)} frames are all alike: nothing moves, so there is nothing to "
            "learn; give frames of play"
        )
    say = progress or (lambda done, total, note: None)
    say(0, PARTS, "finding the background")
    background = reveal_fixtures(frames, find_background(frames))
    say(1, PARTS, "telling kinds apart")
    kinds = find_kinds(frames, background, config)
    if init is not None:
        kinds = renumbered(kinds, init.kinds)
    say(PARTS, PARTS, "telling kinds apart")
    return PixelEyes(config, background, kinds)
