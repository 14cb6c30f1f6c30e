"""Patches off the background."""

import numpy as np
import pytest

from perception.detection.config import LatentConfig
from perception.detection.drawing import patches_of


@pytest.mark.parametrize(("height", "width", "found"), [(3, 160, 1), (60, 60, 1), (80, 160, 0)])
def test_a_strip_is_a_patch_and_half_the_screen_is_none(
    height: int, width: int, found: int
) -> None:
    background = np.zeros((210, 160, 3), np.uint8)
    frame = background.copy()
    frame[20 : 20 + height, :width] = 99
    patches = patches_of(frame, background, LatentConfig())
    assert [patch.alpha.shape for *_, patch in patches] == [(height, width)] * found


@pytest.mark.parametrize(
    ("lefts", "widths"), [((40, 44), [6]), ((40, 44, 48), [2] * 3), ((40, 50), [2] * 2)]
)
def test_what_is_fast_is_shown_twice_and_is_one_patch(
    lefts: tuple[int, ...], widths: list[int]
) -> None:
    """Three in a row are three things, and so are two that are far apart."""
    background = np.zeros((60, 80, 3), np.uint8)
    frame = background.copy()
    for left in lefts:
        frame[20:24, left : left + 2] = 200
    patches = patches_of(frame, background, LatentConfig())
    assert [patch.alpha.shape[1] for *_, patch in patches] == widths
    assert sum(int(patch.alpha.sum()) for *_, patch in patches) == 8 * len(lefts)
