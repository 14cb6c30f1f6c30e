import re
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn

from perception.models.autoencoders import (
    Autoencoder,
    DenseAutoencoder,
    DenseVAE,
    Terms,
    build_autoencoder,
)
from perception.training.fitting import (
    FittingConfig,
    evaluate,
    fit,
    load_weights,
    reconstructions,
)

SHAPE = (6, 5, 1)
FAST = FittingConfig(epochs=30, batch_size=8, learning_rate=0.05, patience_epochs=30)


def bars(count: int, seed: int) -> np.ndarray:
    """One bright row or column a picture, (N, 6, 5, 1) uint8."""
    rng = np.random.default_rng(seed)
    images = np.zeros((count, *SHAPE), np.uint8)
    for image in images:
        index = rng.integers(11)
        if index < 6:
            image[index] = 255
        else:
            image[:, index - 6] = 255
    return images


def dense() -> DenseAutoencoder:
    return build_autoencoder(lambda: DenseAutoencoder((1, 6, 5)), 0)


def dense_vae() -> DenseVAE:
    return build_autoencoder(lambda: DenseVAE((1, 6, 5), beta=1.0, latents=4, hidden=16), 0)


class OnePicture(Autoencoder):
    """Draws the same logits whatever it sees: a closed form says where it must end."""

    def __init__(self) -> None:
        super().__init__(nn.Identity(), nn.Identity())
        self.logits = nn.Parameter(torch.zeros(1, 1, 6, 5))

    def decode(self, z: Tensor) -> Tensor:
        return self.logits.expand_as(z)


class Scripted(Autoencoder):
    """Its validation loss by epoch is as written; training never moves its weight."""

    def __init__(self, validation: list[float], bad_update: int | None = None) -> None:
        super().__init__(nn.Identity(), nn.Identity())
        self.weight = nn.Parameter(torch.zeros(1))
        self.validation, self.bad_update, self.updates = validation, bad_update, 0

    def terms(self, x_BCHW: Tensor, noise: torch.Generator) -> Terms:
        if torch.is_grad_enabled():
            self.updates += 1
            loss = (self.weight - self.updates).sum()  # Adam raises the weight each update
            loss = loss * torch.nan if self.updates == self.bad_update else -loss
        else:
            loss = torch.tensor(self.validation[self.updates - 1])
        return Terms(loss, loss, torch.zeros(()))


ONE = np.zeros((1, *SHAPE), np.uint8)  # an epoch of one update


def test_the_best_fixed_picture_is_the_mean():
    train = bars(40, 0)
    model = OnePicture()
    config = FittingConfig(
        epochs=300, batch_size=40, learning_rate=0.1, annealing=0.99, patience_epochs=300
    )
    fit(model, train, train, config, 0)
    mean = torch.from_numpy(train).permute(0, 3, 1, 2).float().div(255).mean(dim=0)
    torch.testing.assert_close(
        model.reconstruct(torch.zeros(1, 1, 6, 5))[0], mean, atol=0.01, rtol=0
    )
    entropy = (torch.special.entr(mean) + torch.special.entr(1 - mean)).sum().item()
    assert evaluate(model, train).bce == pytest.approx(entropy, abs=0.01)


@pytest.mark.parametrize("make", [dense, dense_vae])
def test_it_learns_what_one_picture_cannot(make):
    train, validation = bars(200, 0), bars(50, 1)
    control, model = OnePicture(), make()
    for fitted in (control, model):
        fit(fitted, train, validation, FAST, 0)
    assert evaluate(model, validation).loss < 0.75 * evaluate(control, validation).loss


def test_scores_are_means_over_images_whatever_the_batches():
    model = dense()
    images = bars(300, 0)  # more than two evaluation batches, the last one short
    alone = [evaluate(model, image[None]).bce for image in images]
    assert evaluate(model, images).bce == pytest.approx(np.mean(alone), rel=1e-5)


def test_a_variational_score_is_the_same_at_every_call():
    model = dense_vae()
    scores = evaluate(model, bars(20, 0))
    assert scores == evaluate(model, bars(20, 0))
    assert scores.loss == pytest.approx(scores.bce + scores.kl) and scores.kl > 0


def test_the_learning_rate_anneals_and_falls_on_a_plateau():
    model = Scripted([5, 4, 4, 4, 3, 3])
    config = FittingConfig(
        epochs=6, learning_rate=1.0, annealing=0.9, plateau_epochs=2, plateau_factor=0.5
    )
    rates = [epoch.learning_rate for epoch in fit(model, ONE, ONE, config, 0)]
    # epochs 3 and 4 are no better than epoch 2, so epoch 5 starts from half the rate
    expected = [1, 0.9, 0.81, 0.729, 0.9**4 * 0.5, 0.9**5 * 0.5]
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize(
    ("validation", "epochs"),
    [
        ([5, 5, 5, 5, 5, 5], 4),  # epoch 1 is the best, three more are waited for
        ([5, 6, 6, 4, 4, 4, 4, 4], 7),
        ([8, 7, 6, 5, 4, 3, 2, 1], 8),
    ],
)
def test_it_stops_early_where_validation_stands_still(validation, epochs):
    config = FittingConfig(epochs=8, patience_epochs=3)
    assert len(fit(Scripted(validation), ONE, ONE, config, 0)) == epochs


def test_it_ends_with_the_best_weights_and_keeps_the_last(tmp_path):
    model = Scripted([5, 3, 4, 4])
    config = FittingConfig(epochs=4, learning_rate=1.0, annealing=1.0)
    fit(model, ONE, ONE, config, 0, checkpoints=tmp_path / "weights")
    best = model.weight.item()
    assert best == pytest.approx(2.0, rel=1e-4)  # Adam's step on a constant gradient is the rate
    noted = load_weights(model, tmp_path / "weights" / "best.safetensors")
    assert model.weight.item() == best
    assert (noted["epoch"], noted["updates"], noted["validation"]["loss"]) == (2, 2, 3.0)
    assert noted["fitting"]["epochs"] == 4
    noted = load_weights(model, tmp_path / "weights" / "last.safetensors")
    assert noted["epoch"] == 4
    assert model.weight.item() > best + 1


@pytest.mark.parametrize("bad_epoch", [1, 3])
@pytest.mark.parametrize("where", ["training", "validation"])
def test_a_loss_that_is_not_finite_stops_at_the_last_good_model(tmp_path, where, bad_epoch):
    validation = [5.0, 4.0, 3.0]
    if where == "validation":
        validation[bad_epoch - 1] = float("nan")
    model = Scripted(validation, bad_epoch if where == "training" else None)
    config = FittingConfig(epochs=3, learning_rate=1.0, annealing=1.0)
    kept = "after epoch 2 are kept" if bad_epoch == 3 else "first weights"
    message = rf"diverged at update {bad_epoch}, .* \(loss nan\): .*{kept}.*learning_rate \(now 1\)"
    with pytest.raises(FloatingPointError, match=message):
        fit(model, ONE, ONE, config, 0, checkpoints=tmp_path)
    good = bad_epoch - 1
    assert model.weight.item() == pytest.approx(good, rel=1e-4)
    assert (tmp_path / "last.safetensors").exists() == (good > 0)
    if good:
        assert load_weights(model, tmp_path / "last.safetensors")["epoch"] == good


def test_too_high_a_learning_rate_really_ends_there():
    model = dense_vae()
    config = FittingConfig(epochs=5, batch_size=4, learning_rate=1e4)
    with pytest.raises(FloatingPointError, match="diverged at update"):
        fit(model, bars(40, 0), bars(8, 1), config, 0)
    assert all(bool(torch.isfinite(weight).all()) for weight in model.parameters())


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    config = FittingConfig(epochs=2, batch_size=8)
    weights = []
    for seed in (3, 3, 4):
        model = dense_vae()
        fit(model, bars(40, 0), bars(8, 1), config, seed)
        weights.append(model.mu[0].weight.detach().clone())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_tensorboard_hears_of_every_epoch(tmp_path):
    config = FittingConfig(epochs=3, batch_size=8)
    epochs = fit(dense_vae(), bars(40, 0), bars(8, 1), config, 0, log=tmp_path)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    for part in ("train", "validation"):
        for name in ("loss", "bce", "kl"):
            told = [event.value for event in events.Scalars(f"{part}/{name}")]
            assert told == pytest.approx([getattr(getattr(e, part), name) for e in epochs])
    assert [event.step for event in events.Scalars("learning_rate")] == [1, 2, 3]
    assert len(events.Images("reconstructions")) == 3


def test_progress_counts_epochs():
    heard = []
    config = FittingConfig(epochs=2)
    fit(Scripted([5, 4]), ONE, ONE, config, 0, progress=lambda *said: heard.append(said))
    assert heard == [
        (1, 2, "validation loss 5.00 nats an image"),
        (2, 2, "validation loss 4.00 nats an image"),
    ]


def test_reconstructions_stand_at_the_right_of_their_originals():
    images = bars(3, 0)
    model = OnePicture()
    with torch.no_grad():
        model.logits[0, 0, 2, 1] = 100.0
    pairs = reconstructions(model, images)
    assert pairs.shape == (3, 6, 10, 1) and pairs.dtype == np.uint8
    np.testing.assert_array_equal(pairs[:, :, :5], images)
    expected = np.full((3, *SHAPE), 128, np.uint8)  # logit 0 is grey
    expected[:, 2, 1] = 255
    np.testing.assert_array_equal(pairs[:, :, 5:], expected)


@pytest.mark.parametrize(
    ("train", "validation", "message"),
    [
        (bars(4, 0).astype(np.float32), bars(2, 0), "train: expected .* float32"),
        (bars(4, 0), bars(2, 0)[0], r"validation: expected .* \(6, 5, 1\)"),
        (bars(4, 0)[:0], bars(2, 0), "train: .* at least 1"),
        (bars(4, 0), bars(2, 0)[:, :5], r"differ in shape: \(6, 5, 1\) and \(5, 5, 1\)"),
    ],
)
def test_images_of_a_wrong_kind_are_refused_before_anything_is_written(
    tmp_path, train, validation, message
):
    folders = {"checkpoints": tmp_path / "weights", "log": tmp_path / "log"}
    with pytest.raises(ValueError, match=message):
        fit(dense(), train, validation, FAST, 0, **folders)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("plateau_epochs", 0),
        ("patience_epochs", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("annealing", 0.0),
        ("annealing", 1.1),
        ("plateau_factor", 1.0),
    ],
)
def test_settings_out_of_range_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        FittingConfig(**{name: value})


def checkpoint(folder: Path) -> Path:
    fit(dense(), bars(8, 0), bars(2, 0), FittingConfig(epochs=1), 0, checkpoints=folder)
    return folder / "best.safetensors"


def test_weights_of_another_model_are_refused(tmp_path):
    path = checkpoint(tmp_path)
    with pytest.raises(ValueError, match=re.escape(f"{path} does not fit DenseVAE")):
        load_weights(dense_vae(), path)


def test_altered_weights_are_refused(tmp_path):
    path = checkpoint(tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="was altered"):
        load_weights(dense(), path)
