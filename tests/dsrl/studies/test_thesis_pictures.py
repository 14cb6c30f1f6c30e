import numpy as np
import pytest
import torch

from dsrl.studies.thesis_networks import Network
from dsrl.studies.thesis_pictures import curves, draw_all, sheet
from dsrl.studies.thesis_probes import Probed, maps
from perception.models.gaussian import build_gaussian
from perception.models.gaussian_config import GaussianConfig
from perception.png import decode_png

FRAMES = np.random.default_rng(0).integers(0, 256, (6, 26, 24, 3), np.uint8)
HISTORY = [{"updates": n, "loss": 90 - n, "bce": 80 - n, "kl": 10} for n in (10, 20)]


def network(**settings) -> Network:
    return Network(build_gaussian(GaussianConfig(beta=1.0, **settings), 0).eval(), HISTORY)


def probed(**settings) -> Probed:
    return Probed(network(**settings).model, FRAMES.shape[1:])


def test_no_noise_changes_nothing_and_noise_does():
    eyes, noise = probed(latents=3), torch.Generator().manual_seed(0)
    plain = eyes.reconstruct(FRAMES[0])
    assert plain.shape == FRAMES[0].shape and plain.dtype == np.uint8
    assert np.array_equal(eyes.noisy(FRAMES[0], 0.0, noise), plain)
    assert not np.array_equal(eyes.noisy(FRAMES[0], 9.0, noise), plain)


def test_a_chain_starts_at_the_frame():
    noise = torch.Generator().manual_seed(0)
    assert np.array_equal(probed().chain(FRAMES[0], 0, noise), FRAMES[0])
    assert not np.array_equal(probed().chain(FRAMES[0], 1, noise), FRAMES[0])


def test_of_more_draws_the_best_changes_no_more():
    eyes = probed(latents=2)
    one, ten = (eyes.prior(torch.Generator().manual_seed(0), tries) for tries in (1, 10))
    assert one.shape == (1, 2, 7, 6)
    assert eyes._change(ten) <= eyes._change(one)


def test_the_mean_activation_is_the_mean():
    eyes = probed(latents=2)
    each = np.stack([eyes.code(frame)[0].numpy() for frame in FRAMES])
    np.testing.assert_allclose(eyes.mean_activation(FRAMES), each.mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("filters", [1, 3, 8])
def test_maps_show_every_filter_from_black_to_white(filters):
    one = np.arange(20.0).reshape(4, 5)
    picture = maps(np.stack([one] * filters), 210, 160)
    assert picture.shape == (210, 160, 3)
    assert (picture == 255).any() and (picture == 0).any()


@pytest.mark.parametrize("settings", [{}, {"architecture": "sherburn", "colour": "luminance"}])
def test_a_sheet_has_a_row_for_each_beta(settings):
    one = sheet({"1": network(**settings)}, FRAMES)
    two = sheet({"1": network(**settings), "4": network(**settings)}, FRAMES)
    assert two.shape == (2 * one.shape[0], *one.shape[1:])
    assert np.array_equal(one[12:38, :24], FRAMES[3])


def test_curves_are_a_picture():
    assert decode_png(curves({("neuron", "1"): network(), ("neuron", "2"): network()})).any()


def test_without_a_study_it_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        draw_all(tmp_path, tmp_path / "out")
