"""Scoring of perception on toy worlds: perfect, blind and confused eyes."""

from itertools import islice

import numpy as np
import pytest

from agents.toy_pictures import COLOURS, SPRITE
from agents.toy_worlds import ToyState
from dsrl.studies.toy_perception import random_play, score, true_shapes
from perception import Detection

KINDS = {"agent": 0, "cross": 1, "circle": 2}


def observations() -> list[tuple[np.ndarray, ToyState]]:
    return list(islice(random_play("random", 0), 60))


def eyes_of(seen: list, kinds: dict[str, int], shift: float = 0.0):  # type: ignore[no-untyped-def]
    """Eyes that know the truth behind each frame, by the frame."""
    truth = {frame.tobytes(): state for frame, state in seen}

    def eyes(frame: np.ndarray) -> list[Detection]:
        shapes = true_shapes(truth[frame.tobytes()])
        return [
            Detection(kinds[s.name], s.y + shift, s.x, SPRITE, SPRITE, 1.0)
            for s in shapes
            if s.name in kinds
        ]

    return eyes


def test_perfect_eyes() -> None:
    seen = observations()
    assert score(eyes_of(seen, KINDS), seen) == (1.0, 1.0, 3)


def test_blind_and_shifted_eyes_find_nothing() -> None:
    seen = observations()
    assert score(lambda frame: [], seen) == (0.0, 0.0, 0)
    assert score(eyes_of(seen, KINDS, shift=5.0), seen) == (0.0, 0.0, 0)


def test_eyes_that_confuse_kinds_are_impure_and_missed_kinds_cost_recall() -> None:
    seen = observations()
    confused = score(eyes_of(seen, {"agent": 0, "cross": 1, "circle": 1}), seen)
    assert confused.f1 == 1.0 and 0.5 < confused.type_purity < 0.7 and confused.kinds == 2
    shown = sum(len(state.objects) + 1 for _, state in seen)
    found = score(eyes_of(seen, {"agent": 0}), seen)
    assert found.f1 == pytest.approx(2 * len(seen) / (shown + len(seen)))


def test_true_centres_are_where_the_colours_are() -> None:
    frame, state = observations()[0]
    for shape in true_shapes(state):
        rows, columns = np.nonzero((frame == COLOURS[shape.name]).all(axis=2))
        near = (abs(rows - shape.y) < 8) & (abs(columns - shape.x) < 8)
        assert near.sum() > 20
        assert abs(rows[near].mean() - shape.y) <= 1 and abs(columns[near].mean() - shape.x) <= 1
