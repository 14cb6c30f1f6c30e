"""Data of known factors: what users of disentanglement_lib expect of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from perception.factors import Blobs, ColouredDSprites, DSprites, FactorData

COLOURED, BLOBS = ColouredDSprites(), Blobs()


@pytest.fixture(scope="module")
def sprites() -> DSprites:
    return DSprites()


@pytest.fixture(params=["sprites", "coloured", "blobs"])
def data(request: pytest.FixtureRequest, sprites: DSprites) -> FactorData:
    return {"sprites": sprites, "coloured": COLOURED, "blobs": BLOBS}[request.param]


def test_images_have_the_shape_that_is_said(data: FactorData) -> None:
    factors, images = data.sample(64, np.random.default_rng(0))
    assert factors.shape == (64, data.num_factors)
    assert images.shape == (64, *data.observation_shape)
    assert images.dtype == np.uint8
    brightest = 64 if data is COLOURED else 251  # a colour may be dim
    assert all(image.max() >= brightest and image.min() == 0 for image in images)
    assert np.array_equal(images, data.sample_observations_from_factors(factors))


def test_factors_are_drawn_evenly_over_their_whole_range(data: FactorData) -> None:
    factors = data.sample_factors(20_000, np.random.default_rng(1))
    for column, size in zip(factors.T, data.factors_num_values, strict=True):
        shares = np.bincount(column, minlength=size) / len(column)
        assert len(shares) == size
        assert np.abs(shares * size - 1).max() < 0.3


def test_the_last_factor_runs_fastest(data: FactorData) -> None:
    numbers = np.array([0, 1, len(data) // 3, len(data) - 1])
    factors = data.factors_of(numbers)
    assert np.array_equal(factors[:2, -1], [0, 1])
    assert np.array_equal(factors[-1], np.array(data.factors_num_values) - 1)
    assert np.array_equal(np.ravel_multi_index(tuple(factors.T), data.factors_num_values), numbers)
    assert np.array_equal(data.images(numbers), data.render(factors))


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (np.zeros((2, 3), int), r"must be \(N, 2\), one column each for x, y; got shape \(2, 3\)"),
        (np.array([[0, 32]]), r"factor y must be within 0\.\.31, got 32\.\.32"),
        (np.array([[-1, 0]]), "factor x must be within"),
    ],
)
def test_factors_that_there_are_not(factors: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Blobs().sample_observations_from_factors(factors)


def test_a_blob_lies_where_its_factors_say() -> None:
    images = Blobs().sample_observations_from_factors(np.array([[0, 31], [31, 0], [16, 16]]))
    peaks = [np.unravel_index(image[..., 0].argmax(), (64, 64)) for image in images]
    assert peaks == [(51, 12), (12, 51), (32, 32)]


def test_there_are_as_many_sprites_as_published(sprites: DSprites) -> None:
    assert len(sprites) == 737_280
    assert sprites.factors_num_values == (3, 6, 40, 32, 32)


def published() -> tuple[np.ndarray, np.ndarray]:
    """Factors (162, 5) and images (162, 64, 64) of the published frames beside this file."""
    sheet = cv2.imread(str(Path(__file__).with_name("dsprites_frames.png")), cv2.IMREAD_GRAYSCALE)
    frames = sheet.reshape(9, 64, 18, 64).swapaxes(1, 2).reshape(162, 64, 64)
    factors = []
    for shape in range(3):
        factors += [(shape, scale, 0, 0, 0) for scale in range(6)]
        factors += [(shape, 5, turn, 0, 0) for turn in range(40)]
    down, across, up = [(0, y) for y in range(32)], [(x, 31) for x in range(32)], []
    up = [(31, y) for y in range(31, -1, -1)]
    back = [(x, 0) for x in range(31, -1, -1)]
    factors += [(2, 5, 39, *place) for place in (down + across + up + back)[: 5 * 24 : 5]]
    return np.array(factors), frames > 127


def test_sprites_are_those_published(sprites: DSprites) -> None:
    """By overlap, of what is white in either the share that is in both; 1 for the same pixels."""
    factors, frames = published()
    ours = sprites.sample_observations_from_factors(factors)[..., 0] > 0
    overlap = (ours & frames).sum(axis=(1, 2)) / (ours | frames).sum(axis=(1, 2))
    for shape in range(3):
        assert overlap[factors[:, 0] == shape].mean() > 0.99
    assert overlap[factors[:, 1] < 5].mean() > 0.99  # smaller ones
    assert overlap[factors[:, 3:].any(axis=1)].mean() > 0.99  # at other places
    assert overlap.min() > 0.95


@pytest.mark.parametrize(
    ("shape", "areas"),
    [
        (0, [100, 144, 196, 256, 324, 400]),
        (1, [76, 104, 144, 184, 228, 288]),
        (2, [58, 84, 108, 140, 182, 222]),
    ],
)
def test_areas_are_those_published(sprites: DSprites, shape: int, areas: list[int]) -> None:
    images = sprites.sample_observations_from_factors(
        np.array([[shape, scale, 0, 0, 0] for scale in range(6)])
    )
    assert (images > 0).sum(axis=(1, 2, 3)) == pytest.approx(areas, abs=4)
    assert (images[-1] > 0).sum() == areas[-1]


def test_sprites_are_black_and_white_and_never_cut_off(sprites: DSprites) -> None:
    corners = np.array([(s, 5, t, x, y) for s in range(3) for t in range(40)
                        for x in (0, 31) for y in (0, 31)])  # fmt: skip
    images = sprites.sample_observations_from_factors(corners)[..., 0]
    assert set(np.unique(images)) == {0, 255}
    assert not images[:, [0, -1]].any()
    assert not images[:, :, [0, -1]].any()
    areas = (images > 0).sum(axis=(1, 2)).reshape(3, 40, 4)
    assert (areas.max(axis=-1) == areas.min(axis=-1)).all()  # 32 pixels apart: the same pixels


def test_places_are_32_pixels_in_31_steps(sprites: DSprites) -> None:
    factors = np.array([[0, 5, 0, place, 31 - place] for place in range(32)])
    white = sprites.sample_observations_from_factors(factors)[..., 0] > 0
    weight = white / white.sum(axis=(1, 2), keepdims=True)
    x, y = weight.sum(axis=1) @ np.arange(64), weight.sum(axis=2) @ np.arange(64)
    expected = 15.5 + 32 / 31 * np.arange(32)
    assert x == pytest.approx(expected, abs=0.5)
    assert y == pytest.approx(expected[::-1], abs=0.5)
    assert x[[0, -1]] == pytest.approx([15.5, 47.5])


def test_the_heart_stands_upright_first_and_last(sprites: DSprites) -> None:
    first, last = sprites.sample_observations_from_factors(
        np.array([[2, 5, 0, 15, 15], [2, 5, 39, 15, 15]])
    )
    assert np.array_equal(first, last)
    heart = first[..., 0] > 0
    columns = np.flatnonzero(heart.any(axis=0))
    upright = heart[:, columns[0] : columns[-1] + 1]
    assert (upright == upright[:, ::-1]).mean() > 0.95
    rows = np.flatnonzero(heart.any(axis=1))
    assert heart[rows[2]].sum() > heart[rows[-3]].sum()  # its point is below


def test_colours_are_factors_of_their_own(sprites: DSprites) -> None:
    coloured = ColouredDSprites()
    factors, images = coloured.sample(50, np.random.default_rng(2))
    white = sprites.sample_observations_from_factors(factors[:, :5])[..., 0] > 0
    levels = np.rint(255 * np.linspace(0.25, 1, 8))
    for image, inside, tints in zip(images, white, factors[:, 5:], strict=True):
        assert np.array_equal(np.unique(image[inside], axis=0), [levels[tints]])
        assert not image[~inside].any()
    assert len(coloured) == 737_280 * 512


def test_nearly_all_sprites_look_different(sprites: DSprites) -> None:
    """All but the last orientation, and small squares that turn by two degrees."""
    factors = np.array([[*each, 15, 15] for each in np.ndindex(3, 6, 39)])
    images = sprites.sample_observations_from_factors(factors)
    distinct = {image.tobytes() for image in images}
    assert len(distinct) >= 0.95 * len(factors)


def test_what_is_drawn_says_of_which_version() -> None:
    assert DSprites().signature() == {"generator": "DSprites", "version": 2}
    assert COLOURED.signature() == {"generator": "ColouredDSprites", "version": 2}
    assert BLOBS.signature() == {"generator": "Blobs", "version": 1}
