"""The fully-convolutional VAE (thesis 5.1, 5.2): one class, variants override the regulariser.

Shapes: B batch, C = 3 colours, H W pixels (multiples of `CELL`), K latent filters, M N cells.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from perception import losses
from perception.config import PerceptionConfig

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
        hidden, latent = config.hidden_filters, config.latent_filters
        self.config = config
        self.encode_1 = nn.Conv2d(3, hidden, 8, stride=CELL, padding=2)
        self.encode_2 = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.mu = nn.Conv2d(hidden, latent, 1)
        self.logvar = nn.Conv2d(hidden, latent, 1)
        self.decode_1 = nn.Conv2d(latent, hidden, 3, padding=1)
        self.decode_2 = nn.Conv2d(hidden, 3 * CELL * CELL, 3, padding=1)
        nn.init.constant_(self.logvar.bias, LOGVAR_BIAS)  # type: ignore[arg-type]
        nn.init.zeros_(self.decode_2.bias)  # type: ignore[arg-type]

    def encode(self, difference_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and log-variance, each (B, K, M, N), of frame minus background."""
        assert difference_BCHW.ndim == 4 and difference_BCHW.shape[1] == 3
        h = torch.relu(self.encode_1(difference_BCHW))
        h = torch.relu(self.encode_2(h))
        return self.mu(h), self.logvar(h)

    def decode(self, z_BKMN: Tensor) -> Tensor:
        """What the latents add to the background's logits, (B, C, H, W)."""
        h = torch.relu(self.decode_1(z_BKMN))
        return functional.pixel_shuffle(self.decode_2(h), CELL)

    def regulariser(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        """Neuron-level decoupling (thesis 5.1.2, 5.2.2)."""
        return self.config.beta * losses.neuron_level_kl(mu_BKMN, logvar_BKMN)


class WinnerTakesAllVAE(FullyConvolutionalVAE):
    """At most one filter active at a position (thesis 5.4): eq. 5.2 plus real competition."""

    def regulariser(self, mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
        assert self.config.gamma is not None
        kl = losses.winner_takes_all_kl(mu_BKMN, logvar_BKMN)
        return self.config.beta * kl + self.config.gamma * losses.losers_kl(mu_BKMN, logvar_BKMN)


def build_model(config: PerceptionConfig, seed: int) -> FullyConvolutionalVAE:
    """A freshly initialised model; torch's global generator is left as it was."""
    variants = {"neuron": FullyConvolutionalVAE, "winner_takes_all": WinnerTakesAllVAE}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return variants[config.regulariser](config)


def to_unit(images_BHWC: np.ndarray) -> Tensor:
    """uint8 pictures as floats in [0, 1], (B, 3, H, W)."""
    return torch.from_numpy(images_BHWC).permute(0, 3, 1, 2).contiguous().float().div_(255.0)


def padded(x_BCHW: Tensor) -> Tensor:
    """Zeros below and to the right, up to whole cells."""
    height, width = x_BCHW.shape[2:]
    return functional.pad(x_BCHW, (0, -width % CELL, 0, -height % CELL))


def background_logits(background_BCHW: Tensor) -> Tensor:
    """The background picture as Bernoulli logits, to which the decoder adds."""
    return torch.logit(background_BCHW, eps=EDGE)
