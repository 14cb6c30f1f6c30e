"""Ways of looking into the latents, on small networks of which the answer is known."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from dsrl.studies.latent_pictures import cut_around, grey, write_all
from dsrl.studies.latent_probes import (
    Element,
    best_prior_sample,
    chain,
    code,
    decode,
    encode,
    mean_activation,
    prior_draws,
    telling_elements,
    traversal,
    with_noise,
)
from perception import Perception, PerceptionConfig
from perception.kinds import Kinds
from perception.losses import OCCUPIED
from perception.model import build_model

HEIGHT, WIDTH = 46, 48  # no whole number of cells high
ROWS, COLUMNS = 12, 12
FILES = [
    "latents-reconstructions.png", "latents-filters.png", "latents-filters-mean.png",
    "latents-prior.png", "latents-mcmc-from-prior.png", "latents-mcmc-from-frame.png",
    "latents-traversal.png", "latents-noise.png",
]  # fmt: skip


def untrained(**settings) -> Perception:
    config = PerceptionConfig(beta=1.0, hidden_filters=6, **({"latents": 2} | settings))
    background = np.full((HEIGHT, WIDTH, 3), (60, 120, 180), np.uint8)
    kinds = Kinds((HEIGHT, WIDTH), config.max_kinds)
    return Perception(config, build_model(config, seed=3), background, kinds)


@pytest.fixture
def perception() -> Perception:
    return untrained()


@pytest.fixture
def frames(perception) -> np.ndarray:
    """70 frames, more than two batches: a white block on its way to the right."""
    frames = np.repeat(perception.background[None], 70, axis=0)
    for i, frame in enumerate(frames):
        frame[20:26, i // 2 : i // 2 + 6] = 255
    return frames


@torch.no_grad()
def scale(parameter: torch.Tensor, factor: float) -> None:
    parameter *= factor


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(4)


def test_decoding_the_code_is_the_perceptions_reconstruction(perception, frames):
    again = decode(perception, code(perception, frames[:3]))
    for frame, picture in zip(frames, again, strict=False):
        np.testing.assert_array_equal(picture, perception.reconstruct(frame))


def test_a_network_that_draws_nothing_leaves_the_background(perception):
    scale(perception.model.decode_2.weight, 0.0)
    (picture,) = decode(perception, torch.randn(1, 2, ROWS, COLUMNS))
    np.testing.assert_array_equal(picture, perception.background)


def test_the_mean_in_batches_is_the_mean_of_all(perception, frames):
    whole = encode(perception, frames)[0].double().mean(dim=0)
    np.testing.assert_allclose(mean_activation(perception, frames), whole.numpy(), atol=1e-6)


def test_a_traversal_changes_what_the_element_reaches_and_nothing_else(perception, frames):
    scale(perception.model.decode_2.weight, 20.0)
    element = Element(1, 3, 8)
    own = float(code(perception, frames[:1])[0][element])
    low, same, high = traversal(perception, frames[0], element, [-3.0, own, 3.0])
    np.testing.assert_array_equal(same, perception.reconstruct(frames[0]))
    changed = (low != high).any(axis=2)
    rows, columns = changed.nonzero()
    assert changed[12:16, 32:36].any()
    reach = 2  # cells: two layers of 3 x 3
    assert 4 * (3 - reach) <= rows.min() and rows.max() < 4 * (3 + reach + 1)
    assert 4 * (8 - reach) <= columns.min() and columns.max() < 4 * (8 + reach + 1)


@pytest.mark.parametrize("element", [Element(2, 0, 0), Element(0, ROWS, 0), Element(0, 0, -1)])
def test_an_element_that_is_not_there_is_refused(perception, frames, element):
    with pytest.raises(ValueError, match=r"no latent .* are \(2, 12, 12\)"):
        traversal(perception, frames[0], element, [0.0])


def test_noise_on_a_filter_the_decoder_ignores_changes_nothing(perception, frames):
    scale(perception.model.decode_1.weight[:, 0], 0.0)
    plain = perception.reconstruct(frames[0])
    deaf = with_noise(perception, frames[0], 0, 3.0, generator())
    none = with_noise(perception, frames[0], 1, 0.0, generator())
    noisy = with_noise(perception, frames[0], 1, 3.0, generator())
    np.testing.assert_array_equal(deaf, plain)
    np.testing.assert_array_equal(none, plain)
    assert (noisy != plain).any()


def test_the_best_sample_is_the_one_nearest_to_its_reconstruction(perception):
    scale(perception.model.decode_2.weight, 20.0)
    best = best_prior_sample(perception, generator())
    errors = []
    for z in prior_draws(perception, 10, generator()):
        (picture,) = decode(perception, z[None])
        again = perception.reconstruct(picture)
        errors.append((((picture.astype(float) - again) / 255) ** 2).mean())
    assert best.error == pytest.approx(min(errors), rel=1e-3)
    assert max(errors) > 1.001 * min(errors)
    np.testing.assert_array_equal(best.again, perception.reconstruct(best.picture))


def test_the_prior_is_standard_normal(perception):
    drawn = prior_draws(perception, 200, generator())
    assert drawn.shape == (200, 2, ROWS, COLUMNS)
    assert abs(float(drawn.mean())) < 0.02
    assert float(drawn.std()) == pytest.approx(1.0, abs=0.02)


def test_the_prior_of_types_is_mostly_empty():
    drawn = prior_draws(untrained(decoupling="categorical"), 200, generator())
    occupied = (drawn.sum(dim=1) > 0.5).double().mean()
    assert float(occupied) == pytest.approx(OCCUPIED, rel=0.2)


def test_a_chain_is_encoding_and_decoding_in_turn(perception):
    """With hardly any posterior variance a step is one reconstruction."""
    scale(perception.model.decode_2.weight, 20.0)
    scale(perception.model.logvar.weight, 0.0)
    with torch.no_grad():
        perception.model.logvar.bias.fill_(-60.0)
    start = prior_draws(perception, 1, generator())
    pictures = chain(perception, start, 3, generator())
    assert len(pictures) == 4
    np.testing.assert_array_equal(pictures[0], decode(perception, start)[0])
    for before, after in itertools.pairwise(pictures):
        np.testing.assert_allclose(after, perception.reconstruct(before).astype(int), atol=1)
    assert (pictures[0] != pictures[1]).any()


def test_the_telling_elements_lie_where_something_is(perception):
    """All elements of the one cell on which most nats are spent."""
    frame = perception.background.copy()
    frame[20:24, 28:32] = 255
    scale(perception.model.mu.weight, 30.0)
    elements = telling_elements(perception, frame)
    assert [e.filter for e in elements] == [0, 1]
    assert len({e[1:] for e in elements}) == 1
    assert abs(elements[0].row - 5) <= 1 and abs(elements[0].column - 7) <= 1


def test_grey_is_symmetric_about_nought():
    table = grey(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), 2.0)
    np.testing.assert_array_equal(table, [1, 64, 128, 192, 255])
    np.testing.assert_array_equal(grey(np.zeros(3), 0.0), [128] * 3)


@pytest.mark.parametrize("row", [0, 5, ROWS - 1])
def test_the_cut_has_its_cell_in_the_middle(perception, row):
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[4 * row : 4 * row + 4, 8:12] = 255
    cut = cut_around(picture, Element(0, row, 2))
    assert cut.shape == (7 * 4 * 5, 7 * 4 * 5, 3)
    lit = cut[..., 0].nonzero()
    assert (lit[0].min(), lit[1].min(), lit[1].max()) == (3 * 4 * 5, 3 * 4 * 5, 4 * 4 * 5 - 1)


def test_write_all_leaves_readable_pictures_and_nothing_else(perception, frames, tmp_path):
    out = tmp_path / "new"
    files = write_all(perception, frames[:5], out)
    assert files == [out / name for name in FILES]
    assert sorted(out.iterdir()) == sorted(files)
    pictures = {file.name: cv2.imread(str(file)) for file in files}
    assert all(picture.std() > 0 for picture in pictures.values())
    again = write_all(perception, frames[:5], tmp_path / "again")
    assert [a.read_bytes() for a in again] == [f.read_bytes() for f in files]


def test_frames_of_another_size_are_refused_before_anything_is_written(
    perception, frames, tmp_path
):
    out: Path = tmp_path / "new"
    with pytest.raises(ValueError, match=r"expected shape \(N, 46, 48, 3\)"):
        write_all(perception, frames[:, :40], out)
    assert not out.exists()
