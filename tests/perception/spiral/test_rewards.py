"""Rewards by hand."""

import numpy as np
import pytest

from perception.spiral.rewards import (
    BINS,
    at_the_end,
    by_step,
    l2_score,
    of_colours,
    of_lines,
    of_nothing,
)
from perception.spiral.stroke_programs import FLAG, JUMP, STROKE
from perception.spiral.strokes import StrokesCanvas


def grey(level: int, num: int = 1, channels: int = 1) -> np.ndarray:
    return np.full((num, 4, 4, channels), level, np.uint8)


def test_a_distance_is_euclids() -> None:
    assert l2_score(grey(255), grey(0)).tolist() == [-4]  # the root of 16 pixels
    assert l2_score(grey(51), grey(0))[0] == pytest.approx(-0.8)


def test_scores_come_at_the_end_or_by_step() -> None:
    assert at_the_end(np.array([2.0, -1.0]), 3).tolist() == [[0, 0, 2], [0, 0, -1]]
    assert by_step(np.array([[1.0, 4.0, 3.0]])).tolist() == [[3, -1]]


def test_lines_have_a_price_where_they_begin() -> None:
    programs = np.zeros((1, 6, 5), np.int64)
    programs[0, :, FLAG] = [STROKE, STROKE, JUMP, JUMP, STROKE, STROKE]
    begun = StrokesCanvas().begun(programs)
    assert of_lines(begun, 0.5).tolist() == [[-0.5, 0, 0, 0, -0.5, 0]]


def test_an_empty_canvas_has_a_price() -> None:
    two = np.concatenate([grey(0), grey(1)])
    assert of_nothing(two, 2, 3.0).tolist() == [[0, -3], [0, 0]]


def test_colours_are_as_far_apart_as_they_must_be_moved() -> None:
    black, white = grey(0, channels=3), grey(255, channels=3)
    whole = of_colours(black, white, 1, 1.0)[0, 0]
    assert whole == pytest.approx(-(BINS - 1) / BINS)
    half = white.copy()
    half[:, :2] = 0
    assert of_colours(half, white, 1, 1.0)[0, 0] == pytest.approx(whole / 2)
    assert of_colours(half[:, ::-1], half, 2, 1.0).tolist() == [[0, 0]]  # places do not matter
