"""The objectives against numbers by hand, closed forms, and what they must not do."""

import numpy as np
import pytest
import torch

from perception.spiral.discriminator import Critic, Discriminator, DiscriminatorConfig, Replay
from perception.spiral.losses import (
    advantages,
    drift,
    gradient_penalty,
    imitation,
    policy_gradient,
    returns_to_go,
    value_error,
    wasserstein,
)


def test_returns_by_hand() -> None:
    rewards = torch.tensor([[1.0, 0.0, 2.0], [0.0, 0.0, -1.0]])
    assert returns_to_go(rewards).tolist() == [[3, 2, 2], [-1, -1, -1]]


def test_rewards_by_step_have_the_same_return_as_one_at_the_end() -> None:
    scores = torch.rand(5, 7)  # of the blank canvas and after each step
    dense = returns_to_go(scores.diff(dim=1))[:, 0]
    assert torch.allclose(dense + scores[:, 0], scores[:, -1])


def test_a_policy_gradient_is_that_of_a_softmax() -> None:
    """On a bandit the gradient of eq. 3 is -(1[a] - p) A, by hand."""
    logits = torch.zeros(1, 3, requires_grad=True)
    taken = logits.log_softmax(1)[:, 1].view(1, 1, 1)
    policy_gradient(taken, torch.tensor([[2.0]])).backward()
    assert torch.allclose(logits.grad, torch.tensor([[2 / 3, -4 / 3, 2 / 3]]))


def test_advantages_are_centred_and_of_one_scale_and_have_no_gradient() -> None:
    values = torch.zeros(4, 2, requires_grad=True)
    found = advantages(torch.tensor([[1.0, 9], [2, 8], [3, 7], [4, 6]]), values)
    assert not found.requires_grad
    assert torch.allclose(found.mean(0), torch.zeros(2))
    assert found.std(correction=0).item() == pytest.approx(1)
    assert torch.allclose(found[:, 0], -found[:, 1])
    assert (advantages(torch.ones(3, 2), torch.ones(3, 2)) == 0).all()  # nothing is told apart


def test_imitation_and_value() -> None:
    assert imitation(torch.full((2, 3, 4), -0.5)).item() == 2
    assert value_error(torch.zeros(1, 2), torch.tensor([[1.0, 3]])).item() == 2.5


def test_scores_are_higher_for_what_is_real() -> None:
    real, made = torch.tensor([3.0, 1]), torch.tensor([0.0, -2])
    assert wasserstein(real, made).item() == -3
    assert drift(real, made).item() == 0.25
    assert drift(real, real - 4).item() == 0


@pytest.mark.parametrize(("slope", "penalty"), [(1.0, 0.0), (3.0, 4.0), (0.0, 1.0)])
def test_the_penalty_is_nought_where_a_score_rises_by_one(slope: float, penalty: float) -> None:
    direction = torch.full((1, 2, 2), 0.5)  # of length 1

    def score(x: torch.Tensor) -> torch.Tensor:
        return slope * (x * direction).sum((1, 2, 3))

    found = gradient_penalty(score, torch.rand(5, 1, 2, 2), torch.rand(5, 1, 2, 2), torch.rand(5))
    assert found.item() == pytest.approx(penalty, abs=1e-5)


@pytest.mark.parametrize("call", [lambda x: imitation(x), lambda x: advantages(x, x[0])])
def test_ranks_are_asked_for(call: object) -> None:
    with pytest.raises(ValueError, match="rank"):
        call(torch.zeros(2, 2))  # type: ignore[operator]


def test_replay_keeps_the_newest_and_draws_of_all() -> None:
    replay = Replay(3)
    with pytest.raises(ValueError, match="nothing was drawn"):
        replay.sample(1, np.random.default_rng(0))
    for k in range(5):
        replay.add(np.full((2 + k, 1, 1, 1), k, np.uint8))
    drawn = replay.sample(3000, np.random.default_rng(0))[:, 0, 0, 0]
    share = np.bincount(drawn, minlength=5) / 3000
    assert share.tolist() == pytest.approx([0, 0, 4 / 15, 5 / 15, 6 / 15], abs=0.03)
    again = Replay(3)
    again.set_state(replay.get_state())
    one, other = (r.sample(9, np.random.default_rng(1)) for r in (replay, again))
    assert np.array_equal(one, other)


def rings(num: int, rng: np.random.Generator) -> np.ndarray:
    """Pictures with a bright square at a place by chance."""
    pictures = np.zeros((num, 8, 8, 1), np.uint8)
    for picture, (y, x) in zip(pictures, rng.integers(0, 5, (num, 2)), strict=True):
        picture[y : y + 3, x : x + 3] = 255
    return pictures


def test_a_discriminator_learns_which_drawing_fits_its_target() -> None:
    rng, noise = np.random.default_rng(0), torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    critic = Critic(DiscriminatorConfig(rate=1e-3, width=8), 1, 8, conditional=True)
    targets = rings(64, rng)
    critic.replay.add(critic.pairs(np.zeros_like(targets), targets))  # all drawings are blank
    for _ in range(400):
        critic.update(rings(32, rng), rng, noise)
    fresh = rings(64, rng)
    good, blank = critic.score(fresh, fresh), critic.score(np.zeros_like(fresh), fresh)
    other = critic.score(np.roll(fresh, 1, axis=0), fresh)
    assert (good > blank).mean() > 0.95
    assert (good > other).mean() > 0.8


def test_a_discriminator_that_diverges_stops_with_its_last_good_weights() -> None:
    rng, noise = np.random.default_rng(0), torch.Generator().manual_seed(0)
    critic = Critic(DiscriminatorConfig(penalty=float("inf")), 1, 8, conditional=False)
    critic.replay.add(rings(4, rng))
    before = {name: w.clone() for name, w in critic.network.state_dict().items()}
    with pytest.raises(FloatingPointError, match="discriminator diverged"):
        critic.update(rings(4, rng), rng, noise)
    assert all(torch.equal(before[n], w) for n, w in critic.network.state_dict().items())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DiscriminatorConfig(width=0), "width must be"),
        (lambda: DiscriminatorConfig(penalty=-1), "penalty must be"),
        (lambda: DiscriminatorConfig(mismatched=1), "mismatched"),
        (lambda: Discriminator(1, 28, 8), "sides of 8, 16, 32"),
    ],
)
def test_what_cannot_be_is_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]
