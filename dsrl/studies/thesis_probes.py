"""Asking a network of whole frames what its latents mean (thesis chapter 6).

Frames and pictures are native, (H, W, 3) uint8; chance comes from the generator passed in.
Shapes: K latent filters, M N latent rows and columns.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from perception.gaussian_eyes.reader import drawn, posterior
from perception.models.gaussian import GaussianVAE
from perception.models.images import to_images, to_unit
from perception.models.inputs import as_frame, pictures

TRIES = 10  # draws from the prior, of which the best is taken


class Probed(NamedTuple):
    """A network and the shape of its native frames."""

    model: GaussianVAE
    shape: tuple[int, ...]

    def code(self, frame: np.ndarray) -> Tensor:
        """The posterior's mean, (1, K, M, N)."""
        return torch.from_numpy(posterior(self.model, frame[None])[0])

    def draw(self, z: Tensor) -> np.ndarray:
        """What the decoder makes of one latent volume (1, K, M, N)."""
        return drawn(self.model, z[0].numpy(), self.shape)

    def _picture(self, z: Tensor) -> np.ndarray:
        with torch.inference_mode():
            return to_images(torch.sigmoid(self.model.decode(z)))[0]

    def reconstruct(self, frame: np.ndarray) -> np.ndarray:
        """From the posterior's mean."""
        return self.draw(self.code(frame))

    def noisy(self, frame: np.ndarray, sd: float, noise: torch.Generator) -> np.ndarray:
        """A reconstruction with N(0, sd^2) added to all latents."""
        z = self.code(frame)
        return self.draw(z + sd * torch.randn(z.shape, generator=noise))

    def mean_activation(self, frames: np.ndarray) -> np.ndarray:
        """The mean over (F, H, W, 3) frames of each filter's posterior mean, (K, M, N)."""
        return np.asarray(posterior(self.model, frames)[0].mean(axis=0))

    def prior(self, noise: torch.Generator, tries: int = TRIES) -> Tensor:
        """Of some draws from N(0, I), (1, K, M, N), the one that one encoding and decoding changes
        least (the thesis shows "the best of 10")."""
        shape = self._latent_shape()
        draws = [torch.randn(shape, generator=noise) for _ in range(tries)]
        return min(draws, key=self._change)

    def _latent_shape(self) -> tuple[int, ...]:
        blank = np.zeros((1, *self.shape), np.uint8)
        return posterior(self.model, blank)[0].shape

    def _change(self, z: Tensor) -> float:
        picture = self._picture(z)
        again = self._picture(self._encoded(picture, None))
        return float(np.square(picture.astype(float) - again).mean())

    def _encoded(self, picture: np.ndarray, noise: torch.Generator | None) -> Tensor:
        """Latents of a picture: a draw from the posterior, or its mean without noise."""
        with torch.inference_mode():
            mu, logvar = self.model.posterior(to_unit(picture[None]))
            return mu if noise is None else self.model.sample(mu, logvar, noise)

    def chain(self, frame: np.ndarray, steps: int, noise: torch.Generator) -> np.ndarray:
        """The picture after so many steps of the Markov chain that starts at a frame (thesis
        eq. 3.45): z ~ q(z | x), x = E[x | z]. Pixels are passed on as probabilities, not drawn,
        since drawn pixels are noise that no frame of a game shows."""
        picture = pictures(frame[None], self.model.config)[0]
        for _ in range(steps):
            picture = self._picture(self._encoded(picture, noise))
        return as_frame(picture, self.shape)


def maps(filters_KMN: np.ndarray, height: int, width: int) -> np.ndarray:
    """One grey map a filter in one picture of about this size: black the least, white the most.

    Each filter has its own scale; a grid as square as the filters allow.
    """
    count, rows, columns = filters_KMN.shape
    across = int(np.ceil(np.sqrt(count)))
    down = -(-count // across)
    scale = max(1, min((height - down) // (down * rows), (width - across) // (across * columns)))
    sheet = np.full((height, width, 3), 40, np.uint8)
    for k, one in enumerate(filters_KMN):
        spread = float(one.max() - one.min()) or 1.0
        level = (255 * (one - one.min()) / spread).astype(np.uint8)
        tile = level.repeat(scale, axis=0).repeat(scale, axis=1)
        y, x = k // across * (rows * scale + 1), k % across * (columns * scale + 1)
        tile = tile[: height - y, : width - x]
        sheet[y : y + tile.shape[0], x : x + tile.shape[1]] = tile[..., None]
    return sheet
