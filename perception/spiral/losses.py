"""The objectives of the paper (3.2, 3.3) as pure functions.

N drawings, T steps, K components of an action, B pictures. Scores are those of the discriminator:
higher is more real.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

FINEST = 1e-12  # keeps the gradient of a norm finite at nought


def imitation(log_probabilities_NTK: Tensor) -> Tensor:
    """Minus the log-likelihood of given programs, nats a step."""
    _ranks((log_probabilities_NTK, 3))
    return -log_probabilities_NTK.sum(dim=2).mean()


def returns_to_go(rewards_NT: Tensor) -> Tensor:
    """R_t of eq. 3: the rewards from this step on, (N, T)."""
    _ranks((rewards_NT, 2))
    return rewards_NT.flip(1).cumsum(1).flip(1)


def advantages(returns_NT: Tensor, values_NT: Tensor, least: float = 1e-3) -> Tensor:
    """R_t - V(s_t) of eq. 3, without gradient; centred at each step over the drawings and brought
    to a standard deviation of 1, so that no scale of reward needs a learning rate of its own."""
    _ranks((returns_NT, 2), (values_NT, 2))
    gained_NT = (returns_NT - values_NT).detach()
    gained_NT = gained_NT - gained_NT.mean(dim=0)
    return gained_NT / gained_NT.std(correction=0).clamp(min=least)


def policy_gradient(log_probabilities_NTK: Tensor, advantages_NT: Tensor) -> Tensor:
    """Eq. 3, a step."""
    _ranks((log_probabilities_NTK, 3), (advantages_NT, 2))
    return -(log_probabilities_NTK.sum(dim=2) * advantages_NT.detach()).mean()


def value_error(values_NT: Tensor, returns_NT: Tensor) -> Tensor:
    """Half the mean squared error of V."""
    _ranks((values_NT, 2), (returns_NT, 2))
    return functional.mse_loss(values_NT, returns_NT) / 2


def wasserstein(real_B: Tensor, made_B: Tensor) -> Tensor:
    """The first two terms of eq. 1, and of eq. 6 where the scores are of pairs."""
    _ranks((real_B, 1), (made_B, 1))
    return made_B.mean() - real_B.mean()


def drift(real_B: Tensor, made_B: Tensor) -> Tensor:
    """How far the scores are from nought on the whole (3.2, below eq. 1)."""
    _ranks((real_B, 1), (made_B, 1))
    return (real_B.mean() + made_B.mean()).square() / 4


def gradient_penalty(
    score: Callable[[Tensor], Tensor], real_BCHW: Tensor, made_BCHW: Tensor, shares_B: Tensor
) -> Tensor:
    """R of eq. 1 as in Gulrajani et al. (2017): at places between real and made pictures,
    ``shares_B`` of the way, the score should rise by 1 a unit of distance."""
    _ranks((real_BCHW, 4), (made_BCHW, 4), (shares_B, 1))
    between = torch.lerp(made_BCHW, real_BCHW, shares_B[:, None, None, None]).requires_grad_()
    (slope_BCHW,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    steepness_B = slope_BCHW.square().flatten(1).sum(1).add(FINEST).sqrt()
    return (steepness_B - 1).square().mean()


def _ranks(*expected: tuple[Tensor, int]) -> None:
    for tensor, rank in expected:
        if tensor.ndim != rank:
            raise ValueError(f"expected a tensor of rank {rank}, got shape {tuple(tensor.shape)}")
