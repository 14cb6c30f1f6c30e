"""The network of Burgess et al. 2018, A.1, for images of 64x64.

B batch, C channels, K latents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from perception.models.images import to_unit

SIDE = 64  # pixels
WIDTH, UNITS = 32, 256  # channels of every convolution, units of every dense layer
LAST = SIDE // 2**4  # rows and columns after four strides of 2
NEXT_TO_NOTHING = 0.1  # standard deviation of the posterior's numbers at first: a KL of near 0

Layer = nn.Conv2d | nn.ConvTranspose2d | nn.Linear


class Posterior(NamedTuple):
    """q(z|x) of a batch: ``mu`` and ``logstd``, each (B, K)."""

    mu: Tensor
    logstd: Tensor

    def sample(self, noise: torch.Generator | None) -> Tensor:
        """(B, K) eq. 4."""
        epsilon = torch.randn(self.mu.shape, generator=noise).to(self.mu)
        return self.mu + self.logstd.exp() * epsilon


class Encoder(nn.Sequential):
    """Four convolutions, two dense layers, and the posterior's 2 K numbers."""

    def __init__(self, channels: int, latents: int) -> None:
        inputs = (channels, WIDTH, WIDTH, WIDTH)
        convolutions = [nn.Conv2d(c, WIDTH, 4, stride=2, padding=1) for c in inputs]
        dense = [nn.Linear(WIDTH * LAST**2, UNITS), nn.Linear(UNITS, UNITS)]
        last = nn.Linear(UNITS, 2 * latents)
        nn.init.normal_(last.weight, std=NEXT_TO_NOTHING / math.sqrt(UNITS))
        nn.init.zeros_(last.bias)
        super().__init__(*_rectified(convolutions), nn.Flatten(), *_rectified(dense), last)


class Decoder(nn.Sequential):
    """The transpose of the encoder, from K numbers to the logits of the pixels."""

    def __init__(self, channels: int, latents: int) -> None:
        sizes = (latents, UNITS, UNITS, WIDTH * LAST**2)
        dense = [nn.Linear(*pair) for pair in pairwise(sizes)]
        hidden: list[Layer] = [
            nn.ConvTranspose2d(WIDTH, WIDTH, 4, stride=2, padding=1) for _ in range(3)
        ]
        super().__init__(
            *_rectified(dense), nn.Unflatten(1, (WIDTH, LAST, LAST)), *_rectified(hidden),
            nn.ConvTranspose2d(WIDTH, channels, 4, stride=2, padding=1),
        )  # fmt: skip


class BetaVAE(nn.Module):
    """Encoder and decoder. Raises ValueError for images of another size than 64x64."""

    def __init__(self, image: tuple[int, int, int], latents: int = 10) -> None:
        super().__init__()
        channels = checked_channels(image)
        self.image, self.latents = image, latents
        self.encoder, self.decoder = Encoder(channels, latents), Decoder(channels, latents)

    def posterior(self, x_BCHW: Tensor) -> Posterior:
        """q(z|x) of images in [0, 1]."""
        return Posterior(*self.encoder(x_BCHW).float().chunk(2, dim=1))

    def decode(self, z_BK: Tensor) -> Tensor:
        """Logits of the pixels, (B, C, H, W)."""
        logits: Tensor = self.decoder(z_BK).float()
        return logits


def checked_channels(image: tuple[int, int, int]) -> int:
    """The channels of images of this (rows, columns, channels); ValueError: not 64x64."""
    rows, columns, channels = image
    if (rows, columns) != (SIDE, SIDE):
        raise ValueError(f"the network is for images of {SIDE}x{SIDE}, these are {rows}x{columns}")
    return channels


def encode(model: BetaVAE, images: np.ndarray, batch: int = 256) -> Posterior:
    """The posterior of uint8 images (N, 64, 64, C)."""
    parts = [images[first : first + batch] for first in range(0, len(images), batch)]
    with torch.no_grad():
        found = [model.posterior(to_unit(part)) for part in parts]
    return Posterior(*map(torch.cat, zip(*found, strict=True)))


def pictures(logits: Tensor) -> np.ndarray:
    """(N, H, W, C) uint8 images of logits (N, C, H, W)."""
    pixels = logits.detach().sigmoid().permute(0, 2, 3, 1).cpu()
    return np.asarray((255 * pixels).round().byte().numpy())


def _rectified(layers: Sequence[Layer]) -> list[nn.Module]:
    """Each with a rectifier after it, and weights that keep the variance of what goes through (He
    et al. 2015, eq. 10). With PyTorch's own the differences between images fade from layer to
    layer, and for thousands of iterations nothing is told of them."""
    for layer in layers:
        inputs = layer.weight[0].numel()
        if isinstance(layer, nn.ConvTranspose2d):
            inputs = layer.weight[:, 0].numel() // (layer.stride[0] * layer.stride[1])
        nn.init.normal_(layer.weight, std=math.sqrt(2 / inputs))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return [each for layer in layers for each in (layer, nn.ReLU())]
