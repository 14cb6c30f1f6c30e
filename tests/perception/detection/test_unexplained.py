"""What play shows and the drawing does not explain, by hand."""

import numpy as np
import pytest

from perception.detection.config import LatentConfig
from perception.detection.unexplained import Unexplained

CONFIG = LatentConfig(grow_every=2, grow_after=6, repeats=3)
BACKGROUND = np.zeros((32, 32, 3), np.uint8)


def frame(rows: int) -> np.ndarray:
    shown = BACKGROUND.copy()
    shown[8 : 8 + rows, 10:14] = 200
    return shown


def test_what_stands_is_new_too_and_counts_at_each_look() -> None:
    it = Unexplained(CONFIG)
    looks = [it.look(frame(10), BACKGROUND, BACKGROUND, []) for _ in range(6)]
    assert looks == [False] * 5 + [True]
    assert len(it.often) == 1


@pytest.mark.parametrize(("rows", "explained"), [(10, True), (9, True), (8, False)])
def test_nine_tenths_drawn_as_they_are_explain_a_patch(rows: int, explained: bool) -> None:
    it = Unexplained(CONFIG)
    it.look(frame(10), BACKGROUND, frame(rows), [])
    assert (not it.met) == explained


def test_every_so_many_steps_a_frame_is_looked_at() -> None:
    it = Unexplained(CONFIG)
    assert [it.due() for _ in range(4)] == [False, True, False, True]


def test_it_goes_on_from_its_state() -> None:
    it = Unexplained(CONFIG)
    for rows in (10, 10, 6):
        it.look(frame(rows), BACKGROUND, BACKGROUND, [])
    other = Unexplained.from_state(CONFIG, it.get_state())
    assert other.met == it.met
    assert [other.look(frame(10), BACKGROUND, BACKGROUND, []) for _ in range(4)] == [
        it.look(frame(10), BACKGROUND, BACKGROUND, []) for _ in range(4)
    ]
