"""Training the FC-VAE: watched without being changed, and saved from a loss that is not finite."""

import warnings

import numpy as np
import pytest
import torch
from sprite_scene import play
from torch import Tensor

from perception import PerceptionConfig, train_perception
from perception.background import find_background
from perception.model import FullyConvolutionalVAE
from perception.window_training import Report, Watch, copy_of_weights, train_model

SETTINGS = {"beta": 0.3, "hidden_filters": 8, "batch_size": 8, "window_cells": 6}
SCENE = play(60, seed=0)
HELD_OUT = play(80, seed=0).frames[60:]


class Recorder:
    """Keeps what a watch hears."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.weights: list[dict[str, Tensor]] = []

    def __call__(self, report: Report, model: FullyConvolutionalVAE) -> None:
        self.reports.append(report)
        self.weights.append(copy_of_weights(model))


class Breaking(FullyConvolutionalVAE):
    """From one training update on, what is sampled is spoilt by `spoil`."""

    def __init__(self, config: PerceptionConfig, at: int, spoil) -> None:
        super().__init__(config)
        self.at, self.spoil, self.calls = at, spoil, 0

    def sample(self, mu_BKMN: Tensor, logvar_BKMN: Tensor, noise: torch.Generator) -> Tensor:
        z = super().sample(mu_BKMN, logvar_BKMN, noise)
        if not self.training:
            return z
        self.calls += 1
        return self.spoil(z) if self.calls > self.at else z


def nan_value(z: Tensor) -> Tensor:
    return z * float("nan")


def nan_gradient(z: Tensor) -> Tensor:
    return z + torch.sqrt(0.0 * z)  # adds 0, with an infinite slope


def break_at(update: int, spoil, updates: int = 60) -> tuple[Breaking, Recorder]:
    config = PerceptionConfig(**SETTINGS, updates=updates)
    torch.manual_seed(0)
    model, recorder = Breaking(config, update, spoil), Recorder()
    watch = Watch(HELD_OUT, recorder)
    background = find_background(SCENE.frames)
    train_model(model, SCENE.frames, background, config, 0, None, watch=watch)
    return model, recorder


def assert_same(one: dict[str, Tensor], two: dict[str, Tensor]) -> None:
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("batch_norm", ["none", "both"])
def test_a_watch_changes_nothing_and_hears_every_twenty_updates(batch_norm: str) -> None:
    config = PerceptionConfig(**SETTINGS, updates=50, batch_norm=batch_norm)
    recorder = Recorder()
    alone = train_perception(SCENE.frames, config, seed=1)
    watched = train_perception(SCENE.frames, config, seed=1, watch=Watch(HELD_OUT, recorder))
    assert_same(alone.model.state_dict(), watched.model.state_dict())
    assert [report.updates for report in recorder.reports] == [20, 40, 50]
    assert_same(recorder.weights[-1], watched.model.state_dict())


def test_reports_add_up_and_follow_the_annealing() -> None:
    config = PerceptionConfig(**SETTINGS, updates=40)
    recorder = Recorder()
    train_perception(SCENE.frames, config, seed=1, watch=Watch(HELD_OUT, recorder))
    for report in recorder.reports:
        for losses in (report.train, report.validation):  # after the warm-up, KL at full weight
            assert losses.loss == pytest.approx(losses.bce + config.beta * losses.kl, rel=1e-5)
        angle = np.pi * (report.updates - 1) / config.updates
        expected = config.learning_rate * (1 + np.cos(angle)) / 2
        assert report.learning_rate == pytest.approx(expected)
    first, last = recorder.reports
    assert torch.equal(first.originals_BCHW, last.originals_BCHW)
    assert last.reconstructions_BCHW.shape == last.originals_BCHW.shape == (64, 3, 24, 24)


def test_what_is_learned_shows_on_the_frames_held_out() -> None:
    config = PerceptionConfig(**SETTINGS, updates=200)
    recorder = Recorder()
    train_perception(SCENE.frames, config, seed=1, watch=Watch(HELD_OUT, recorder))
    assert recorder.reports[-1].validation.loss < recorder.reports[0].validation.loss - 50.0
    errors = [
        float((r.originals_BCHW - r.reconstructions_BCHW).square().mean()) for r in recorder.reports
    ]
    assert errors[-1] < 0.8 * errors[0]


def test_held_out_frames_in_which_nothing_moves_are_watched_too() -> None:
    recorder = Recorder()
    still = np.repeat(SCENE.background[None], 3, axis=0)
    config = PerceptionConfig(**SETTINGS, updates=20)
    train_perception(SCENE.frames, config, seed=1, watch=Watch(still, recorder))
    assert np.isfinite(recorder.reports[0].validation.loss)


def test_held_out_frames_of_another_size_are_refused() -> None:
    watch = Watch(HELD_OUT[:, :40], Recorder())
    with pytest.raises(ValueError, match=r"watch: .* shape \(60, 48, 3\)"):
        train_perception(SCENE.frames, PerceptionConfig(**SETTINGS), seed=0, watch=watch)


@pytest.mark.parametrize(("at", "good"), [(21, 20), (35, 20), (41, 40), (59, 40)])
def test_after_a_loss_that_is_not_finite_the_last_good_weights_are_back(at: int, good: int) -> None:
    message = f"diverged at update {at}: .* weights after {good} of 60 updates"
    with pytest.warns(UserWarning, match=message):
        model, recorder = break_at(at, nan_value)
    kept = dict(zip((20, 40), recorder.weights, strict=False))
    assert_same(model.state_dict(), kept[good])
    assert not model.training


def test_weights_that_the_next_update_finds_spoilt_are_not_called_good() -> None:
    """Update 39 spoils the weights that are reported after 40 updates."""
    with pytest.warns(UserWarning, match="at update 40: .* weights after 20 of"):
        model, recorder = break_at(39, nan_gradient)
    assert_same(model.state_dict(), recorder.weights[0])


def test_a_last_step_that_goes_too_far_is_taken_back() -> None:
    with pytest.warns(UserWarning, match="at update 60: .* weights after 40 of"):
        model, recorder = break_at(59, nan_gradient)
    assert_same(model.state_dict(), recorder.weights[1])


def test_without_good_weights_it_is_an_error() -> None:
    with pytest.raises(FloatingPointError, match="at update 20, before there were good weights"):
        break_at(20, nan_value)


def test_training_that_goes_well_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        break_at(60, nan_value)
