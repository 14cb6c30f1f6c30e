"""Data of known factors: what users of disentanglement_lib expect of it."""

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


def test_sprites_are_black_and_white_and_never_cut_off(sprites: DSprites) -> None:
    corners = np.array([(s, 5, t, x, y) for s in range(3) for t in range(40)
                        for x in (0, 31) for y in (0, 31)])  # fmt: skip
    images = sprites.sample_observations_from_factors(corners)[..., 0]
    assert set(np.unique(images)) == {0, 255}
    middle = np.array([(s, 5, t, 15, 15) for s, _, t, _, _ in corners])
    whole = sprites.sample_observations_from_factors(middle)[..., 0]
    assert np.array_equal((images > 0).sum(axis=(1, 2)), (whole > 0).sum(axis=(1, 2)))


def test_a_place_moves_the_sprite_by_a_pixel(sprites: DSprites) -> None:
    start, right, down = sprites.sample_observations_from_factors(
        np.array([[2, 3, 7, 10, 20], [2, 3, 7, 11, 20], [2, 3, 7, 10, 21]])
    )
    assert np.array_equal(np.roll(start, 1, axis=1), right)
    assert np.array_equal(np.roll(start, 1, axis=0), down)


@pytest.mark.parametrize(("shape", "share"), [(0, 2 / np.pi), (1, 0.5), (2, None)])
def test_areas_grow_as_the_square_of_the_scale(
    sprites: DSprites, shape: int, share: float | None
) -> None:
    """A square in the unit circle covers 2 / pi of it, the ellipse a half."""
    factors = np.array([[shape, s, t, 16, 16] for s in range(6) for t in range(39)])
    images = sprites.sample_observations_from_factors(factors)
    areas = (images > 0).sum(axis=(1, 2, 3)).reshape(6, 39).mean(axis=1)
    scales = np.linspace(0.5, 1, 6)
    assert areas == pytest.approx(areas[-1] * scales**2, rel=0.02)
    if share is not None:
        assert areas[-1] == pytest.approx(share * np.pi * 16**2, rel=0.02)


def test_the_heart_stands_upright_first_and_last(sprites: DSprites) -> None:
    first, last = sprites.sample_observations_from_factors(
        np.array([[2, 5, 0, 15, 15], [2, 5, 39, 15, 15]])
    )
    assert np.array_equal(first, last)
    heart = first[..., 0] > 0
    assert np.array_equal(heart[15:48, 15:48], heart[15:48, 15:48][:, ::-1])  # upright
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
