"""The fully-convolutional VAE (thesis 5.1, 5.2): one class, variants override the regulariser.

Shapes: B batch, C = 3 colours, H W pixels (multiples of `CELL`), K latent filters, M N cells.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from perception import losses
from perception.config import PerceptionConfig
from perception.models.images import to_unit  # noqa: F401

CELL = 4  # pixels: the encoder's stride, the side of one latent position
EDGE = 0.02  # background probabilities are held inside [EDGE, 1 - EDGE]: finite logits
LOGVAR_BIAS = -4.0  # start with little noise in z: the decoder must first learn to listen


class FullyConvolutionalVAE(nn.Module):
    """Encoder and decoder of what differs from the static background.

    The encoder reads the frame minus the background, and the decoder's output is added to the
    background's logits: where nothing has changed, input and needed output are zero, so static
    scenery costs no nats. Every layer is local: a cell sees 8 + 2 * 4 = 16 pixels each way.
    """

    def __init__(self, config: PerceptionConfig) -> None:
        super().__init__()
        hidden, latent = config.hidden_filters, config.latents
        self.config = config
        self.encode_1 = nn.Conv2d(3, hidden, 8, stride=CELL, padding=2)
        self.encode_2 = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.mu = nn.Conv2d(hidden, latent, 1)
        self.logvar = nn.Conv2d(hidden, latent, 1)
        self.decode_1 = nn.Conv2d(latent, hidden, 3, padding=1)
        self.decode_2 = nn.Conv2d(hidden, 3 * CELL * CELL, 3, padding=1)
        before, after = (config.batch_norm in (side, "both") for side in ("before", "after"))
        self.norm_before = nn.BatchNorm2d(hidden) if before else nn.Identity()
        self.norm_after = nn.BatchNorm2d(latent) if after else nn.Identity()
        nn.init.constant_(self.logvar.bias, LOGVAR_BIAS)  # type: ignore[arg-type]
        nn.init.zeros_(self.decode_2.bias)  # type: ignore[arg-type]

    def encode(self, difference_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and log-variance, each (B, K, M, N), of frame minus background."""
        assert difference_BCHW.ndim == 4 and difference_BCHW.shape[1] == 3
        h = torch.relu(self.encode_1(difference_BCHW))
        h = self.norm_before(torch.relu(self.encode_2(h)))
        return self.mu(h), self.logvar(h)

    def decode(self, z_BKMN: Tensor) -> Tensor:
        """What the latents add to the background's logits, (B, C, H, W)."""
        h = torch.relu(self.decode_1(self.norm_after(z_BKMN)))
        return functional.pixel_shuffle(self.decode_2(h), CELL)

    def sample(self, mu_BKMN: Tensor, logvar_BKMN: Tensor, noise: torch.Generator) -> Tensor:
        """A draw from the posterior through which gradients pass, (B, K, M, N)."""
        drawn = torch.randn(mu_BKMN.shape, generator=noise)
        return losses.reparameterise(mu_BKMN, logvar_BKMN, drawn)

    def code(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        """The posterior's single best z, as the decoder takes it in use, (B, K, M, N)."""
        return mu_BKMN

    def nats(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        """What the posterior says beyond the prior, by filter and position, (B, K, M, N)."""
        return losses.elementwise_kl(mu_BKMN, logvar_BKMN)

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        """The KL that training presses on, nats: neuron-level decoupling (thesis 5.1.2, 5.2.2)."""
        return losses.neuron_level_kl(mu_BKMN, logvar_BKMN)


class NaiveFilterVAE(FullyConvolutionalVAE):
    """Decouples the filters' averages (thesis 5.2.3)."""

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        return losses.filter_level_kl(mu_BKMN, logvar_BKMN)


class WeightedFilterVAE(FullyConvolutionalVAE):
    """Decouples the filters' averages, weighed by the number of positions (thesis 5.2.4)."""

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        return losses.weighted_filter_level_kl(mu_BKMN, logvar_BKMN)


class WinnerTakesAllVAE(FullyConvolutionalVAE):
    """At most one filter active at a position (thesis 5.4): eq. 5.2 plus real competition."""

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        assert self.config.gamma is not None
        kl = losses.winner_takes_all_kl(mu_BKMN, logvar_BKMN)
        return kl + self.config.gamma * losses.losers_kl(mu_BKMN, logvar_BKMN)


class CategoricalVAE(FullyConvolutionalVAE):
    """One type or none at a position: what thesis 5.4 asks for, by construction.

    `mu` holds the logits of the types, against nought for "empty"; there is no variance.
    """

    def encode(self, difference_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        logits, _ = super().encode(difference_BCHW)
        return logits, torch.zeros_like(logits)

    def sample(self, mu_BKMN: Tensor, logvar_BKMN: Tensor, noise: torch.Generator) -> Tensor:
        shape = (len(mu_BKMN), mu_BKMN.shape[1] + 1, *mu_BKMN.shape[2:])
        return losses.relaxed_categorical(mu_BKMN, torch.rand(shape, generator=noise))

    def code(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        winner = functional.one_hot(losses.with_empty(mu_BKMN).argmax(dim=1), mu_BKMN.shape[1] + 1)
        return winner.permute(0, 3, 1, 2)[:, 1:].to(mu_BKMN.dtype)

    def nats(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        """The position's nats, shared among the types by their chance where it is not empty."""
        share = mu_BKMN.softmax(dim=1)
        return share * losses.categorical_kl(mu_BKMN)[:, None]

    def rate(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        return losses.categorical_kl(mu_BKMN).sum() / len(mu_BKMN)


VARIANTS = {
    "neuron": FullyConvolutionalVAE,
    "filter_naive": NaiveFilterVAE,
    "filter_weighted": WeightedFilterVAE,
    "winner_takes_all": WinnerTakesAllVAE,
    "categorical": CategoricalVAE,
}


def build_model(config: PerceptionConfig, seed: int) -> FullyConvolutionalVAE:
    """A freshly initialised model; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VARIANTS[config.decoupling](config)


def padded(x_BCHW: Tensor) -> Tensor:
    """Zeros below and to the right, up to whole cells."""
    height, width = x_BCHW.shape[2:]
    return functional.pad(x_BCHW, (0, -width % CELL, 0, -height % CELL))


def background_logits(background_BCHW: Tensor) -> Tensor:
    """The background picture as Bernoulli logits, to which the decoder adds."""
    return torch.logit(background_BCHW, eps=EDGE)
