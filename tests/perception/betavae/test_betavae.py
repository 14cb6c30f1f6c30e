"""The network of A.1, and that training it does what the objectives ask for."""

from typing import Any

import numpy as np
import pytest
import torch

from perception.betavae import BetaVAE, BetaVAEConfig, BetaVAETraining, FactorTraining
from perception.betavae.network import Posterior
from perception.betavae.training import LEVELS, Measured
from perception.device import CPU, Precision, computing_in
from perception.factors import Blobs, DSprites

BLOBS = Blobs()
SMALL: dict[str, Any] = {"batch_size": 8, "learning_rate": 0.01, "gamma": 100.0}


def test_the_network_is_that_of_the_paper() -> None:
    model = BetaVAE((64, 64, 1), latents=10)
    kinds = [type(layer).__name__ for layer in model.encoder if type(layer).__name__ != "ReLU"]
    assert kinds == [*["Conv2d"] * 4, "Flatten", *["Linear"] * 3]
    shapes = [tuple(p.shape) for p in model.encoder.parameters() if p.ndim > 1]
    assert shapes == [
        (32, 1, 4, 4), *[(32, 32, 4, 4)] * 3, (256, 512), (256, 256), (20, 256),
    ]  # fmt: skip
    turned = [tuple(p.shape) for p in model.decoder.parameters() if p.ndim > 1]
    assert turned == [
        (256, 10), (256, 256), (512, 256), *[(32, 32, 4, 4)] * 3, (32, 1, 4, 4),
    ]  # fmt: skip
    x = torch.zeros(3, 1, 64, 64)
    assert model.decode(model.posterior(x).sample(None)).shape == x.shape


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="images of 64x64, these are 32x64"):
        BetaVAE((32, 64, 3))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"iterations": 0}, "iterations must be at least 1"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"gamma": -1.0}, "gamma must be a finite number"),
        ({"capacity": float("nan")}, "capacity must be a finite number"),
        ({"rising": 0.0}, "rising must be above 0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BetaVAEConfig(**settings)


def test_capacity_is_kept_to() -> None:
    """Two nats of blobs: after the rise the code tells what it may, and pictures show for it."""
    config = BetaVAEConfig(iterations=80, capacity=2.0, rising=0.5, **SMALL)
    training = BetaVAETraining(config, BLOBS)
    measured = [training.step() for _ in range(config.iterations)]
    assert measured[0].capacity == 0
    assert measured[-1].capacity == 2
    late = measured[-20:]
    assert np.mean([m.kl.sum() for m in late]) == pytest.approx(2, rel=0.4)
    assert np.mean([m.nll for m in late]) < 0.5 * measured[0].nll


@pytest.mark.parametrize(("beta", "least", "most"), [(None, 0.0, 0.3), (1.0, 0.3, 2.0)])
def test_once_the_capacity_stays_steps_become_smaller(
    beta: float | None, least: float, most: float
) -> None:
    """Adam's steps are about the learning rate, of which a tenth is left in the last of ten."""
    config = BetaVAEConfig(iterations=20, rising=0.5, beta=beta, **SMALL)
    training = BetaVAETraining(config, BLOBS)
    sizes = []
    for _ in range(config.iterations):
        before = [p.detach().clone() for p in training.model.parameters()]
        training.step()
        after = [p.detach() for p in training.model.parameters()]
        sizes.append(max(float((a - b).abs().max()) for a, b in zip(after, before, strict=True)))
    assert least < sizes[-1] / max(sizes[:10]) < most


def test_a_greater_beta_tells_less() -> None:
    told = []
    for beta in (0.1, 100.0):
        training = BetaVAETraining(BetaVAEConfig(iterations=100, beta=beta, **SMALL), BLOBS)
        told.append(np.mean([training.step().kl.sum() for _ in range(100)][-10:]))
    assert told[1] < 0.2 * told[0]


def test_a_factor_that_is_not_told_has_no_kl() -> None:
    """Standard factors: KL(N(s f, n^2) || N(0, 1)) has mean (s^2 + n^2 - 1) / 2 - log n."""
    data = DSprites()
    training = FactorTraining(BetaVAEConfig(batch_size=64, iterations=10), data)
    generator = training.model
    with torch.no_grad():
        generator.scale[:] = torch.tensor([0.0, 0.5, 1.0, 2.0, 1.0])
        generator.lognoise[:] = torch.tensor([0.0, -0.5, 0.0, -1.0, -2.0])
    every = torch.tensor(np.stack(np.meshgrid(*map(np.arange, (3, 6, 40)), indexing="ij"), -1))
    factors = torch.cat([every.reshape(-1, 3), torch.zeros(720, 2)], dim=1)
    factors[:, 3:] = torch.tensor([[i % 32, i // 32 % 32] for i in range(720)])
    mu, logstd = generator.posterior(factors)
    assert torch.allclose(mu[:, :3].var(dim=0, unbiased=False), torch.tensor([0.0, 0.25, 1.0]))
    kl = (0.5 * (mu**2 + (2 * logstd).exp() - 1) - logstd).mean(dim=0)
    assert kl[:3].tolist() == pytest.approx(
        [0, (0.25 + np.exp(-1) - 1) / 2 + 0.5, 0.5], abs=1e-5
    )  # fmt: skip


def test_the_generator_learns_to_tell() -> None:
    config = BetaVAEConfig(iterations=300, capacity=2.0, rising=0.5, **SMALL)
    training = FactorTraining(config, BLOBS)
    measured = [training.step() for _ in range(config.iterations)]
    assert measured[0].capacity == 0.5
    assert measured[-1].kl.sum() == pytest.approx(2, rel=0.3)
    assert measured[-1].nll < 0.6 * measured[0].nll


def test_factors_are_drawn_whenever_the_capacity_has_risen_by_a_part() -> None:
    config = BetaVAEConfig(iterations=20, rising=0.8, batch_size=4)
    training = FactorTraining(config, BLOBS)
    for iteration in range(1, config.iterations + 1):
        training.step()
        assert len(training.drawn) == min(LEVELS, iteration // 2)  # C stays from iteration 16 on
        if iteration == 6:
            again = FactorTraining(config, BLOBS)
            again.set_state(training.get_state())
    for _ in range(6, config.iterations):
        again.step()
    assert np.array_equal(again.drawn, training.drawn)
    assert not np.array_equal(training.drawn[0], training.drawn[-1])
    assert np.array_equal(again.shown, training.shown)


@pytest.mark.parametrize("kind", [BetaVAETraining, FactorTraining])
def test_going_on_is_exact(kind: type[BetaVAETraining | FactorTraining]) -> None:
    config = BetaVAEConfig(iterations=12, batch_size=8, seed=3)
    whole = kind(config, BLOBS)
    told = [whole.step() for _ in range(12)]
    first = kind(config, BLOBS)
    for _ in range(5):
        first.step()
    second = kind(config, BLOBS)
    second.set_state(first.get_state())
    rest = [second.step() for _ in range(7)]
    assert [m.nll for m in rest] == [m.nll for m in told[5:]]
    assert all(np.array_equal(a.kl, b.kl) for a, b in zip(rest, told[5:], strict=True))


def test_a_seed_is_all_there_is_to_chance() -> None:
    def losses(seed: int) -> list[float]:
        training = BetaVAETraining(BetaVAEConfig(iterations=3, batch_size=4, seed=seed), BLOBS)
        return [training.step().nll for _ in range(3)]

    torch.manual_seed(1)
    one = losses(0)
    torch.manual_seed(2)
    assert losses(0) == one
    assert losses(1) != one


def test_fewer_bits_tell_nearly_the_same() -> None:
    def first(precision: Precision) -> tuple[Measured, Posterior]:
        config = BetaVAEConfig(iterations=3, batch_size=16, precision=precision)
        training = BetaVAETraining(config, BLOBS)
        with computing_in(config.precision, CPU):
            posterior = training.model.posterior(torch.ones(2, 1, 64, 64))
        return training.step(), posterior

    (exact, posterior), (coarse, rounded) = first("float32"), first("bfloat16")
    assert coarse.nll == pytest.approx(exact.nll, rel=0.01)
    assert coarse.nll != exact.nll
    assert rounded.mu.dtype == torch.float32
    assert not torch.equal(rounded.mu, posterior.mu)


def test_what_diverges_is_said() -> None:
    training = BetaVAETraining(BetaVAEConfig(iterations=3, batch_size=4), BLOBS)
    with torch.no_grad():
        next(training.model.parameters())[:] = float("nan")
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        training.step()
