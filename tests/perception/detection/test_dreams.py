"""What dreams are made of."""

import numpy as np
import pytest

from perception.detection.dictionary import Dictionary, Patch
from perception.detection.dreams import chances


def flat(colour: tuple[int, int, int]) -> tuple[Patch, ...]:
    rgb = np.full((4, 4, 3), colour, np.uint8)
    return (Patch(rgb, np.ones((4, 4), bool)),)


def test_every_family_is_dreamt_alike_and_within_one_by_the_root_of_its_use() -> None:
    yellow, white = (200, 200, 0), (255, 255, 255)
    dictionary = Dictionary((flat(yellow), flat(yellow), flat(white)))
    assert chances(dictionary, np.array([99, 24, 0])) == pytest.approx([1 / 3, 1 / 6, 1 / 2])


def test_no_sprites_no_chances() -> None:
    assert chances(Dictionary(()), np.zeros(0, int)).shape == (0,)
