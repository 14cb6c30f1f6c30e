"""The generator from true factors of Burgess et al. 2018, eq. 7: which of them is worth telling.

Each factor is scaled and blurred by noise, both learned, before the decoder sees it; how much of
each gets through at a capacity says in which order factors pay for themselves.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from perception.betavae.network import Decoder, Posterior, checked_channels
from perception.factors.data import FactorData

FIRST_SCALE = 0.1  # so that at first nearly nothing is told


class FactorGenerator(nn.Module):
    """Draws images from noisy factors: z_f = scale_f factor_f + noise_f N(0, 1), F of them."""

    def __init__(self, data: FactorData) -> None:
        super().__init__()
        sizes = np.array(data.factors_num_values)
        self.decoder = Decoder(checked_channels(data.observation_shape), data.num_factors)
        self.scale = nn.Parameter(torch.full((data.num_factors,), FIRST_SCALE))
        self.lognoise = nn.Parameter(torch.zeros(data.num_factors))
        # evenly spaced values, brought to mean 0 and variance 1
        middle = torch.tensor((sizes - 1) / 2, dtype=torch.float32)
        spread = torch.tensor(np.sqrt((sizes**2 - 1) / 12), dtype=torch.float32)
        self.middle: Tensor
        self.spread: Tensor
        self.register_buffer("middle", middle, persistent=False)
        self.register_buffer("spread", spread, persistent=False)

    def posterior(self, factors_BF: Tensor) -> Posterior:
        """q(z|factors)."""
        standard = (factors_BF - self.middle) / self.spread
        mu = self.scale * standard
        return Posterior(mu, self.lognoise.expand_as(mu))

    def decode(self, z_BF: Tensor) -> Tensor:
        """Logits of the pixels, (B, C, H, W)."""
        logits: Tensor = self.decoder(z_BF).float()
        return logits
