"""Training a network of whole frames, to the plateau of frames that were held out."""

import numpy as np

from perception.background import all_alike, check_frames
from perception.models.gaussian import GaussianVAE, build_gaussian
from perception.models.gaussian_config import GaussianConfig
from perception.models.inputs import pictures
from perception.training.fitting import Epoch, FittingConfig, Progress, fit

HELD_OUT = 0.1  # of the frames, the last ones: neighbours in time are nearly alike
MOST_HELD_OUT = 50  # of those, evenly spaced, are looked at after every epoch


def train_network(
    frames: np.ndarray,
    config: GaussianConfig,
    fitting: FittingConfig,
    seed: int,
    progress: Progress | None = None,
) -> tuple[GaussianVAE, list[Epoch]]:
    """A network fitted to (N, H, W, 3) uint8 frames in the order they were played, without labels.

    It has its best weights by the loss on the last tenth of the frames. Raises ValueError for
    frames of a wrong kind or that never change, FloatingPointError where training diverges.
    """
    check_frames(frames)
    if all_alike(frames):
        raise ValueError(
            f"the {len(frames)} frames are all alike: nothing moves, so there is nothing to "
            "learn; give frames of play"
        )
    model = build_gaussian(config, seed)
    seen = pictures(frames, config)
    cut = len(seen) - max(1, round(HELD_OUT * len(seen)))
    chosen = np.linspace(cut, len(seen) - 1, min(MOST_HELD_OUT, len(seen) - cut)).astype(int)
    epochs = fit(model, seen[:cut], seen[chosen], fitting, seed, progress=progress)
    return model, epochs
