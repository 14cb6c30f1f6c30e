import numpy as np
import pytest
from sprite_scene import play, textured_background

from perception.background import (
    all_alike,
    check_frame,
    check_frames,
    find_background,
    pack,
    unpack,
)


def test_finds_the_picture_behind_moving_things():
    scene = play(200, seed=0)
    np.testing.assert_array_equal(find_background(scene.frames), textured_background())


def test_a_place_of_rest_is_not_background():
    """A thing that stands at one place most of the time is still not what lies behind it."""
    frames = np.zeros((100, 32, 32, 3), np.uint8)
    frames[:70, 10:14, 10:14] = 200  # 70 % here, then elsewhere
    frames[70:, 20:24, 20:24] = 200
    assert not find_background(frames).any()


def test_what_never_moves_is_background():
    frames = np.zeros((50, 32, 32, 3), np.uint8)
    frames[:, 5:9, 5:9] = 120
    frames[::2, 20:24, 20:24] = 200
    np.testing.assert_array_equal(find_background(frames)[5:9, 5:9], 120)


def test_one_pixel_that_ever_changes_makes_a_difference():
    frames = np.repeat(textured_background()[None], 5, axis=0)
    assert all_alike(frames)
    frames[3, 7, 2, 1] ^= 1
    assert not all_alike(frames)


def test_packing_keeps_colours():
    colours = np.random.default_rng(0).integers(0, 256, size=(7, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(unpack(pack(colours)), colours)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (np.zeros((20, 30, 3), np.float32), "expected dtype uint8 .* got float32"),
        (np.zeros((20, 31, 3), np.uint8), r"expected shape \(20, 30, 3\) .* got \(20, 31, 3\)"),
        (np.zeros((20, 30), np.uint8), r"got \(20, 30\)"),
        ([[0]], "expected a numpy array, got list"),
    ],
)
def test_a_wrong_frame_is_named(frame, said):
    with pytest.raises(ValueError, match=said):
        check_frame(frame, (20, 30, 3))


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (np.zeros((5, 20, 30, 3)), "expected a numpy array of uint8 .* got float64"),
        (np.zeros((5, 20, 30), np.uint8), r"got \(5, 20, 30\)"),
        (np.zeros((1, 20, 30, 3), np.uint8), "at least 2 .* got 1"),
        (np.zeros((5, 8, 30, 3), np.uint8), "at least 16 x 16"),
    ],
)
def test_wrong_frames_are_named(frames, said):
    with pytest.raises(ValueError, match=said):
        check_frames(frames)
