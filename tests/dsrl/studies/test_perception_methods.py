"""The methods that are compared: each one trains, and each differs from the plain one as named."""

import math

import numpy as np
import pytest
import torch

from dsrl.studies.perception_methods import BEST, BETAS, CLASSIC, LATENTS, SETTINGS, settings
from perception.model import build_model
from perception.window_training import negative_elbo


@pytest.mark.parametrize("method", SETTINGS)
def test_a_method_differs_from_the_plain_one_in_what_it_names(method):
    plain, mine = settings("neuron", 1.0).to_json(), settings(method, 1.0).to_json()
    assert {k: v for k, v in mine.items() if v != plain[k]} == SETTINGS[method]


@pytest.mark.parametrize("method", SETTINGS)
def test_every_method_has_a_loss_whose_gradients_reach_all_weights(method):
    config = settings(method, 1.0)
    model = build_model(config, seed=0)
    x, behind = torch.rand((2, 4, 3, 20, 20), generator=torch.Generator().manual_seed(0))
    terms = negative_elbo(model, x, behind, torch.Generator().manual_seed(0), 1.0)
    terms.loss.backward()
    assert math.isfinite(terms.loss.item()) and terms.rate.item() > 0
    unused = {"logvar"} if method == "categorical" else set()
    for name, weight in model.named_parameters():
        if name.split(".")[0] not in unused:
            assert weight.grad is not None and np.isfinite(weight.grad.numpy()).all(), name


def test_no_two_methods_are_the_same():
    assert len({tuple(settings(m, 1.0).to_json().items()) for m in SETTINGS}) == len(SETTINGS)


def test_beta_is_the_one_that_is_asked_for():
    assert [settings("neuron", beta).beta for beta in BETAS] == list(BETAS)
    assert {1.0, 2.0, 4.0} < set(BETAS)  # the thesis's


def test_all_but_the_single_filter_have_as_many_filters():
    filters = {method: settings(method, 1.0).latents for method in SETTINGS}
    assert filters.pop("single_filter") == 1
    assert set(filters.values()) == {LATENTS}


@pytest.mark.parametrize("method", [BEST, CLASSIC, "nueron"])
def test_what_is_no_method_of_the_grid_is_refused_with_those_there_are(method):
    with pytest.raises(ValueError, match=f"unknown method '{method}': choose of single_filter, "):
        settings(method, 1.0)
