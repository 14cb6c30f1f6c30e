"""Training of the fully-convolutional VAE on windows around what moves, without labels.

Of the habits of thesis 4.6: the learning rate is annealed, the loss is watched on frames that were
held out, and a loss that is no longer finite puts the last good weights back.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from perception import losses
from perception.background import all_alike
from perception.config import PerceptionConfig
from perception.model import CELL, FullyConvolutionalVAE, background_logits, to_unit

Progress = Callable[[int, int, str], None]
WARM_UP = 0.25  # share of the updates over which the KL term rises from 0 to its weight
EMPTY_WINDOWS = 0.125  # share of windows drawn anywhere, so that empty cells learn the prior
REPORT_EVERY = 20  # updates, between two reports and between two copies of good weights
WATCHED_WINDOWS = 64


class Terms(NamedTuple):
    """Parts of the negative ELBO, nats a window; `logits_BCHW` are the pixels'."""

    loss: Tensor
    bce: Tensor
    rate: Tensor
    logits_BCHW: Tensor


class Losses(NamedTuple):
    """Means over windows, nats; `kl` is the rate that beta weighs."""

    loss: float
    bce: float
    kl: float


class Report(NamedTuple):
    """How far training has come; pictures are held-out windows, (B, 3, H, W) in 0..1."""

    updates: int  # done
    learning_rate: float  # of the latest
    train: Losses  # of the latest batch; warming up, its loss lacks a part of the KL
    validation: Losses  # of the same held-out windows each time, the KL at full weight
    originals_BCHW: Tensor
    reconstructions_BCHW: Tensor


class Watch(NamedTuple):
    """Frames (N, H, W, 3) uint8 held out of training, and who hears of the loss on them."""

    frames: np.ndarray
    hear: Callable[[Report, FullyConvolutionalVAE], None]


class GoodWeights(NamedTuple):
    """Weights with which the loss was finite."""

    updates: int
    state: dict[str, Tensor]


class Windows:
    """Square windows of the frames, most of them around a region that differs from the background.

    Regions, not pixels, are drawn with equal chance: a ball is seen as often as a paddle.
    """

    def __init__(self, frames: np.ndarray, background: np.ndarray, cells: int) -> None:
        height, width = frames.shape[1:3]
        self.frames, self.background = frames, background
        self.side = CELL * min(cells, height // CELL, width // CELL)
        self.last = (height - self.side, width - self.side)
        centres = [
            self._regions(i, (frame != background).any(axis=2)) for i, frame in enumerate(frames)
        ]
        regions = np.concatenate(centres)  # (R, 3): frame, row, column
        middle = [[len(frames) // 2, height // 2, width // 2]]
        self.regions = regions if len(regions) else np.array(middle)

    @staticmethod
    def _regions(index: int, changed: np.ndarray) -> np.ndarray:
        count, _, _, centroids = cv2.connectedComponentsWithStats(
            cv2.dilate(changed.view(np.uint8), np.ones((3, 3), np.uint8))
        )
        rows = centroids[1:count, ::-1].astype(np.int64)
        return np.concatenate([np.full((len(rows), 1), index), rows], axis=1)

    def draw(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """`count` windows and the background behind each, both (count, side, side, 3) uint8."""
        picked = self.regions[rng.integers(len(self.regions), size=count)]
        shift = rng.integers(-self.side // 2, self.side // 2 + 1, size=(count, 2)) // 2
        corners = picked[:, 1:] - self.side // 2 + shift
        anywhere = rng.random(count) < EMPTY_WINDOWS
        corners[anywhere] = rng.integers(0, np.array(self.last) + 1, size=(anywhere.sum(), 2))
        corners = np.clip(corners, 0, self.last)
        cuts = [np.s_[y : y + self.side, x : x + self.side] for y, x in corners]
        x = np.stack([self.frames[i][cut] for (i, _, _), cut in zip(picked, cuts, strict=True)])
        return x, np.stack([self.background[cut] for cut in cuts])


def negative_elbo(
    model: FullyConvolutionalVAE,
    x_BCHW: Tensor,
    background_BCHW: Tensor,
    noise: torch.Generator,
    warmth: float,
) -> Terms:
    """Reconstruction loss plus the pressure on the rate, nats a window.

    `warmth` rises from 0 to 1: it weighs the rate, or raises the capacity C of
    beta |rate - C| (Burgess et al. 2018, eq. 8).
    """
    config = model.config
    mu, logvar = model.encode(x_BCHW - background_BCHW)
    z = model.sample(mu, logvar, noise)
    logits = model.decode(z) + background_logits(background_BCHW)
    rate = model.rate(mu, logvar)
    if config.capacity_nats is None:
        pressure = warmth * (config.beta * rate)
    else:
        pressure = config.beta * (rate - warmth * config.capacity_nats).abs()
    bce = losses.bernoulli_nll(logits, x_BCHW)
    loss = bce + pressure
    if config.orthogonality > 0:
        layers = (model.encode_1, model.encode_2, model.decode_1)
        loss = loss + config.orthogonality * sum(losses.orthogonality(c.weight) for c in layers)
    return Terms(loss, bce, rate, logits)


def train_model(
    model: FullyConvolutionalVAE,
    frames: np.ndarray,
    background: np.ndarray,
    config: PerceptionConfig,
    seed: int,
    progress: Progress | None,
    warm_up: bool = True,
    watch: Watch | None = None,
) -> None:
    """Train `model` in place on (N, H, W, 3) uint8 frames; deterministic given the thread count.

    Where the loss diverges, training ends with the last good weights and a UserWarning. A watch
    changes nothing. Raises ValueError where the frames never change, FloatingPointError where the
    loss diverges before there are good weights.
    """
    if all_alike(frames):
        raise ValueError(
            f"the {len(frames)} frames are all alike: nothing moves, so there is nothing to "
            "learn; give frames of play"
        )
    windows = Windows(frames, background, config.window_cells)
    held_out = None if watch is None else _HeldOut(watch, background, config)
    model.train()
    rng = np.random.default_rng(seed)
    noise = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.updates)
    good: GoodWeights | None = None
    for update in range(config.updates):
        warmth = min(1.0, update / (WARM_UP * config.updates)) if warm_up else 1.0
        x, behind = (to_unit(part) for part in windows.draw(config.batch_size, rng))
        terms = negative_elbo(model, x, behind, noise, warmth)
        if not torch.isfinite(terms.loss):
            _put_back(model, good, update, config)
            break
        if update > 0 and update % REPORT_EVERY == 0:
            good = GoodWeights(update, copy_of_weights(model))
        rate = optimiser.param_groups[0]["lr"]
        optimiser.zero_grad(set_to_none=True)
        terms.loss.backward()
        optimiser.step()
        schedule.step()
        done = update + 1
        if done % REPORT_EVERY == 0 or done == config.updates:
            if progress is not None:
                progress(done, config.updates, _note(terms))
            if held_out is not None:
                held_out.report(model, done, rate, terms)
    else:
        if not all(torch.isfinite(value).all() for value in model.parameters()):
            _put_back(model, good, config.updates, config)  # the last step went too far
    model.eval()


def _note(terms: Terms) -> str:
    return f"loss {terms.loss.item():.0f}, KL {terms.rate.item():.1f} nats a window"


def copy_of_weights(model: FullyConvolutionalVAE) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def _put_back(
    model: FullyConvolutionalVAE, good: GoodWeights | None, update: int, config: PerceptionConfig
) -> None:
    """Give `model` its good weights again, with a warning; FloatingPointError if there are none."""
    what = f"perception training diverged at update {update}"
    advice = f"lower learning_rate (now {config.learning_rate}) or raise beta (now {config.beta})"
    if good is None:
        raise FloatingPointError(f"{what}, before there were good weights to go back to: {advice}")
    model.load_state_dict(good.state)
    warnings.warn(
        f"{what}: it ends with the weights after {good.updates} of {config.updates} updates, when "
        f"the loss was finite; {advice}",
        stacklevel=3,
    )


class _HeldOut:
    """Windows of held-out frames, the same throughout, and their loss."""

    def __init__(self, watch: Watch, background: np.ndarray, config: PerceptionConfig) -> None:
        windows = Windows(watch.frames, background, config.window_cells)
        drawn = windows.draw(WATCHED_WINDOWS, np.random.default_rng(0))
        self._x, self._behind = (to_unit(part) for part in drawn)
        self._hear = watch.hear

    def report(
        self, model: FullyConvolutionalVAE, updates: int, learning_rate: float, train: Terms
    ) -> None:
        model.eval()
        noise = torch.Generator().manual_seed(0)  # the same each time
        with torch.no_grad():
            validation = negative_elbo(model, self._x, self._behind, noise, warmth=1.0)
        model.train()
        again = torch.sigmoid(validation.logits_BCHW)
        scores = _numbers(train), _numbers(validation)
        self._hear(Report(updates, learning_rate, *scores, self._x, again), model)


def _numbers(terms: Terms) -> Losses:
    return Losses(terms.loss.item(), terms.bce.item(), terms.rate.item())
