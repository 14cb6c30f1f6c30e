import math

import pytest
import torch
from torch.distributions import (
    Bernoulli,
    MultivariateNormal,
    Normal,
    kl_divergence,
)

from perception.models import gaussian_losses as losses


@pytest.fixture
def posterior() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (3, 4, 5, 6)
    return torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)


def test_kl_is_nought_at_the_prior_and_known_by_hand():
    zero = torch.zeros(1, 1, 1, 1)
    assert losses.neuron_level_kl(zero, zero).item() == 0.0
    # mu 2, variance 1: 1/2 * 2^2; mu 0, variance e: 1/2 (e - 1 - 1)
    assert losses.neuron_level_kl(zero + 2, zero).item() == pytest.approx(2.0)
    assert losses.neuron_level_kl(zero, zero + 1).item() == pytest.approx(0.5 * (torch.e - 2))


def test_kl_agrees_with_torch_distributions(posterior):
    mu, logvar = posterior
    q = Normal(mu, torch.exp(0.5 * logvar))
    expected = kl_divergence(q, Normal(torch.zeros(()), torch.ones(())))
    torch.testing.assert_close(losses.elementwise_kl(mu, logvar), expected)
    # one reduction: the sum over latents, the mean over the batch of 3
    torch.testing.assert_close(losses.neuron_level_kl(mu, logvar), expected.sum() / 3)


def test_winner_takes_all_term_of_the_thesis_is_the_neuron_level_kl(posterior):
    mu, logvar = posterior
    torch.testing.assert_close(
        losses.winner_takes_all_kl(mu, logvar), losses.neuron_level_kl(mu, logvar)
    )


def test_winner_takes_all_term_is_eq_5_1(posterior):
    mu, logvar = posterior
    by_position = MultivariateNormal(
        mu.permute(0, 2, 3, 1), torch.diag_embed(logvar.exp().permute(0, 2, 3, 1))
    )
    prior = MultivariateNormal(torch.zeros(4), torch.eye(4))
    expected = kl_divergence(by_position, prior).sum() / 3
    torch.testing.assert_close(losses.winner_takes_all_kl(mu, logvar), expected)


def test_losers_cost_nothing_where_one_filter_is_active_and_all_but_the_best_otherwise():
    mu = torch.zeros(1, 3, 1, 2)
    mu[0, 1, 0, 0] = 5.0
    logvar = torch.zeros_like(mu)
    assert losses.losers_kl(mu, logvar).item() == 0.0
    mu[0, 2, 0, 0] = 2.0  # its 2 nats lose against the other's 12.5
    mu[0, 0, 0, 1] = 1.0  # alone at its position
    assert losses.losers_kl(mu, logvar).item() == pytest.approx(2.0)


def test_losers_pull_the_loser_alone_to_the_prior():
    mu = torch.tensor([3.0, 1.0]).reshape(1, 2, 1, 1).requires_grad_()
    losses.losers_kl(mu, torch.zeros(1, 2, 1, 1)).backward()
    assert mu.grad is not None
    assert mu.grad.flatten().tolist() == [0.0, 1.0]


def test_filter_level_terms_are_known_by_hand():
    mu = torch.zeros(1, 2, 1, 2)
    mu[0, 0] = torch.tensor([1.0, 3.0])  # mean 2: 2 nats; the other filter is at the prior
    logvar = torch.zeros_like(mu)
    assert losses.filter_level_kl(mu, logvar).item() == pytest.approx(2.0)
    assert losses.weighted_filter_level_kl(mu, logvar).item() == pytest.approx(4.0)
    logvar[0, 1] = torch.tensor([4.0, 1.0]).log()  # mean log variance: that of 2
    expected = 2.0 + 0.5 * (2.0 - 1.0 - math.log(2.0))
    assert losses.filter_level_kl(mu, logvar).item() == pytest.approx(expected)


def test_filter_level_terms_do_not_see_what_cancels_in_the_average():
    mu = torch.zeros(1, 1, 1, 2)
    mu[0, 0, 0] = torch.tensor([5.0, -5.0])
    assert losses.filter_level_kl(mu, torch.zeros_like(mu)).item() == 0.0
    assert losses.neuron_level_kl(mu, torch.zeros_like(mu)).item() == pytest.approx(25.0)


def test_with_equal_positions_the_weighted_filter_level_is_the_neuron_level(posterior):
    mu, logvar = (part[:, :, :1, :1].expand(-1, -1, 5, 6) for part in posterior)
    torch.testing.assert_close(
        losses.weighted_filter_level_kl(mu, logvar), losses.neuron_level_kl(mu, logvar)
    )


def test_orthogonality_pushes_alike_filters_and_leaves_opposite_ones():
    def cost(other: list[float]) -> float:
        return losses.orthogonality(torch.tensor([[1.0, 0.0], other])).item()

    assert cost([5.0, 0.0]) == pytest.approx(2 * math.log(2.0))  # the same direction, any length
    assert cost([0.0, 1.0]) == pytest.approx(2 * math.log1p(math.exp(-10.0)), rel=1e-3)
    assert cost([-1.0, 0.0]) < cost([0.0, 1.0]) < 1e-3 < cost([1.0, 1.0]) < cost([1.0, 0.0])


def test_reconstruction_agrees_with_bernoulli_likelihood():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 3, 4, 5, generator=generator)
    x = (torch.rand(2, 3, 4, 5, generator=generator) > 0.5).float()
    expected = -Bernoulli(logits=logits).log_prob(x).sum() / 2
    torch.testing.assert_close(losses.bernoulli_nll(logits, x), expected)


def test_reparameterised_samples_have_the_posteriors_moments():
    noise = torch.randn(1, 1, 400, 400, generator=torch.Generator().manual_seed(2))
    mu, logvar = torch.full_like(noise, 3.0), torch.full_like(noise, -1.0)
    z = losses.reparameterise(mu, logvar, noise)
    assert z.mean().item() == pytest.approx(3.0, abs=0.01)
    assert z.var().item() == pytest.approx(torch.e**-1, rel=0.02)


@pytest.mark.parametrize(
    "loss", [losses.neuron_level_kl, losses.filter_level_kl, losses.winner_takes_all_kl]
)
def test_shapes_must_agree(loss):
    with pytest.raises(AssertionError):
        loss(torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 4))
