"""The variants of the network: what each one draws, says and is pressed on for."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from perception import PerceptionConfig, losses
from perception.model import (
    CELL,
    EDGE,
    LOGVAR_BIAS,
    FullyConvolutionalVAE,
    background_logits,
    build_model,
    padded,
    to_unit,
)
from perception.window_training import negative_elbo

GAUSSIAN = ["neuron", "filter_naive", "filter_weighted", "winner_takes_all"]
VARIANTS = [*GAUSSIAN, "categorical"]
GAMMA = 3.0
LATENTS = 4


def model_of(decoupling: str = "neuron", beta: float = 1.0, **settings) -> FullyConvolutionalVAE:
    gamma = GAMMA if decoupling == "winner_takes_all" else None
    return build_model(
        PerceptionConfig(
            beta=beta, decoupling=decoupling, gamma=gamma, latents=LATENTS, **settings
        ),
        seed=1,
    )


def blank(**settings) -> FullyConvolutionalVAE:
    """A network that sees nothing and draws nothing: mu 0, variance e^-4, no picture."""
    model = model_of(**settings)
    with torch.no_grad():
        for layer in (model.mu, model.logvar, model.decode_2):
            layer.weight.zero_()
            assert layer.bias is not None
            layer.bias.zero_()
        model.logvar.bias.fill_(LOGVAR_BIAS)
    return model


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def posterior() -> tuple[torch.Tensor, torch.Tensor]:
    return drawn(2, LATENTS, 5, 6), drawn(2, LATENTS, 5, 6, seed=1)


@pytest.mark.parametrize("decoupling", VARIANTS)
def test_a_cell_of_the_latent_space_is_four_pixels_each_way(decoupling):
    model = model_of(decoupling)
    mu, logvar = model.encode(drawn(2, 3, 6 * CELL, 5 * CELL))
    assert mu.shape == logvar.shape == (2, LATENTS, 6, 5)
    z = model.sample(mu, logvar, torch.Generator().manual_seed(0))
    assert z.shape == model.code(mu, logvar).shape == model.nats(mu, logvar).shape == mu.shape
    assert model.decode(z).shape == (2, 3, 6 * CELL, 5 * CELL)


@pytest.mark.parametrize("decoupling", VARIANTS)
def test_draws_follow_the_generator_that_is_passed_in(decoupling, posterior):
    model = model_of(decoupling)
    one, same, other = (
        model.sample(*posterior, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    torch.testing.assert_close(one, same, rtol=0, atol=0)
    assert not torch.equal(one, other)


def test_a_change_is_seen_within_the_field_of_a_cell_and_nowhere_else():
    model = model_of()
    still = torch.zeros(1, 3, 15 * CELL, 15 * CELL)
    y, x = 30, 25
    poked = still.clone()
    poked[0, :, y, x] = 1.0
    with torch.no_grad():
        moved = (model.encode(poked)[0] != model.encode(still)[0])[0].any(dim=0)
    # a cell starting at pixel 4 i sees rows 4 i - 6 up to and without 4 i + 10
    sees = [[4 * i - 6 <= at < 4 * i + 10 for i in range(15)] for at in (y, x)]
    assert moved.equal(torch.tensor(sees[0])[:, None] & torch.tensor(sees[1])[None])


@pytest.mark.parametrize(
    ("decoupling", "expected"),
    [
        ("neuron", losses.neuron_level_kl),
        ("filter_naive", losses.filter_level_kl),
        ("filter_weighted", losses.weighted_filter_level_kl),
        (
            "winner_takes_all",
            lambda mu, v: losses.neuron_level_kl(mu, v) + GAMMA * losses.losers_kl(mu, v),
        ),
        ("categorical", lambda mu, v: losses.categorical_kl(mu).sum() / 2),
    ],
)
def test_each_variant_is_pressed_on_its_own_rate(decoupling, expected, posterior):
    torch.testing.assert_close(model_of(decoupling).rate(*posterior), expected(*posterior))


@pytest.mark.parametrize("decoupling", GAUSSIAN)
def test_gaussian_variants_differ_in_the_rate_alone(decoupling, posterior):
    model = model_of(decoupling)
    mu, logvar = posterior
    assert model.code(mu, logvar) is mu
    torch.testing.assert_close(model.nats(mu, logvar), losses.elementwise_kl(mu, logvar))
    for mine, plain in zip(model.parameters(), model_of().parameters(), strict=True):
        assert torch.equal(mine, plain)


def test_the_code_of_a_categorical_names_the_likeliest_type_or_none():
    logits = torch.tensor([[3.0, 1.0, 2.0, -1.0], [-1.0, -2.0, -3.0, -4.0], [-1.0, 0.5, 0.4, 0.0]])
    code = model_of("categorical").code(logits.T[None, :, :, None], torch.zeros(1, 4, 3, 1))
    assert code[0, :, :, 0].T.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]]


def test_the_code_of_a_categorical_holds_at_most_one_type(posterior):
    code = model_of("categorical").code(*posterior)
    assert set(code.unique().tolist()) == {0.0, 1.0}
    assert set(code.sum(dim=1).unique().tolist()) == {0.0, 1.0}  # both kinds of position are met


def test_the_nats_of_a_categorical_sum_to_the_kl_and_the_likeliest_type_has_most(posterior):
    model, (logits, nothing) = model_of("categorical"), posterior
    nats = model.nats(logits, nothing)
    torch.testing.assert_close(nats.sum(dim=1), losses.categorical_kl(logits))
    assert (nats >= 0).all()
    assert torch.equal(nats.argmax(dim=1), logits.argmax(dim=1))
    torch.testing.assert_close(model.rate(logits, nothing), nats.sum() / 2)


def test_a_categorical_has_no_variance_and_draws_within_the_simplex():
    model = model_of("categorical")
    logits, logvar = model.encode(drawn(2, 3, 20, 20))
    assert not logvar.any()
    z = model.sample(logits, logvar, torch.Generator().manual_seed(0))
    assert (z >= 0).all() and (z.sum(dim=1) <= 1 + 1e-5).all()


def test_normalising_before_the_latents_takes_the_scale_out_of_what_they_read():
    """ReLU keeps a factor, so ten times the last hidden layer is what it was, normalised."""
    x = 30 * drawn(4, 3, 20, 20)  # so that normalisation's epsilon is next to nothing
    for where, same in (("none", False), ("before", True), ("after", False), ("both", True)):
        model = model_of(batch_norm=where).train()
        with torch.no_grad():
            mu = model.encode(x)[0]
            model.encode_2.weight *= 10
            assert model.encode_2.bias is not None
            model.encode_2.bias *= 10
            assert torch.allclose(model.encode(x)[0], mu, atol=1e-2) == same, where


def test_normalising_after_the_latents_takes_the_scale_out_of_what_is_drawn():
    z = drawn(4, LATENTS, 5, 5)
    for where, same in (("none", False), ("before", False), ("after", True), ("both", True)):
        model = model_of(batch_norm=where).train()
        with torch.no_grad():
            picture = model.decode(z)
            assert torch.allclose(model.decode(10 * z + 3), picture, atol=1e-3) == same, where


def test_a_seed_makes_the_network_and_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    config = PerceptionConfig(beta=1.0)
    one, same, other = (build_model(config, seed) for seed in (0, 0, 1))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(one.encode_1.weight, same.encode_1.weight)
    assert not torch.equal(one.encode_1.weight, other.encode_1.weight)


def test_pictures_become_whole_cells_of_numbers_from_nought_to_one():
    picture = np.zeros((1, 5, 8, 3), np.uint8)
    picture[0, 4, 7] = (255, 51, 0)
    x = padded(to_unit(picture))
    assert x.shape == (1, 3, 8, 8)
    torch.testing.assert_close(x[0, :, 4, 7], torch.tensor([1.0, 0.2, 0.0]))
    assert x.sum().item() == pytest.approx(1.2)


def test_the_background_costs_finite_logits_however_black_or_white():
    levels = torch.tensor([0.0, EDGE / 2, 0.3, 1.0]).reshape(1, 1, 2, 2)
    chance = torch.sigmoid(background_logits(levels)).flatten()
    torch.testing.assert_close(chance, torch.tensor([EDGE, EDGE, 0.3, 1 - EDGE]))


# The rate of a blank network over 2 x 2 cells: 1/2 (var - 1 - log var) nats an element
BLANK_RATE = LATENTS * 4 * 0.5 * (math.exp(LOGVAR_BIAS) - 1.0 - LOGVAR_BIAS)


def loss_of(model: FullyConvolutionalVAE, warmth: float = 1.0) -> tuple[float, float]:
    """Loss less the cross entropy of a blank network's picture, the background; and the rate."""
    x, behind = torch.full((3, 3, 8, 8), 0.7), torch.full((3, 3, 8, 8), 0.4)
    noise = torch.Generator().manual_seed(0)
    terms = negative_elbo(model, x, behind, noise, warmth)
    bare = functional.binary_cross_entropy(behind, x, reduction="sum") / 3
    torch.testing.assert_close(terms.bce, bare)
    return (terms.loss - bare).item(), terms.rate.item()


@pytest.mark.parametrize("warmth", [0.0, 0.25, 1.0])
def test_the_pressure_is_beta_times_the_rate_as_it_warms(warmth):
    pressure, rate = loss_of(blank(beta=2.0), warmth)
    assert rate == pytest.approx(BLANK_RATE, rel=1e-5)
    assert pressure == pytest.approx(2.0 * warmth * BLANK_RATE, abs=1e-3)


@pytest.mark.parametrize("capacity", [0.0, 10.0, BLANK_RATE, 100.0])
@pytest.mark.parametrize("warmth", [0.5, 1.0])
def test_capacity_presses_the_rate_to_c_from_both_sides(capacity, warmth):
    pressure, rate = loss_of(blank(beta=2.0, capacity_nats=capacity), warmth)
    assert rate == pytest.approx(BLANK_RATE, rel=1e-5)
    assert pressure == pytest.approx(2.0 * abs(BLANK_RATE - warmth * capacity), abs=1e-3)


@pytest.mark.parametrize(("capacity", "falls"), [(5.0, True), (100.0, False)])
def test_the_rate_goes_to_the_capacity(capacity, falls):
    model = blank(capacity_nats=capacity)
    x = torch.full((1, 3, 8, 8), 0.5)
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3)
    before = negative_elbo(model, x, x, torch.Generator(), 1.0)
    before.loss.backward()
    optimiser.step()
    after = negative_elbo(model, x, x, torch.Generator(), 1.0)
    assert (after.rate < before.rate).item() == falls


def test_orthogonality_is_paid_for_the_three_layers_with_filters_to_tell_apart():
    model = blank(orthogonality=10.0)
    layers = (model.encode_1, model.encode_2, model.decode_1)
    expected = 10.0 * sum(losses.orthogonality(layer.weight).item() for layer in layers)
    assert expected > 0
    assert loss_of(model)[0] - loss_of(blank())[0] == pytest.approx(expected, rel=1e-3)


def test_filters_that_are_alike_are_driven_apart():
    model = blank(orthogonality=10.0)
    with torch.no_grad():
        model.encode_1.weight[1] = model.encode_1.weight[0] + 0.01 * drawn(3, 8, 8)

    def alike() -> float:
        one, other = model.encode_1.weight[:2].flatten(1)
        return functional.cosine_similarity(one, other, dim=0).item()

    before = alike()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    x = torch.full((1, 3, 8, 8), 0.5)
    for _ in range(5):
        optimiser.zero_grad()
        negative_elbo(model, x, x, torch.Generator(), 1.0).loss.backward()
        optimiser.step()
    assert before > 0.9 > alike()


def test_a_categorical_that_is_surely_empty_everywhere_has_finite_nats():
    model = build_model(PerceptionConfig(beta=1.0, decoupling="categorical"), seed=0)
    logits = torch.full((1, 4, 2, 2), -200.0)
    nats = model.nats(logits, torch.zeros_like(logits))
    assert torch.isfinite(nats).all()
    torch.testing.assert_close(nats.sum(dim=1), losses.categorical_kl(logits))
