"""One channel alone: what it shows, and what eyes of one colour cannot see."""

import numpy as np
import pytest

from perception import Perception, PerceptionConfig
from perception.colours import CHANNELS, only
from perception.kinds import Kinds
from perception.model import build_model


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


@pytest.mark.parametrize("colour", CHANNELS)
def test_eyes_of_one_colour_see_that_colour_alone(colour):
    """Untrained eyes call every changed cell active, so what they miss is what they cannot see."""
    config = PerceptionConfig(beta=1.0, colour=colour)
    black = np.zeros((40, 40, 3), np.uint8)
    eyes = Perception(config, build_model(config, seed=0), black, Kinds((40, 40), 32))
    for channel in range(3):
        frame = black.copy()
        frame[8:12, 20:24, channel] = 255
        found = [(d.y, d.x, d.height, d.width) for d in eyes(frame)]
        assert found == ([(9.5, 21.5, 4, 4)] if channel == CHANNELS[colour] else [])
