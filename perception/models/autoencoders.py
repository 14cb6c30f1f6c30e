"""The autoencoders of thesis chapter 3: dense, fully-convolutional, dense VAE and beta-VAE.

Shapes: B batch, C channels, H W pixels, K latents. Images are (B, C, H, W) with pixels in [0, 1]. A
dense latent is kept as (B, K, 1, 1), the shape that `losses` expects. Every decoder ends in
logits: the sigmoid of the last layer (thesis 3.1) belongs to the loss, where it cannot overflow.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from perception.models import gaussian_losses as losses

ImageShape = tuple[int, int, int]  # channels, rows, columns
Model = TypeVar("Model", bound="Autoencoder")


class Terms(NamedTuple):
    """Scalars in nats: summed over pixels and latents, mean over the batch."""

    loss: Tensor  # what is minimised
    bce: Tensor  # reconstruction, binary cross-entropy
    kl: Tensor  # 0 where the latent is no distribution


class Autoencoder(nn.Module):
    """An encoder and a decoder, trained by the binary cross-entropy alone (thesis 3.1)."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def advance(self, updates: int) -> None:
        """Hear how many updates were made, before the next: for schedules of a model's own."""

    def encode(self, x_BCHW: Tensor) -> Tensor:
        """The latents that a reconstruction is decoded from."""
        code: Tensor = self.encoder(x_BCHW)
        return code

    def decode(self, z: Tensor) -> Tensor:
        """Logits of the pixels, (B, C, H, W)."""
        logits: Tensor = self.decoder(z)
        return logits

    def terms(self, x_BCHW: Tensor, noise: torch.Generator) -> Terms:
        """The loss and its parts; `noise` is drawn from by variational models alone."""
        bce = losses.bernoulli_nll(self.decode(self.encode(x_BCHW)), x_BCHW)
        return Terms(bce, bce, torch.zeros(()))

    @torch.no_grad()
    def reconstruct(self, x_BCHW: Tensor) -> Tensor:
        """Pixel probabilities, (B, C, H, W); of a variational model, from the posterior mean."""
        return torch.sigmoid(self.decode(self.encode(x_BCHW)))


class DenseAutoencoder(Autoencoder):
    """Table 3.1: Flatten, Dense 32 (ReLU), Dense to the pixels, Reshape. The table leaves nothing
    open for (1, 28, 28); other image shapes change the number of pixels alone.
    """

    def __init__(self, image: ImageShape) -> None:
        pixels = math.prod(image)
        super().__init__(
            nn.Sequential(nn.Flatten(), nn.Linear(pixels, 32), nn.ReLU()),
            nn.Sequential(nn.Linear(32, pixels), nn.Unflatten(1, image)),
        )


class FullyConvolutionalAutoencoder(Autoencoder):
    """Table 3.2, for one channel and rows and columns that are multiples of 4.

    The table leaves open, and we chose: kernels of 3 x 3, stride 1, zero padding that keeps the
    size, pools of 2 x 2, upsampling by repetition (Keras's default), ReLU before each pool.
    """

    def __init__(self) -> None:
        super().__init__(
            nn.Sequential(
                nn.Conv2d(1, 32, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(32, 4, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ),
            nn.Sequential(
                nn.Upsample(scale_factor=2),
                nn.ConvTranspose2d(4, 32, 3, padding=1),
                nn.ReLU(),
                nn.Upsample(scale_factor=2),
                nn.ConvTranspose2d(32, 1, 3, padding=1),
            ),
        )


class DenseVAE(Autoencoder):
    """The dense VAE (thesis 3.2, beta = 1) and beta-VAE (3.4.2, eq. 3.37), for any image shape.

    The posterior's mean and log-variance are linear layers: both are unbounded, and a logarithm
    spreads small variances out (thesis 4.4, 4.5). The thesis leaves the layers open. We chose one
    hidden ReLU layer on either side (as Kingma & Welling 2013; 256 wide, so that native RGB frames
    need no more than 52 million weights) and 32 latents, as many as in Table 3.1.
    """

    def __init__(
        self, image: ImageShape, *, beta: float, latents: int = 32, hidden: int = 256
    ) -> None:
        if not (math.isfinite(beta) and beta >= 0):
            raise ValueError(f"beta must be a finite number of at least 0, got {beta}")
        pixels = math.prod(image)
        super().__init__(
            nn.Sequential(nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU()),
            nn.Sequential(
                nn.Flatten(),
                nn.Linear(latents, hidden),
                nn.ReLU(),
                nn.Linear(hidden, pixels),
                nn.Unflatten(1, image),
            ),
        )
        self.beta, self.latents = beta, latents
        self.mu = nn.Sequential(nn.Linear(hidden, latents), nn.Unflatten(1, (latents, 1, 1)))
        self.logvar = nn.Sequential(nn.Linear(hidden, latents), nn.Unflatten(1, (latents, 1, 1)))

    def posterior(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each (B, K, 1, 1)."""
        h = self.encoder(x_BCHW)
        return self.mu(h), self.logvar(h)

    def encode(self, x_BCHW: Tensor) -> Tensor:
        return self.posterior(x_BCHW)[0]

    def terms(self, x_BCHW: Tensor, noise: torch.Generator) -> Terms:
        """-ELBO with the KL term weighed by beta (eq. 3.37), from one sample z per image."""
        mu, logvar = self.posterior(x_BCHW)
        z = losses.reparameterise(mu, logvar, torch.randn(mu.shape, generator=noise))
        bce = losses.bernoulli_nll(self.decode(z), x_BCHW)
        kl = losses.neuron_level_kl(mu, logvar)
        return Terms(bce + self.beta * kl, bce, kl)

    @torch.no_grad()
    def sample(self, count: int, noise: torch.Generator) -> Tensor:
        """Pixel probabilities decoded from z ~ N(0, I) (eq. 3.40), (count, C, H, W)."""
        return torch.sigmoid(self.decode(torch.randn(count, self.latents, 1, 1, generator=noise)))


def build_autoencoder(make: Callable[[], Model], seed: int) -> Model:
    """The model that `make` gives, its weights drawn from `seed` as Keras, the thesis's library,
    draws them: Glorot uniform, biases 0. torch's global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make()
        for layer in model.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                nn.init.xavier_uniform_(layer.weight)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)
    return model
