import numpy as np
import pytest
import torch

from perception.models import gaussian_losses as losses
from perception.models.architectures import ARCHITECTURES
from perception.models.gaussian import WARM_UP_UPDATES, GaussianVAE, build_gaussian
from perception.models.gaussian_config import GaussianConfig
from perception.models.images import to_unit
from perception.models.inputs import Grid, as_frame, pictures

SIDES = {"shallow": (212, 160), "deep": (212, 160), "sherburn": (84, 84)}
GRIDS = {"shallow": (53, 40), "deep": (53, 40), "sherburn": (8, 8)}


def terms(model: GaussianVAE, x: torch.Tensor):
    return model.terms(x, torch.Generator().manual_seed(0))


def picture(seed: int = 0, size: int = 24) -> torch.Tensor:
    return torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("latents", [1, 8])
@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_a_frame_goes_in_and_a_picture_of_its_size_comes_out(architecture, latents):
    config = GaussianConfig(beta=1.0, latents=latents, architecture=architecture)
    model = build_gaussian(config, 0)
    x = torch.zeros(1, 3, *SIDES[architecture])
    mu, logvar = model.posterior(x)
    assert mu.shape == logvar.shape == (1, latents, *GRIDS[architecture])
    assert model.decode(mu).shape == x.shape


def test_the_authors_layers_are_those_of_his_table():
    model = build_gaussian(
        GaussianConfig(beta=1.0, latents=8, architecture="sherburn", colour="luminance"), 0
    )
    x, sizes = torch.zeros(1, 1, 84, 84), []
    for layer in [*model.encoder, model.mu, *model.decoder]:
        x = layer(x)
        sizes.append(tuple(x.shape[1:]))
    kept = [size for i, size in enumerate(sizes) if i == 0 or size != sizes[i - 1]]
    assert kept == [
        (32, 42, 42), (64, 21, 21), (8, 8, 8), (64, 20, 20), (32, 40, 40), (1, 84, 84)
    ]  # fmt: skip


@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_a_position_lies_where_the_pixels_that_move_it_are(architecture):
    """The centre of all input pixels with a gradient is the one that `Grid` tells."""
    config = GaussianConfig(beta=1.0, latents=1, architecture=architecture)
    model = build_gaussian(config, 0)
    for layer in model.encoder:
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.constant_(layer.weight, 0.1)
    torch.nn.init.constant_(model.mu.weight, 1.0)
    x = torch.rand(1, 3, *SIDES[architecture]).requires_grad_()
    row, column = 3, 4
    model.encode(x)[0, 0, row, column].backward()
    assert x.grad is not None
    ys, xs = (x.grad[0].abs().sum(dim=0) > 0).nonzero(as_tuple=True)
    shape = SIDES[architecture]
    grid = Grid(config, (*shape, 3))
    middle = [(at.min() + at.max()).item() / 2 for at in (ys, xs)]
    assert middle == pytest.approx((grid.start + grid.step * (row, column)).tolist())


def test_a_scaled_screen_is_measured_in_native_pixels():
    grid = Grid(GaussianConfig(beta=1.0, architecture="sherburn"), (210, 160, 3))
    assert grid.step == pytest.approx([20.0, 160 * 8 / 84])
    assert grid.start == pytest.approx([12 * 2.5 - 0.5, 12 * 160 / 84 - 0.5])


@pytest.mark.parametrize(
    ("settings", "pressed"),
    [
        ({}, losses.neuron_level_kl),
        ({"decoupling": "filter_naive"}, losses.filter_level_kl),
        ({"decoupling": "filter_weighted"}, losses.weighted_filter_level_kl),
        (
            {"decoupling": "winner_takes_all", "gamma": 3.0},
            lambda m, v: losses.neuron_level_kl(m, v) + 3.0 * losses.losers_kl(m, v),
        ),
        ({"capacity_nats": 50.0}, lambda m, v: (losses.neuron_level_kl(m, v) - 50.0).abs()),
    ],
)
def test_variants_differ_in_what_beta_presses_on_alone(settings, pressed):
    model = build_gaussian(GaussianConfig(beta=2.0, latents=3, **settings), 0).eval()
    mu, logvar = model.posterior(picture())
    found = terms(model, picture())
    torch.testing.assert_close(
        found.loss - found.bce, 2.0 * pressed(mu, logvar), rtol=1e-3, atol=0.1
    )
    torch.testing.assert_close(found.kl, losses.neuron_level_kl(mu, logvar))


def test_the_deterministic_one_adds_no_noise_and_has_no_pressure():
    model = build_gaussian(GaussianConfig(beta=0.0, decoupling="none"), 0)
    found = terms(model, picture())
    assert found.loss == found.bce
    mu, logvar = model.posterior(picture())
    assert torch.equal(model.sample(mu, logvar, torch.Generator()), mu)
    torch.testing.assert_close(model.nats(mu, logvar), mu**2 / 2)


@pytest.mark.parametrize("decoupling", ["neuron", "none"])
def test_orthogonality_moves_the_latent_filters_and_nothing_else(decoupling):
    beta = 0.0 if decoupling == "none" else 1.0

    def gradients(weight: float) -> dict[str, torch.Tensor]:
        config = GaussianConfig(beta=beta, decoupling=decoupling, orthogonality=weight)
        model = build_gaussian(config, 0)
        terms(model, picture()).loss.backward()
        return {n: p.grad for n, p in model.named_parameters() if p.grad is not None}

    without, having = gradients(0.0), gradients(10.0)
    moved = [n for n in without if not torch.allclose(without[n], having[n])]
    assert moved == ["mu.weight"]


def test_the_pressure_warms_up_in_training_and_is_whole_in_use():
    model = build_gaussian(GaussianConfig(beta=1.0), 0)
    parts = []
    for updates in (0, WARM_UP_UPDATES // 2, WARM_UP_UPDATES, 10 * WARM_UP_UPDATES):
        model.advance(updates)
        found = terms(model, picture())
        parts.append(((found.loss - found.bce) / found.kl).item())
    assert parts == pytest.approx([0.0, 0.5, 1.0, 1.0], abs=1e-3)
    model.advance(0)
    found = terms(model.eval(), picture())
    assert ((found.loss - found.bce) / found.kl).item() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("place", "norms"), [("before", 1), ("after", 1), ("both", 2), ("none", 0)]
)
def test_batch_normalisation_stands_where_it_was_asked_for(place, norms):
    model = build_gaussian(GaussianConfig(beta=1.0, latents=5, batch_norm=place), 0)
    found = {n: m for n, m in model.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    assert len(found) == norms
    features = {name.split(".")[0]: norm.num_features for name, norm in found.items()}
    expected = {"before": {"encoder": 16}, "after": {"decoder": 5}, "none": {}}
    assert features == expected.get(place, {"encoder": 16, "decoder": 5})


def test_pictures_are_whole_frames_and_come_back():
    frames = np.random.default_rng(0).integers(0, 256, (2, 210, 160, 3), np.uint8)
    native = GaussianConfig(beta=1.0)
    seen = pictures(frames, native)
    assert seen.shape == (2, 212, 160, 3)
    assert np.array_equal(as_frame(seen[0], frames.shape[1:]), frames[0])
    assert not seen[:, 210:].any()
    grey = pictures(frames, GaussianConfig(beta=1.0, colour="luminance"))
    assert grey.shape == (2, 212, 160, 1)
    expected = np.rint(frames[0] @ np.array([0.2126, 0.7152, 0.0722]))
    assert np.array_equal(grey[0, :210, :, 0], expected)
    small = pictures(frames, GaussianConfig(beta=1.0, architecture="sherburn", colour="luminance"))
    assert small.shape == (2, 84, 84, 1)
    assert small.mean() == pytest.approx(grey[:, :210].mean(), abs=1.0)  # the whole screen
    assert as_frame(small[0], frames.shape[1:]).shape == (210, 160, 3)
    assert to_unit(seen).shape == (2, 3, 212, 160)


@pytest.mark.parametrize(
    "wrong",
    [
        {"beta": -1.0},
        {"beta": 0.0},
        {"beta": 1.0, "decoupling": "none"},
        {"beta": 1.0, "latents": 0},
        {"beta": 1.0, "gamma": 1.0},
        {"beta": 1.0, "decoupling": "winner_takes_all"},
        {"beta": 1.0, "latents": 1, "decoupling": "filter_naive"},
        {"beta": 1.0, "latents": 1, "orthogonality": 1.0},
        {"beta": 1.0, "decoupling": "filter_naive", "capacity_nats": 3.0},
        {"beta": 1.0, "architecture": "wide"},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError):
        GaussianConfig(**wrong)


def test_settings_survive_json():
    config = GaussianConfig(beta=2.0, decoupling="winner_takes_all", gamma=0.5, colour="luminance")
    assert GaussianConfig.from_json(config.to_json()) == config
