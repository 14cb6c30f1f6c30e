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
