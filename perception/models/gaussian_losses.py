"""Loss terms of (variational) autoencoders with Gaussian latents, as pure functions.

Shapes: B batch, C colour channels, H W pixels, K latent filters, M N latent rows and columns.
Reduction, everywhere the same: sum over pixels and latents, mean over the batch; unit: nats.
"""

import torch
from torch import Tensor
from torch.nn import functional

SHARPNESS = 10.0  # lambda of Rodriguez et al. 2017: beyond a right angle filters hardly push


def bernoulli_nll(logits_BCHW: Tensor, x_BCHW: Tensor) -> Tensor:
    """Binary cross-entropy of pixels in [0, 1], the thesis's reconstruction loss (2.1.2, eq. 3.28).

    -E_q[log p(x|z)] = -sum_p [x_p log s(l_p) + (1 - x_p) log(1 - s(l_p))], s the sigmoid.
    """
    assert logits_BCHW.ndim == 4 and logits_BCHW.shape == x_BCHW.shape
    total = functional.binary_cross_entropy_with_logits(logits_BCHW, x_BCHW, reduction="sum")
    return total / len(x_BCHW)


def elementwise_kl(mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
    """KL(N(mu, var) || N(0, 1)) of every latent element (thesis eq. 3.27), shape (B, K, M, N).

    1/2 (var + mu^2 - 1 - log var)
    """
    assert mu_BKMN.ndim == 4 and mu_BKMN.shape == logvar_BKMN.shape
    return 0.5 * (logvar_BKMN.exp() + mu_BKMN**2 - 1.0 - logvar_BKMN)


def neuron_level_kl(mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
    """Neuron-level decoupling (thesis 5.1.2 for one filter, 5.2.2 for k).

    The latent volume is flattened to one vector of K*M*N elements and drawn to N(0, I).
    """
    return elementwise_kl(mu_BKMN, logvar_BKMN).sum() / len(mu_BKMN)


def filter_level_kl(mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
    """Naive filter-level decoupling (thesis 5.2.3).

    The posterior of a filter is averaged over its positions, those of a whole frame, and drawn to
    the prior: sum_k KL(N(m_k, exp l_k) || N(0, 1)), m_k = 1/MN sum_ij mu_kij,
    l_k = 1/MN sum_ij logvar_kij. The text leaves open what the variance of an average is; the
    author's program averages the log variances (`cvae_atari.py`), and so do we.
    """
    assert mu_BKMN.ndim == 4 and mu_BKMN.shape == logvar_BKMN.shape
    mean_BK, logvar_BK = mu_BKMN.mean(dim=(2, 3)), logvar_BKMN.mean(dim=(2, 3))
    kl_BK = 0.5 * (logvar_BK.exp() + mean_BK**2 - 1.0 - logvar_BK)
    return kl_BK.sum() / len(mu_BKMN)


def weighted_filter_level_kl(mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
    """Weighted filter-level decoupling (thesis 5.2.4).

    The thesis weighs each average by the number of elements it is taken over: with the cross
    entropy summed over C * H * W pixels, a filter's KL counts for its M * N positions:
    MN sum_k KL(N(m_k, exp l_k) || N(0, 1)), with `filter_level_kl`'s averages.
    """
    positions = mu_BKMN.shape[2] * mu_BKMN.shape[3]
    return positions * filter_level_kl(mu_BKMN, logvar_BKMN)


def winner_takes_all_kl(mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
    """The winner-takes-all term as the thesis writes it (5.4.1, eq. 5.1).

    sum_ij KL(q^ij(z|x) || N(0, I)), with q^ij the k-dimensional posterior at position ij, computed
    from the multivariate formula (eq. 3.26). For diagonal Gaussians this *is* the neuron-level KL
    (a sum over positions of sums over filters), so by itself it makes no filter compete: see
    `losers_kl` for the pressure that section 5.4 asks for.
    """
    assert mu_BKMN.ndim == 4 and mu_BKMN.shape == logvar_BKMN.shape
    trace_BMN = logvar_BKMN.exp().sum(dim=1)
    mahalanobis_BMN = (mu_BKMN**2).sum(dim=1)
    log_determinant_BMN = logvar_BKMN.sum(dim=1)
    filters = mu_BKMN.shape[1]
    position_kl_BMN = 0.5 * (trace_BMN + mahalanobis_BMN - filters - log_determinant_BMN)
    return position_kl_BMN.sum() / len(mu_BKMN)


def losers_kl(mu_BKMN: Tensor, logvar_BKMN: Tensor) -> Tensor:
    """Nats held at each position by all filters but the strongest (ours, for thesis 5.4).

    sum_ij [sum_k KL_kij - max_k KL_kij]: nought exactly where at most one filter has left its
    prior, so weighing it extra makes filters compete for a position ("an object has one type").
    """
    kl_BKMN = elementwise_kl(mu_BKMN, logvar_BKMN)
    return (kl_BKMN.sum(dim=1) - kl_BKMN.amax(dim=1)).sum() / len(mu_BKMN)


def orthogonality(weight: Tensor) -> Tensor:
    """Cost of positively correlated filters of one layer (thesis 5.5; Rodriguez et al. 2017).

    sum_{i != j} log(1 + exp(lambda (cos(w_i, w_j) - 1))): locally constrained, since the push
    fades as two filters near a right angle, and opposite filters are left alone. ``weight`` is
    (filters, ...); each filter is flattened.
    """
    assert weight.ndim >= 2
    direction = functional.normalize(weight.flatten(1), dim=1)
    cost = functional.softplus(SHARPNESS * (direction @ direction.T - 1.0))
    return cost.sum() - cost.diagonal().sum()


def reparameterise(mu_BKMN: Tensor, logvar_BKMN: Tensor, noise_BKMN: Tensor) -> Tensor:
    """z = mu + sigma * noise, noise ~ N(0, I) (thesis eq. 3.30)."""
    return mu_BKMN + torch.exp(0.5 * logvar_BKMN) * noise_BKMN
