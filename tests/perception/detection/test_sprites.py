"""The loss terms of the sprites' latents, by hand tables and closed forms."""

import math

import numpy as np
import pytest
import torch

from perception.models.sprites import (
    HALVES,
    LAYERS,
    NEVER,
    OFFSETS,
    Posterior,
    Scene,
    build_encoder,
    laplace_nll,
    latent_of,
    layer_of,
    place_prior,
    rate,
    scene_nll,
    split,
)

SPRITES = 3
CHOICES = 2 * HALVES  # logits of one layer's offsets
LAYER = np.array([0, 1, 0])
NO_PRIOR = torch.zeros(LAYERS + SPRITES + OFFSETS, 4, 6)


def posterior(presence: float, kind: list[float], offset: list[float]) -> Posterior:
    """One frame of one layer and cell."""
    return Posterior(
        torch.tensor([[[[presence]]]]),
        torch.tensor(kind).view(1, 1, -1, 1, 1),
        torch.tensor(offset).view(1, 1, 2, HALVES, 1, 1),
    )


def scene(presence: bool, kind: int = 0, offset: tuple[int, int] = (0, 0)) -> Scene:
    """Likewise."""
    there, which = (torch.tensor([[[[value]]]]) for value in (presence, kind))
    return Scene(there, which, torch.tensor(offset).view(1, 1, 2, 1, 1))


def test_nothing_is_told_of_type_and_place_where_nothing_is() -> None:
    q = posterior(0.0, [5.0, 0.0, 0.0], [0.0] * CHOICES)
    assert scene_nll(q, scene(False, 2, (3, 7))).item() == pytest.approx(math.log(2))


def test_the_price_of_a_scene_is_that_of_its_three_parts() -> None:
    q = posterior(0.0, [0.0, 0.0, 0.0], [0.0] * CHOICES)
    expected = math.log(2) + math.log(SPRITES) + 2 * math.log(HALVES)
    assert scene_nll(q, scene(True, 1, (0, 3))).item() == pytest.approx(expected)


def test_the_prior_itself_costs_nothing() -> None:
    occupied = 0.01
    q = posterior(math.log(occupied / (1 - occupied)), [0.0] * SPRITES, [0.0] * CHOICES)
    assert rate(q, occupied).item() == pytest.approx(0.0, abs=1e-6)


def test_a_sure_object_costs_its_presence_type_and_offset() -> None:
    occupied = 0.01
    sure = ([60.0] + [0.0] * (HALVES - 1)) * 2
    q = posterior(60.0, [60.0, 0.0, 0.0], sure)
    expected = -math.log(occupied) + math.log(SPRITES) + 2 * math.log(HALVES)
    assert rate(q, occupied).item() == pytest.approx(expected, rel=1e-5)


def test_rate_is_the_divergence_summed_over_all_values_of_the_latent() -> None:
    """Against the categorical with 1 + K * 8 * 8 values written out."""
    occupied = 0.05
    torch.manual_seed(0)
    kind, offset = torch.randn(SPRITES), torch.randn(CHOICES)
    q = posterior(0.7, kind.tolist(), offset.tolist())
    there = torch.sigmoid(torch.tensor(0.7))
    down, along = offset.view(2, HALVES).softmax(dim=1)
    full = there * kind.softmax(0)[:, None, None] * down[:, None] * along
    prior = occupied / (SPRITES * HALVES * HALVES)
    empty = (1 - there) * torch.log((1 - there) / (1 - occupied))
    expected = (full * torch.log(full / prior)).sum() + empty
    assert rate(q, occupied).item() == pytest.approx(expected.item(), rel=1e-5)


def test_laplace_nll_is_torchs_own() -> None:
    torch.manual_seed(0)
    drawn, frame = torch.rand(2, 3, 4, 3), torch.rand(2, 3, 4, 3)
    expected = -torch.distributions.Laplace(drawn, 0.1).log_prob(frame).sum() / 2
    assert laplace_nll(drawn, frame, 0.1).item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_layers_types_are_its_own() -> None:
    """Where each is equally likely among those that may be, telling nothing costs nothing."""
    occupied = 0.01
    elsewhere = torch.tensor([[0.0, NEVER, 0.0], [NEVER, 0.0, NEVER]])
    empty = math.log(occupied / (1 - occupied))
    logits = torch.cat([torch.full((LAYERS,), empty), torch.zeros(SPRITES + OFFSETS)])
    q = split(logits.view(1, -1, 1, 1), elsewhere)
    assert rate(q, occupied).item() == pytest.approx(0.0, abs=1e-5)
    there = Scene(
        torch.ones(1, LAYERS, 1, 1, dtype=torch.bool),
        torch.tensor([2, 1]).view(1, LAYERS, 1, 1),
        torch.zeros(1, LAYERS, 2, 1, 1, dtype=torch.int64),
    )
    expected = -2 * math.log(occupied) + math.log(2) + math.log(1) + 4 * math.log(HALVES)
    assert scene_nll(q, there).item() == pytest.approx(expected, rel=1e-4)


def test_what_is_no_larger_than_a_cell_lies_in_the_layer_of_the_small() -> None:
    assert layer_of(np.array([1, 16, 17])).tolist() == [1, 1, 0]


def test_a_place_tells_what_stood_there_within_its_layer() -> None:
    presence = torch.tensor([[[90.0, 0.0]], [[0.0, 0.0]]])
    kind = torch.tensor([[90.0, 0.0], [0.0, 0.0], [0.0, 0.0]]).view(SPRITES, 1, 2)
    offset = torch.zeros(LAYERS, 2, HALVES, 1, 2)
    prior = place_prior(presence, kind, offset, LAYER, 100)
    assert (prior[:, 0, 1] == 0).all()  # nothing was there
    told = prior[:, 0, 0]
    assert told[0] > 0 and told[1] == 0
    of_types = told[LAYERS : LAYERS + SPRITES].exp()
    assert of_types[1] == 1  # it is alone in its layer
    assert of_types[0] + of_types[2] == pytest.approx(2)
    assert (told[LAYERS + SPRITES :] == 0).all()


def test_an_encoder_says_one_thing_a_layer_and_cell_and_leaves_torchs_generator_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    q = build_encoder(LAYER, 6, 0, NO_PRIOR)(torch.zeros(2, 3, 16, 24))
    assert torch.equal(torch.rand(1), expected)
    assert q.presence_BLMN.shape == (2, LAYERS, 4, 6)
    assert q.type_BLKMN.shape == (2, LAYERS, SPRITES, 4, 6)
    assert q.offset_BLAPMN.shape == (2, LAYERS, 2, HALVES, 4, 6)
    assert (q.type_BLKMN[:, 0, 1] < NEVER / 2).all() and (q.type_BLKMN[:, 1, 1] > NEVER / 2).all()


def test_a_centre_is_a_cell_and_offsets_of_half_pixels() -> None:
    assert latent_of(17, 8) == ((2, 1), (1, 0))
