import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from perception.models.autoencoders import (
    Autoencoder,
    DenseAutoencoder,
    DenseVAE,
    FullyConvolutionalAutoencoder,
    build_autoencoder,
)

DIGIT = (1, 28, 28)
FRAME = (3, 21, 16)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(image: tuple[int, int, int], count: int = 2) -> torch.Tensor:
    return torch.rand((count, *image), generator=generator())


def vae(image: tuple[int, int, int] = FRAME, beta: float = 1.0) -> DenseVAE:
    return build_autoencoder(lambda: DenseVAE(image, beta=beta, latents=5, hidden=16), 0)


def output_shapes(model: Autoencoder, x: torch.Tensor) -> list[tuple[int, ...]]:
    """The shape after every layer that a table of the thesis would list (ReLUs are none)."""
    shapes = [tuple(x.shape[1:])]
    for layer in [*model.encoder.children(), *model.decoder.children()]:
        x = layer(x)
        if not isinstance(layer, torch.nn.ReLU):
            shapes.append(tuple(x.shape[1:]))
    return shapes


def test_dense_layers_are_those_of_table_3_1():
    model = DenseAutoencoder(DIGIT)
    assert output_shapes(model, pictures(DIGIT)) == [DIGIT, (784,), (32,), (784,), DIGIT]
    assert sum(p.numel() for p in model.parameters()) == (784 + 1) * 32 + (32 + 1) * 784


def test_convolutional_layers_are_those_of_table_3_2():
    model = FullyConvolutionalAutoencoder()
    assert output_shapes(model, pictures(DIGIT)) == [
        (1, 28, 28),
        (32, 28, 28),
        (32, 14, 14),
        (4, 14, 14),
        (4, 7, 7),
        (4, 14, 14),
        (32, 14, 14),
        (32, 28, 28),
        (1, 28, 28),
    ]
    kernels = (9 * 1 + 1) * 32 + (9 * 32 + 1) * 4 + (9 * 4 + 1) * 32 + (9 * 32 + 1) * 1
    assert sum(p.numel() for p in model.parameters()) == kernels


def test_the_convolutional_code_keeps_space_and_the_dense_one_does_not():
    x = torch.zeros(1, *DIGIT)
    touched = x.clone()
    touched[..., :4, :4] = 1.0
    conv = build_autoencoder(FullyConvolutionalAutoencoder, 0)
    changed = (conv.encode(touched) != conv.encode(x)).any(dim=1)[0]
    assert changed.any() and not changed[3:].any() and not changed[:, 3:].any()
    dense = build_autoencoder(lambda: DenseAutoencoder(DIGIT), 0)
    moved = dense.reconstruct(touched) != dense.reconstruct(x)
    assert moved[..., 14:, 14:].any()


@pytest.mark.parametrize(
    "make", [lambda: DenseAutoencoder(DIGIT), FullyConvolutionalAutoencoder], ids=["dense", "conv"]
)
def test_an_autoencoder_minimises_the_summed_binary_cross_entropy(make):
    model, x = build_autoencoder(make, 0), pictures(DIGIT).round()
    loss, bce, kl = model.terms(x, generator())
    likelihood = Bernoulli(probs=model.reconstruct(x)).log_prob(x)
    assert loss.item() == bce.item() and kl.item() == 0.0
    assert bce.item() == pytest.approx(-likelihood.sum().item() / 2, rel=1e-5)


def test_an_even_guess_costs_ln_2_a_pixel():
    model = build_autoencoder(FullyConvolutionalAutoencoder, 0)
    torch.nn.init.zeros_(model.decoder[-1].weight)
    terms = model.terms(pictures(DIGIT), generator())
    assert terms.bce.item() == pytest.approx(784 * torch.log(torch.tensor(2.0)).item(), rel=1e-5)


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_beta_weighs_the_kl_term(beta):
    model, x = vae(beta=beta), pictures(FRAME)
    loss, bce, kl = model.terms(x, generator())
    mu, logvar = model.posterior(x)
    q = Normal(mu, torch.exp(0.5 * logvar))
    expected = kl_divergence(q, Normal(torch.zeros(()), torch.ones(()))).sum() / len(x)
    torch.testing.assert_close(kl, expected)
    torch.testing.assert_close(loss, bce + beta * expected)


def test_the_reconstruction_term_is_of_one_sample_of_the_posterior():
    model, x = vae(), pictures(FRAME).round()
    mu, logvar = model.posterior(x)
    z = mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator(3))
    expected = -Bernoulli(logits=model.decode(z)).log_prob(x).sum() / 2
    torch.testing.assert_close(model.terms(x, generator(3)).bce, expected)
    assert model.terms(x, generator(3)).bce != model.terms(x, generator(4)).bce


def test_mean_and_log_variance_are_unbounded_on_both_sides():
    model = vae()
    for values in model.posterior(100 * pictures(FRAME, 20)):
        assert values.shape == (20, 5, 1, 1)
        assert values.min() < -1 and values.max() > 1


def test_a_variational_model_reconstructs_from_the_posterior_mean():
    model, x = vae(), pictures(FRAME)
    mean, _ = model.posterior(x)
    torch.testing.assert_close(model.reconstruct(x), torch.sigmoid(model.decode(mean)))


def test_samples_of_the_prior_are_pictures_and_follow_their_seed():
    model = vae()
    samples = model.sample(7, generator(1))
    assert samples.shape == (7, *FRAME)
    assert samples.min() >= 0 and samples.max() <= 1
    assert torch.equal(samples, model.sample(7, generator(1)))
    assert not torch.equal(samples, model.sample(7, generator(2)))


def test_a_decoder_that_ignores_its_latents_draws_one_picture():
    model = vae()
    torch.nn.init.zeros_(model.decoder[1].weight)
    samples = model.sample(3, generator())
    assert torch.equal(samples[0], samples[1]) and torch.equal(samples[0], samples[2])


@pytest.mark.parametrize("beta", [-1.0, float("nan"), float("inf")])
def test_a_beta_that_is_no_weight_is_refused(beta):
    with pytest.raises(ValueError, match="beta"):
        vae(beta=beta)


def test_weights_follow_the_seed_and_leave_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again = vae(), vae()
    other = build_autoencoder(lambda: DenseVAE(FRAME, beta=1.0, latents=5, hidden=16), 1)
    assert torch.equal(torch.rand(3), expected)
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
    assert not torch.equal(first.mu[0].weight, other.mu[0].weight)


def test_weights_start_as_keras_starts_them():
    layer = build_autoencoder(lambda: DenseAutoencoder(DIGIT), 0).encoder[1]
    limit = (6 / (784 + 32)) ** 0.5  # Glorot uniform
    assert 0.99 * limit < layer.weight.abs().max().item() <= limit
    assert layer.bias.abs().max().item() == 0.0
