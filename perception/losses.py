"""Loss terms of the network of differences, which the pipeline of pixels still carries.

Those of Gaussian latents are `perception.models.gaussian_losses`; here are the categorical's.
"""

import math

import torch
from torch import Tensor

from perception.models.gaussian_losses import (  # noqa: F401
    bernoulli_nll,
    elementwise_kl,
    filter_level_kl,
    losers_kl,
    neuron_level_kl,
    orthogonality,
    reparameterise,
    weighted_filter_level_kl,
    winner_takes_all_kl,
)

OCCUPIED = 0.02  # prior chance that a position of a categorical latent holds anything
TEMPERATURE = 2 / 3  # of the relaxed categorical (Maddison et al. 2017, appendix C.6)


def categorical_kl(logits_BKMN: Tensor) -> Tensor:
    """KL per position (B, M, N) of a categorical over "empty" and K types (ours, for thesis 5.4).

    Here a position *is* at most one type: q = softmax(0, l_1 ... l_K), the nought for "empty".
    The prior is empty with chance 1 - `OCCUPIED` and shares the rest among the types, so naming
    one costs log(K / `OCCUPIED`) nats: KL = sum_c q_c log(q_c / p_c).
    """
    assert logits_BKMN.ndim == 4
    log_q = with_empty(logits_BKMN).log_softmax(dim=1)
    types = logits_BKMN.shape[1]
    log_p = torch.full_like(log_q, math.log(OCCUPIED / types))
    log_p[:, 0] = math.log(1.0 - OCCUPIED)
    return (log_q.exp() * (log_q - log_p)).sum(dim=1)


def with_empty(logits_BKMN: Tensor) -> Tensor:
    """The logits of the K types behind the fixed one of "empty", (B, 1 + K, M, N)."""
    return torch.cat([torch.zeros_like(logits_BKMN[:, :1]), logits_BKMN], dim=1)


def relaxed_categorical(logits_BKMN: Tensor, uniform_BCMN: Tensor) -> Tensor:
    """A relaxed draw of the types' indicators (Jang et al. 2017, eq. 2; Maddison et al. 2017).

    ``uniform_BCMN`` in [0, 1) for empty and the K types. The draw of "empty" itself is left out:
    an empty position is one whose types are all near 0.
    """
    gumbel = -torch.log(-torch.log(uniform_BCMN.clamp(1e-6, 1.0 - 1e-6)))
    return ((with_empty(logits_BKMN) + gumbel) / TEMPERATURE).softmax(dim=1)[:, 1:]
