import math

import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from perception import losses


@pytest.fixture
def posterior() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (3, 4, 5, 6)
    return torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)


def test_categorical_kl_agrees_with_torch_distributions(posterior):
    logits, _ = posterior
    types = logits.shape[1]
    prior = torch.full((1 + types,), losses.OCCUPIED / types)
    prior[0] = 1 - losses.OCCUPIED
    q = Categorical(logits=losses.with_empty(logits).permute(0, 2, 3, 1))
    expected = kl_divergence(q, Categorical(probs=prior.expand(3, 5, 6, -1)))
    torch.testing.assert_close(losses.categorical_kl(logits), expected)


def test_naming_a_type_costs_the_log_of_its_rarity_and_emptiness_next_to_nothing():
    sure = torch.full((1, 4, 1, 2), -30.0)
    sure[0, 2, 0, 0] = 30.0
    named, empty = losses.categorical_kl(sure)[0, 0].tolist()
    assert named == pytest.approx(math.log(4 / losses.OCCUPIED), rel=1e-4)
    assert empty == pytest.approx(-math.log(1 - losses.OCCUPIED), rel=1e-4)


def test_relaxed_draws_choose_types_as_often_as_their_chance():
    logits = torch.tensor([1.0, -1.0]).reshape(1, 2, 1, 1).expand(1, 2, 200, 200)
    uniform = torch.rand((1, 3, 200, 200), generator=torch.Generator().manual_seed(3))
    drawn = losses.relaxed_categorical(logits, uniform)
    assert drawn.shape == logits.shape
    assert (drawn >= 0).all() and (drawn.sum(dim=1) <= 1 + 1e-5).all()
    empty = 1 - drawn.sum(dim=1, keepdim=True)
    winner = torch.cat([empty, drawn], dim=1).argmax(dim=1).flatten()
    expected = torch.tensor([0.0, 1.0, -1.0]).softmax(0)
    torch.testing.assert_close(winner.bincount() / len(winner), expected, atol=0.01, rtol=0)
