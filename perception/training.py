"""Training of the fully-convolutional VAE on windows around what moves, without labels."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from perception import losses
from perception.config import PerceptionConfig
from perception.model import CELL, FullyConvolutionalVAE, background_logits, to_unit

Progress = Callable[[int, int, str], None]
WARM_UP = 0.25  # share of the updates over which the KL term rises from 0 to its weight
EMPTY_WINDOWS = 0.125  # share of windows drawn anywhere, so that empty cells learn the prior
REPORT_EVERY = 20  # updates


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
        self.regions = np.concatenate(centres)  # (R, 3): frame, row, column
        if len(self.regions) == 0:
            raise ValueError(
                f"the {len(frames)} frames are all alike: nothing moves, so there is nothing to "
                "learn; give frames of play"
            )

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
) -> tuple[Tensor, Tensor]:
    """Reconstruction loss plus the pressure on the rate, and the rate alone (nats a window).

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
    loss = losses.bernoulli_nll(logits, x_BCHW) + pressure
    if config.orthogonality > 0:
        layers = (model.encode_1, model.encode_2, model.decode_1)
        loss = loss + config.orthogonality * sum(losses.orthogonality(c.weight) for c in layers)
    return loss, rate.detach()


def train_model(
    model: FullyConvolutionalVAE,
    frames: np.ndarray,
    background: np.ndarray,
    config: PerceptionConfig,
    seed: int,
    progress: Progress | None,
    warm_up: bool = True,
) -> None:
    """Train `model` in place on (N, H, W, 3) uint8 frames; deterministic given the thread count.

    Raises ValueError where the frames never change, FloatingPointError where the loss diverges.
    """
    windows = Windows(frames, background, config.window_cells)
    model.train()
    rng = np.random.default_rng(seed)
    noise = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.updates)
    for update in range(config.updates):
        warmth = min(1.0, update / (WARM_UP * config.updates)) if warm_up else 1.0
        x, behind = (to_unit(part) for part in windows.draw(config.batch_size, rng))
        loss, rate = negative_elbo(model, x, behind, noise, warmth)
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"perception training diverged at update {update} (loss {loss.item()}): lower "
                f"learning_rate (now {config.learning_rate}) or raise beta (now {config.beta})"
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        if progress is not None and (update + 1) % REPORT_EVERY == 0:
            note = f"loss {loss.item():.0f}, KL {rate.item():.1f} nats a window"
            progress(update + 1, config.updates, note)
    model.eval()
