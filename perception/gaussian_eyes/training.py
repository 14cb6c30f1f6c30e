"""Training: a network of whole frames to its plateau, then a threshold and kinds from play."""

import numpy as np

from perception.background import all_alike, check_frames
from perception.gaussian_eyes.config import GaussianEyesConfig
from perception.gaussian_eyes.eyes import GaussianEyes
from perception.gaussian_eyes.kinds import joined_kinds
from perception.gaussian_eyes.reader import Looks, Reader
from perception.gaussian_eyes.types import clusters_of
from perception.models.gaussian import GaussianVAE, build_gaussian
from perception.models.gaussian_config import GaussianConfig
from perception.models.inputs import pictures
from perception.training.fitting import Epoch, FittingConfig, Progress, fit

HELD_OUT = 0.1  # of the frames, the last ones: neighbours in time are nearly alike
READ_EVERY = 2  # of the frames, one in so many, that kinds are made from
MOST_HELD_OUT = 50  # of those, evenly spaced, are looked at after every epoch


def train_gaussian(
    frames: np.ndarray,
    config: GaussianEyesConfig,
    seed: int,
    progress: Progress | None = None,
) -> GaussianEyes:
    """Eyes from (N, H, W, 3) uint8 frames, in the order they were played, without labels.

    Deterministic given `seed` and torch's thread count. `progress(done, total, note)` counts
    epochs. Raises as `train_network`; ValueError where the latent space says of nothing that it is
    there, in any frame.
    """
    model, _ = train_network(frames, config.latent, config.fitting, seed, progress)
    reader = Reader.of(model, frames, config.measure)
    played = frames[: len(frames) // READ_EVERY]  # one after the other, for what follows what
    looks = reader(played)
    threshold = config.threshold
    if threshold is None:
        sampled = Looks(looks.objectness[::5], looks.codes[::5], looks.grid)
        threshold = sampled.own_threshold(config.form)
    found = looks.blobs(threshold, config.form)
    spectra = [b.spectrum for seen in found for b in seen]
    if not spectra:
        raise ValueError(
            f"no latent exceeds {threshold:g} in {len(played)} frames of play: lower beta (now "
            f"{config.latent.beta:g}) or threshold, or give more frames"
        )
    centres = clusters_of(np.stack(spectra), config.clusters, seed)
    kinds = joined_kinds(found, centres, config.gate_pixels)
    return GaussianEyes(config, reader, threshold, kinds)


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
    model.start_from(seen[:cut:20].mean(axis=(0, 1, 2)) / 255)
    chosen = np.linspace(cut, len(seen) - 1, min(MOST_HELD_OUT, len(seen) - cut)).astype(int)
    epochs = fit(model, seen[:cut], seen[chosen], fitting, seed, progress=progress)
    return model, epochs
