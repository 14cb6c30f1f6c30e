"""From frames of play to a perception: background, network, kinds."""

import numpy as np

from perception.background import check_frames, find_background
from perception.colours import only
from perception.config import PerceptionConfig
from perception.discovery import find_kinds
from perception.encoder import Encoder
from perception.fixtures import reveal_fixtures
from perception.model import build_model
from perception.perception import Perception
from perception.renumbering import renumbered
from perception.training import Progress, train_model


def train_perception(
    frames: np.ndarray,
    config: PerceptionConfig,
    seed: int,
    progress: Progress | None = None,
    init: Perception | None = None,
) -> Perception:
    """Learn from (N, H, W, 3) uint8 frames, in the order they were played, without labels.

    `init` is trained further (its weights are the start; background and kinds are found anew from
    `frames`, which should therefore hold old scenes beside new ones; a kind found again keeps its
    number). Deterministic given `seed`
    and torch's thread count. `progress(done, total, note)` counts updates.
    Raises ValueError for frames of a wrong kind or that never change, FloatingPointError where
    training diverges.
    """
    check_frames(frames)
    if init is not None and init.background.shape != frames.shape[1:]:
        raise ValueError(
            f"frames: expected shape {init.background.shape} as init was trained on, "
            f"got {frames.shape[1:]}"
        )
    if progress is not None:
        progress(0, config.updates, "finding the background")
    frames = only(config.colour, frames)
    background = reveal_fixtures(frames, find_background(frames))
    model = build_model(config, seed)
    if init is not None:
        model.load_state_dict(init.model.state_dict())
    train_model(model, frames, background, config, seed, progress, warm_up=init is None)
    if progress is not None:
        progress(config.updates, config.updates, "telling kinds apart")
    encoder = Encoder(model, background)
    kinds = find_kinds(
        encoder,
        frames,
        config.objectness_nats,
        config.coast_steps,
        config.gate_pixels,
        config.max_kinds,
    )
    if init is not None:
        kinds = renumbered(kinds, init.kinds)
    return Perception(config, model, background, kinds)
