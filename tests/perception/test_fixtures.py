"""What stands still until something changes it is no background; what passes or rests is."""

import numpy as np
import pytest

from perception.background import find_background, pack
from perception.fixtures import LASTING, lasting_colours, reveal_fixtures

SHIELD, GROUND = (181, 83, 40), (80, 90, 20)
TOP, BOTTOM = 20, 28
COLUMNS = (6, 20, 34)


def scene(frames: int = 400) -> np.ndarray:
    """Three shields of 8 x 6 pixels on black, of which the first wears away, above a ground."""
    pictures = np.zeros((frames, 48, 48, 3), np.uint8)
    pictures[:, 40:] = GROUND
    for left in COLUMNS:
        pictures[:, TOP:BOTTOM, left : left + 6] = SHIELD
    pictures[frames // 2 :, TOP : TOP + 3, COLUMNS[0] + 2 : COLUMNS[0] + 4] = 0
    return pictures


def revealed(frames: np.ndarray) -> np.ndarray:
    return reveal_fixtures(frames, find_background(frames))


def test_the_worn_shield_is_taken_out_whole_and_those_like_it_too():
    expected = np.zeros((48, 48, 3), np.uint8)
    expected[40:] = GROUND
    np.testing.assert_array_equal(revealed(scene()), expected)


def test_where_nothing_wears_away_the_picture_stays():
    frames = scene()[:200]
    frames[::2, 2:4, 2:4] = 200  # something else flickers
    background = find_background(frames)
    np.testing.assert_array_equal(reveal_fixtures(frames, background), background)
    assert (background[TOP, COLUMNS[1]] == SHIELD).all()


def test_parts_of_its_colour_but_of_another_shape_stay():
    frames = scene()
    frames[:, 2:5, 2:46] = SHIELD  # a beam
    assert (revealed(frames)[2:5, 2:46] == SHIELD).all()


def test_scenery_with_a_hole_stays():
    frames = scene()
    frames[:, 30:] = GROUND  # more than a quarter of the picture
    frames[200:, 44:46, 10:14] = 0
    assert (revealed(frames)[34] == GROUND).all()


def test_what_comes_to_rest_beside_its_own_colour_does_not_take_it_out():
    """A paddle that rests for a while at a block of the same colour."""
    frames = np.zeros((600, 48, 48, 3), np.uint8)
    frames[:, 30:34, 40:48] = 200
    for t in range(600):
        left = 32 if t % 60 < LASTING // 2 else 10
        frames[t, 30:34, left : left + 8] = 200
    assert (revealed(frames)[30:34, 40:48] == 200).all()


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([(7, 200), (9, 200)], [7, 9]),
        ([(7, 200), (9, LASTING - 1), (7, 200)], [7]),
        ([(7, 100), (9, 1)] * 4, [7]),
        ([(7, 1), (9, 1)] * 100, []),
    ],
)
def test_colours_last_by_the_mean_of_their_runs(runs, expected):
    values = np.concatenate([np.full(length, colour) for colour, length in runs]).astype(np.uint32)
    assert lasting_colours(values) == expected


def test_a_colour_hardly_ever_shown_does_not_last():
    values = pack(np.zeros((10_000, 3), np.uint8))
    values[500 : 500 + LASTING + 5] = 9
    assert lasting_colours(values) == [0]
