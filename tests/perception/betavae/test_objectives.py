"""Objectives against hand and closed forms."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from perception.betavae.objectives import (
    beta_objective,
    capacity_at,
    capacity_objective,
    kl_by_latent,
)


def test_kl_is_that_of_the_library() -> None:
    noise = torch.Generator().manual_seed(0)
    mu, logstd = torch.randn((2, 7, 3), generator=noise, dtype=torch.float64)
    expected = kl_divergence(Normal(mu, logstd.exp()), Normal(0, 1)).mean(dim=0)
    assert torch.allclose(kl_by_latent(mu, logstd), expected)


def test_kl_by_hand() -> None:
    """The prior tells nothing; a mean of 2 tells 2 nats."""
    mu, logstd = torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2)
    assert kl_by_latent(mu, logstd).tolist() == [0.0, 2.0]


def test_objectives_by_hand() -> None:
    nll, kl = torch.tensor(100.0), torch.tensor(7.0)
    assert beta_objective(nll, kl, 4.0) == 128
    assert capacity_objective(nll, kl, 10.0, 1000.0) == 3100
    assert capacity_objective(nll, kl, 5.0, 1000.0) == 2100  # too much costs as too little
    assert capacity_objective(nll, kl, 7.0, 1000.0) == 100


def test_too_little_is_pushed_up_and_too_much_down() -> None:
    for kl, direction in ((3.0, -1), (8.0, 1)):
        told = torch.tensor(kl, requires_grad=True)
        capacity_objective(torch.tensor(0.0), told, 5.0, 10.0).backward()
        assert told.grad == 10 * direction


@pytest.mark.parametrize(
    ("iteration", "expected"), [(0, 0.5), (40, 10.3), (80, 20.1), (100, 25), (150, 25)]
)
def test_capacity_rises_evenly_and_stays(iteration: int, expected: float) -> None:
    assert capacity_at(iteration, 25, 100, start=0.5) == pytest.approx(expected)
