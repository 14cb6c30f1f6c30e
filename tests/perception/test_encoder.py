"""The gathered encoding equals the whole network's, and segmentation finds exact boxes."""

import cv2
import numpy as np
import pytest
import torch
from sprite_scene import BALL, PADDLE, draw, play, textured_background

from perception import PerceptionConfig
from perception.encoder import Encoder, whole_frame_nats
from perception.model import build_model
from perception.segmentation import (
    COLOURS,
    UNKNOWN,
    Pixels,
    colour_code,
    connected,
    segment,
    summarise,
)


@pytest.fixture(
    scope="module",
    params=[{}, {"decoupling": "categorical"}, {"batch_norm": "both"}],
    ids=["gaussian", "categorical", "batch norm"],
)
def model(request):
    model = build_model(PerceptionConfig(beta=1.0, **request.param), seed=3).eval()
    with torch.no_grad():
        for name, value in model.named_buffers():  # what batch normalisation has seen
            if value.is_floating_point():
                value += 0.3 if name.endswith("mean") else 1.5
    return model


def assert_equal_where_needed(encoder, model, frame, background):
    glimpse = encoder(frame)
    near = cv2.dilate(glimpse.touched.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    whole = whole_frame_nats(model, frame, background).sum(axis=0)
    np.testing.assert_allclose(glimpse.objectness, np.where(near, whole, 0.0), atol=1e-3)


def test_gathered_encoding_equals_the_whole_network(model):
    scene = play(20, seed=1)
    encoder = Encoder(model, scene.background)
    for frame in scene.frames:
        assert_equal_where_needed(encoder, model, frame, scene.background)
        assert encoder(frame).touched.any()


def test_equal_too_where_everything_differs_and_sizes_are_no_multiple_of_a_cell(model):
    rng = np.random.default_rng(0)
    background = rng.integers(0, 256, size=(33, 46, 3), dtype=np.uint8)
    frame = rng.integers(0, 256, size=(33, 46, 3), dtype=np.uint8)
    encoder = Encoder(model, background)
    for picture in (frame, background, frame):
        assert_equal_where_needed(encoder, model, picture, background)


def test_an_unchanged_frame_touches_no_cell(model):
    background = textured_background()
    glimpse = Encoder(model, background)(background)
    assert not glimpse.touched.any()


def pixels_of(picture: np.ndarray) -> Pixels:
    y, x = picture.any(axis=2).nonzero()
    return Pixels(y, x, picture[y, x], np.full(len(y), 0.5))


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
    assert regions.nats.sum() == pytest.approx(0.5 * (48 + 8))


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
