"""The objectives of Burgess et al. 2018, as pure functions of nats per image.

B batch, K latents. Reduction everywhere: sum over pixels and latents, mean over the batch. Signs
are those of losses: what the paper maximises is minimised.
"""

from __future__ import annotations

from torch import Tensor

from perception.models.gaussian_losses import elementwise_kl


def kl_by_latent(mu_BK: Tensor, logstd_BK: Tensor) -> Tensor:
    """(K,) KL(N(mu, std^2) || N(0, 1)) of each latent, mean over the batch."""
    kl_BK11 = elementwise_kl(mu_BK[:, :, None, None], 2 * logstd_BK[:, :, None, None])
    return kl_BK11.mean(dim=(0, 2, 3))


def beta_objective(nll: Tensor, kl: Tensor, beta: float) -> Tensor:
    """Eq. 5: the reconstruction, and beta times all that the code tells."""
    return nll + beta * kl


def capacity_objective(nll: Tensor, kl: Tensor, capacity: float, gamma: float) -> Tensor:
    """Eq. 7 and 8: the code is to tell ``capacity`` nats, no more and no less."""
    return nll + gamma * (kl - capacity).abs()


def capacity_at(iteration: int, capacity: float, rising: int, start: float = 0.0) -> float:
    """C, rising evenly from ``start`` over so many iterations, then kept (A.2)."""
    return start + (capacity - start) * min(1.0, iteration / rising)
