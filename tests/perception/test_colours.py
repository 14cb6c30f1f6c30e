"""One channel alone: what it shows."""

import numpy as np
import pytest

from perception.colours import CHANNELS, only


@pytest.fixture
def frames() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(2, 5, 4, 3), dtype=np.uint8)


def test_all_channels_are_the_frames_themselves(frames):
    assert only("rgb", frames) is frames


@pytest.mark.parametrize("colour", CHANNELS)
def test_one_channel_is_kept_and_the_others_are_dark(frames, colour):
    before = frames.copy()
    seen = only(colour, frames)
    assert seen.dtype == np.uint8
    np.testing.assert_array_equal(seen.any(axis=(0, 1, 2)), np.eye(3, dtype=bool)[CHANNELS[colour]])
    np.testing.assert_array_equal(seen[..., CHANNELS[colour]], before[..., CHANNELS[colour]])
    np.testing.assert_array_equal(frames, before)


def test_the_channels_together_are_the_picture(frames):
    np.testing.assert_array_equal(sum(only(colour, frames) for colour in CHANNELS), frames)
    np.testing.assert_array_equal(only("red", frames[0]), only("red", frames)[0])
