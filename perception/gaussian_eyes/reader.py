"""Reading frames with a network: objectness and codes by position."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from perception.gaussian_eyes.readout import Blob, Form, Measure, blobs, departure_map, kl_map
from perception.models.gaussian import GaussianVAE
from perception.models.images import to_images, to_unit
from perception.models.inputs import Grid, as_frame, pictures

BATCH = 16  # frames encoded at a time
LEVELS = 40  # thresholds tried where no label tells which
MOST = 0.85  # share of the most blobs at any threshold, that are still there at the one chosen
RISES = 2.0
LOWEST = 1e-3  # threshold tried, of the highest objectness
MEDIAN_FRAMES = 200  # evenly spaced frames that a position's median is taken over


class Looks(NamedTuple):
    """What is read in F frames: objectness (F, M, N) and codes (F, K, M, N), empty ones at 0."""

    objectness: np.ndarray
    codes: np.ndarray
    grid: Grid

    def blobs(self, threshold: float, form: Form) -> list[list[Blob]]:
        """Of each frame."""
        pairs = zip(self.objectness, self.codes, strict=True)
        return [blobs(o, c, threshold, self.grid, form) for o, c in pairs]

    def levels(self, count: int) -> np.ndarray:
        """Thresholds to try, from what half of the positions have to the most that any has."""
        low, high = np.median(self.objectness), self.objectness.max()
        return np.geomspace(max(low, LOWEST * high, 1e-12), max(high, 2e-12), count + 1)[:-1]

    def own_threshold(self, form: Form) -> float:
        """A threshold that no label told, from play.

        Low thresholds run things together, high ones lose them: the highest at which there are
        still `MOST` of the most blobs that any threshold gives. Only blobs that rise to `RISES`
        times the threshold count: the others are ripples of the background or pieces of a thing.
        """
        levels = self.levels(LEVELS)
        found = [(level, self.blobs(level, form)) for level in levels]
        counts = np.array([_rising(blobs, RISES * level) for level, blobs in found])
        return float(levels[(counts >= MOST * counts.max()).nonzero()[0][-1]])


def _rising(found: list[list[Blob]], height: float) -> int:
    return sum(b.score >= height for seen in found for b in seen)


class Reader:
    """A network and what it says where nothing is, by position: `empty` (K, M, N)."""

    def __init__(
        self, model: GaussianVAE, shape: tuple[int, ...], measure: Measure, empty: np.ndarray
    ) -> None:
        self.model, self.shape, self.measure, self.empty = model, shape, measure, empty
        self.grid = Grid(model.config, shape)

    @classmethod
    def of(cls, model: GaussianVAE, frames: np.ndarray, measure: Measure) -> Reader:
        """After (N, H, W, 3) uint8 frames of play. By KL a position is empty at the prior's mean,
        by departure at the median of its codes over these frames."""
        chosen = np.linspace(0, len(frames) - 1, min(len(frames), MEDIAN_FRAMES)).astype(int)
        mu, _ = posterior(model, frames[chosen])
        empty = np.median(mu, axis=0) if measure == "departure" else np.zeros_like(mu[0])
        return cls(model, frames.shape[1:], measure, empty.astype(np.float32))

    def __call__(self, frames: np.ndarray) -> Looks:
        """Read (F, H, W, 3) uint8 frames."""
        mu, logvar = posterior(self.model, frames)
        if self.measure == "kl":
            return Looks(kl_map(mu, logvar), mu, self.grid)
        return Looks(departure_map(mu, self.empty), mu - self.empty, self.grid)


def drawn(model: GaussianVAE, z_KMN: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What the decoder makes of one latent volume, RGB of a native (H, W, 3) uint8."""
    with torch.inference_mode():
        probability = torch.sigmoid(model.decode(torch.from_numpy(z_KMN)[None]))
    return as_frame(to_images(probability)[0], shape)


def posterior(model: GaussianVAE, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and log variance of (F, H, W, 3) uint8 frames, each (F, K, M, N) float32."""
    model.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(frames), BATCH):
            x = to_unit(pictures(frames[start : start + BATCH], model.config))
            parts.append([part.numpy() for part in model.posterior(x)])
    mu, logvar = (np.concatenate(each) for each in zip(*parts, strict=True))
    return mu, logvar
