"""The steps of thesis 4.1.1 against hand tables and closed forms."""

import numpy as np
import pytest

from perception.training.preprocessing import (
    crop,
    join_even_odd,
    luminance,
    preprocess,
    scale_by_area,
)


def picture(height: int = 210, width: int = 160) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_what_either_frame_shows_is_in_the_joined_one() -> None:
    even, odd = np.zeros((2, 4, 4, 3), np.uint8)
    even[0, 0], odd[3, 3] = (200, 10, 0), (0, 0, 90)
    even[1, 1], odd[1, 1] = (5, 7, 9), (7, 6, 9)
    joined = join_even_odd(even, odd)
    assert joined[0, 0].tolist() == [200, 10, 0]
    assert joined[3, 3].tolist() == [0, 0, 90]
    assert joined[1, 1].tolist() == [7, 7, 9]  # over each channel, not the brighter colour
    assert joined.sum() == 200 + 10 + 90 + 7 + 7 + 9


def test_frames_of_two_shapes_are_not_joined() -> None:
    with pytest.raises(ValueError, match=r"one shape, got \(2, 2, 3\), \(2, 3, 3\)"):
        join_even_odd(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8))


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((255, 0, 0), 54),  # 54.213
        ((0, 255, 0), 182),  # 182.376
        ((0, 0, 255), 18),  # 18.411
        ((255, 255, 255), 255),
        ((0, 0, 0), 0),
        ((92, 186, 92), 159),  # 19.559 + 133.027 + 6.642 = 159.229
        ((10, 20, 30), 19),  # 2.126 + 14.304 + 2.166 = 18.596: rounded, not cut
    ],
)
def test_luminance_by_hand(colour: tuple[int, int, int], expected: int) -> None:
    y = luminance(np.full((2, 3, 3), colour, np.uint8))
    assert y.dtype == np.uint8
    assert y.tolist() == [[expected] * 3] * 2


def test_luminance_keeps_every_grey() -> None:
    greys = np.arange(256, dtype=np.uint8)
    assert (luminance(np.repeat(greys[:, None], 3, axis=1)) == greys).all()


def test_luminance_needs_three_channels() -> None:
    with pytest.raises(ValueError, match=r"got shape \(4, 4\)"):
        luminance(np.zeros((4, 4), np.uint8))


def test_crop_is_the_upper_right_corner_unscaled() -> None:
    frame = picture()
    assert (crop(frame) == frame[0:84, 76:160]).all()
    assert crop(frame).shape == (84, 84, 3)
    with pytest.raises(ValueError, match=r"from a frame of \(83, 160\)"):
        crop(frame[:83])


def test_area_scaling_is_the_mean_over_areas() -> None:
    large = picture(168, 252)  # 2 x 3 pixels become one
    means = large.reshape(84, 2, 84, 3, 3).mean(axis=(1, 3))
    assert np.abs(scale_by_area(large) - means).max() <= 0.5 + 1e-6


def test_area_scaling_loses_no_brightness_of_a_native_frame() -> None:
    frame = np.zeros((210, 160), np.uint8)
    frame[100:104, 80:82] = 240  # a ball: nearest-neighbour scaling may lose it
    expected = 8 * 240 * (84 * 84) / (210 * 160)
    assert scale_by_area(frame).sum() == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(
    ("size", "shape"), [("native", (210, 160)), ("84-crop", (84, 84)), ("84-area", (84, 84))]
)
def test_all_sizes(size, shape: tuple[int, int], grey: bool) -> None:
    made = preprocess(picture(), size, grey)
    assert made.shape == (shape if grey else (*shape, 3))
    assert made.dtype == np.uint8


def test_luminance_comes_before_the_size() -> None:
    frame = picture()
    assert (preprocess(frame, "84-area", True) == scale_by_area(luminance(frame))).all()
    assert (preprocess(frame, "native", False) == frame).all()


def test_unknown_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="'84' is unknown"):
        preprocess(picture(), "84", False)  # type: ignore[arg-type]
