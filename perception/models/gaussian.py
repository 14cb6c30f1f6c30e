"""The fully-convolutional (variational) autoencoder of whole frames (Sherburn 2017, chapter 5).

One class; variants override the regulariser alone. A frame goes in as it is, nobody says what its
background is, and the frame comes out.

Shapes: B batch, C channels, H W pixels, K latent filters, M N latent rows and columns. Unit: nats,
summed over a frame's pixels or latents, mean over the batch.
"""

import numpy as np
import torch
from torch import Tensor, nn

from perception.models import gaussian_losses as losses
from perception.models.architectures import ARCHITECTURES, decoder_of, encoder_of
from perception.models.autoencoders import Autoencoder, Terms, build_autoencoder
from perception.models.gaussian_config import GaussianConfig

EDGE = 0.02  # a first colour is held inside [EDGE, 1 - EDGE]: finite logits
LOGVAR_BIAS = -4.0  # start with little noise in z: the decoder must first learn to listen
WARM_UP_UPDATES = 1_000  # over which the KL's weight, or its capacity, rises to what was asked for


class GaussianVAE(Autoencoder):
    """Neuron-level decoupling (thesis 5.1.2 for one filter, 5.2.2 for k)."""

    def __init__(self, config: GaussianConfig) -> None:
        architecture = ARCHITECTURES[config.architecture]
        hidden, filters = encoder_of(architecture, config.channels)
        if config.batch_norm in ("before", "both"):
            hidden.append(nn.BatchNorm2d(filters))
        decoder = decoder_of(architecture, config.latents, config.channels)
        if config.batch_norm in ("after", "both"):
            decoder.insert(0, nn.BatchNorm2d(config.latents))
        super().__init__(hidden, decoder)
        self.config, self.warmth = config, 1.0
        kernel, stride, padding, _ = architecture.head
        self.mu = nn.Conv2d(filters, config.latents, kernel, stride, padding)  # linear, thesis 4.5
        self.logvar = nn.Conv2d(filters, config.latents, kernel, stride, padding)

    def start_from(self, colour: np.ndarray) -> None:
        """Draw this colour (C,), in 0..1, everywhere at first: the mean one need not be learned."""
        assert isinstance(self.decoder, nn.Sequential)
        last = self.decoder[-1]
        assert isinstance(last, nn.ConvTranspose2d) and last.bias is not None
        with torch.no_grad():
            last.bias.copy_(torch.logit(torch.from_numpy(colour).float(), eps=EDGE))

    def advance(self, updates: int) -> None:
        self.warmth = min(1.0, updates / WARM_UP_UPDATES)

    def posterior(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each (B, K, M, N)."""
        assert x_BCHW.ndim == 4 and x_BCHW.shape[1] == self.config.channels
        h = self.encoder(x_BCHW)
        return self.mu(h), self.logvar(h)

    def encode(self, x_BCHW: Tensor) -> Tensor:
        return self.posterior(x_BCHW)[0]

    def sample(self, mu_BKMN: Tensor, logvar_BKMN: Tensor, noise: torch.Generator) -> Tensor:
        """A draw from the posterior through which gradients pass, (B, K, M, N)."""
        drawn = torch.randn(mu_BKMN.shape, generator=noise)
        return losses.reparameterise(mu_BKMN, logvar_BKMN, drawn)

    def nats(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        """What the posterior says beyond the prior, by filter and position, (B, K, M, N)."""
        return losses.elementwise_kl(mu_BKMN, logvar_BKMN)

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        """What `beta` presses on."""
        return losses.neuron_level_kl(mu_BKMN, logvar_BKMN)

    def terms(self, x_BCHW: Tensor, noise: torch.Generator) -> Terms:
        """The loss; its `kl` is the ELBO's, KL(q || N(0, I)), whatever `beta` presses on.

        In training the pressure warms up: `warmth` weighs it, or raises the capacity C of
        beta |KL - C| (Burgess et al. 2018, eq. 8).
        """
        mu, logvar = self.posterior(x_BCHW)
        bce = losses.bernoulli_nll(self.decode(self.sample(mu, logvar, noise)), x_BCHW)
        loss = bce + self._pressure(self.rate(mu, logvar))
        if self.config.orthogonality > 0:
            loss = loss + self.config.orthogonality * losses.orthogonality(self.mu.weight)
        return Terms(loss, bce, self.nats(mu, logvar).sum() / len(x_BCHW))

    def _pressure(self, rate: Tensor) -> Tensor:
        warmth = self.warmth if self.training else 1.0
        if self.config.capacity_nats is None:
            return warmth * self.config.beta * rate
        return self.config.beta * (rate - warmth * self.config.capacity_nats).abs()


class NaiveFilterVAE(GaussianVAE):
    """Decouples the filters' averages over a frame (thesis 5.2.3)."""

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        return losses.filter_level_kl(mu_BKMN, logvar_BKMN)


class WeightedFilterVAE(GaussianVAE):
    """Decouples the filters' averages, weighed by the number of positions (thesis 5.2.4)."""

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        return losses.weighted_filter_level_kl(mu_BKMN, logvar_BKMN)


class WinnerTakesAllVAE(GaussianVAE):
    """At most one filter active at a position (thesis 5.4): eq. 5.2, which by itself is the
    neuron-level term, and `gamma` times the losers' nats, which makes filters compete."""

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        assert self.config.gamma is not None
        kl = losses.winner_takes_all_kl(mu_BKMN, logvar_BKMN)
        return kl + self.config.gamma * losses.losers_kl(mu_BKMN, logvar_BKMN)


class PointAutoencoder(GaussianVAE):
    """Deterministic: no noise, nothing drawn to a prior (the thesis's future work, 7.3)."""

    def posterior(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """The code, and log variances of 0: `nats` are then mu^2 / 2."""
        mu = self.mu(self.encoder(x_BCHW))
        return mu, torch.zeros_like(mu)

    def sample(self, mu_BKMN: Tensor, logvar_BKMN: Tensor, noise: torch.Generator) -> Tensor:
        return mu_BKMN

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        return torch.zeros(())


VARIANTS: dict[str, type[GaussianVAE]] = {
    "neuron": GaussianVAE,
    "filter_naive": NaiveFilterVAE,
    "filter_weighted": WeightedFilterVAE,
    "winner_takes_all": WinnerTakesAllVAE,
    "none": PointAutoencoder,
}


def build_gaussian(config: GaussianConfig, seed: int) -> GaussianVAE:
    """A freshly initialised network, its weights Glorot uniform as the author's.

    torch's global generator is left as it was.
    """
    model = build_autoencoder(lambda: VARIANTS[config.decoupling](config), seed)
    nn.init.constant_(model.logvar.bias, LOGVAR_BIAS)  # type: ignore[arg-type]
    return model
