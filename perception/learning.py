"""From frames of play to a perception: background, network, kinds."""

import numpy as np

from perception.background import check_frames, find_background
from perception.colours import only
from perception.config import PerceptionConfig
from perception.discovery import find_kinds
from perception.encoder import Encoder
from perception.fixtures import reveal_fixtures
from perception.model import FullyConvolutionalVAE, build_model
from perception.perception import Perception
from perception.renumbering import renumbered
from perception.window_training import Progress, Watch, train_model


def train_perception(
    frames: np.ndarray,
    config: PerceptionConfig,
    seed: int,
    progress: Progress | None = None,
    init: Perception | None = None,
    watch: Watch | None = None,
) -> Perception:
    """Learn from (N, H, W, 3) uint8 frames, in the order they were played, without labels.

    `init` is trained further (its weights are the start; background and kinds are found anew from
    `frames`, which should therefore hold old scenes beside new ones; a kind found again keeps its
    number). `watch` hears of the loss on frames of its own and changes nothing. Deterministic given
    `seed` and torch's thread count. `progress(done, total, note)` counts updates.
    Raises ValueError for frames of a wrong kind or that never change, FloatingPointError where
    training diverges at once; where it diverges later, warns and keeps the last good weights.
    """
    check_frames(frames)
    if watch is not None:
        watch = _seen_alike(watch, frames, config)
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
    train_model(model, frames, background, config, seed, progress, init is None, watch)
    if progress is not None:
        progress(config.updates, config.updates, "telling kinds apart")
    perception = with_kinds(model, background, frames)
    if init is not None:
        perception.kinds = renumbered(perception.kinds, init.kinds)
    return perception


def with_kinds(
    model: FullyConvolutionalVAE, background: np.ndarray, frames: np.ndarray
) -> Perception:
    """The perception of a trained model: its kinds are found in (N, H, W, 3) uint8 frames."""
    config = model.config
    kinds = find_kinds(
        Encoder(model, background),
        only(config.colour, frames),
        config.objectness_nats,
        config.coast_steps,
        config.gate_pixels,
        config.max_kinds,
    )
    return Perception(config, model, background, kinds)


def _seen_alike(watch: Watch, frames: np.ndarray, config: PerceptionConfig) -> Watch:
    """The watch with its frames in the colours learned from; ValueError where they do not fit."""
    held_out = watch.frames
    if held_out.dtype != np.uint8 or held_out.shape[1:] != frames.shape[1:] or not len(held_out):
        raise ValueError(
            f"watch: expected 1 or more frames of uint8 and shape {frames.shape[1:]} like those "
            f"learned from, got {held_out.dtype} {held_out.shape}"
        )
    return watch._replace(frames=only(config.colour, held_out))
