"""Traversals: what each latent of a beta-VAE draws (Burgess et al. 2018, Figures 2 and 4)."""

from __future__ import annotations

import numpy as np
import torch

from perception.betavae.network import BetaVAE, pictures
from perception.models.images import to_unit

REACH = 3.0  # prior standard deviations to each side


def traversals(
    model: BetaVAE, image: np.ndarray, latents: np.ndarray, steps: int, reach: float = REACH
) -> np.ndarray:
    """(L, steps, H, W, C) uint8: one image (H, W, C), with one of these latents at a time going
    from -``reach`` to ``reach`` and all others as they were inferred."""
    with torch.no_grad():
        z = model.posterior(to_unit(image[None])).mu[0]
        moved = z.expand(len(latents), steps, -1).clone()
        for row, latent in enumerate(latents.tolist()):
            moved[row, :, latent] = torch.linspace(-reach, reach, steps)
        drawn = pictures(model.decode(moved.flatten(0, 1)))
    return drawn.reshape(len(latents), steps, *drawn.shape[1:])


def reconstructions(model: BetaVAE, images: np.ndarray) -> np.ndarray:
    """(N, H, W, C) uint8, drawn from the posterior means of uint8 images."""
    with torch.no_grad():
        return pictures(model.decode(model.posterior(to_unit(images)).mu))
