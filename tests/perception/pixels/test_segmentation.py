"""What changed is found exactly, and segmentation finds exact boxes."""

import numpy as np
import pytest
from sprite_scene import BALL, PADDLE, draw, play

from perception.pixels.segmentation import (
    COLOURS,
    UNKNOWN,
    Pixels,
    changed_pixels,
    colour_code,
    connected,
    segment,
    summarise,
)


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("levels", [1, 255])
def test_one_level_of_one_channel_is_a_change(channel: int, levels: int):
    background = np.zeros((33, 46, 3), np.uint8)
    frame = background.copy()
    frame[32, 45, channel] = levels
    pixels = changed_pixels(frame, background)
    assert (pixels.y.tolist(), pixels.x.tolist()) == ([32], [45])
    np.testing.assert_array_equal(pixels.rgb, frame[32, 45][None])
    assert len(changed_pixels(background, background).y) == 0


def test_changed_pixels_are_those_that_differ():
    scene = play(20, seed=1)
    for frame in scene.frames:
        y, x = (frame != scene.background).any(axis=2).nonzero()
        pixels = changed_pixels(frame, scene.background)
        np.testing.assert_array_equal(pixels.y, y)
        np.testing.assert_array_equal(pixels.x, x)
        np.testing.assert_array_equal(pixels.rgb, frame[y, x])


def pixels_of(picture: np.ndarray) -> Pixels:
    y, x = picture.any(axis=2).nonzero()
    return Pixels(y, x, picture[y, x])


def groups_of(*colours: tuple[int, int, int]) -> np.ndarray:
    table = np.zeros(COLOURS, np.int16)
    for group, colour in enumerate(colours, start=1):
        table[colour_code(np.array([colour], np.uint8))] = group
    return table


def regions_of(picture: np.ndarray, table: np.ndarray):
    pixels = pixels_of(picture)
    return summarise(pixels, *segment(pixels, table))


def test_a_ball_touching_a_paddle_stays_two_regions_with_exact_boxes():
    picture = np.zeros((40, 40, 3), np.uint8)
    draw(picture, (10, 20), (12, 4), PADDLE)
    draw(picture, (14, 18), (4, 2), BALL)
    regions = regions_of(picture, groups_of(BALL, PADDLE))
    boxes = set(
        zip(
            *(e.tolist() for e in (regions.top, regions.left, regions.bottom, regions.right)),
            strict=True,
        )
    )
    assert boxes == {(10, 20, 22, 24), (14, 18, 18, 20)}
    assert sorted(regions.group.tolist()) == [1, 2]
    assert regions.area.sum() == 48 + 8


def test_a_ball_before_the_middle_of_a_paddle_leaves_one_paddle():
    picture = np.zeros((40, 40, 3), np.uint8)
    draw(picture, (10, 20), (12, 4), PADDLE)
    draw(picture, (14, 20), (2, 4), BALL)
    regions = regions_of(picture, groups_of(BALL, PADDLE))
    assert len(regions.top) == 2


def test_same_colours_apart_are_two_and_a_double_image_is_one():
    picture = np.zeros((40, 40, 3), np.uint8)
    draw(picture, (5, 5), (4, 2), BALL)
    draw(picture, (5, 9), (4, 2), BALL)  # two empty columns between
    draw(picture, (5, 20), (4, 2), BALL)
    regions = regions_of(picture, groups_of(BALL))
    assert sorted((regions.right - regions.left).tolist()) == [2, 6]


def test_a_colour_never_seen_goes_with_what_it_is_most_like_or_stands_alone():
    """A paddle's blend with the background, met while the ball is before it, stays the paddle's."""
    picture = np.zeros((40, 40, 3), np.uint8)
    draw(picture, (5, 5), (16, 4), (144, 186, 92))
    draw(picture, (12, 5), (2, 4), PADDLE)
    draw(picture, (14, 5), (4, 4), BALL)
    draw(picture, (30, 30), (3, 3), (200, 10, 10))
    regions = regions_of(picture, groups_of(BALL, PADDLE))
    assert sorted(zip(regions.group.tolist(), regions.area.tolist(), strict=True)) == [
        (UNKNOWN, 9),
        (1, 16),
        (2, 12),
        (2, 36),
    ]


def test_connected_counts_from_nought():
    labels, count = connected(np.array([0, 0, 10]), np.array([0, 1, 10]))
    assert count == 2
    assert labels[0] == labels[1] != labels[2]
    assert sorted(set(labels.tolist())) == [0, 1]
