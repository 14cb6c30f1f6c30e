"""What dreams are made of."""

import numpy as np
import pytest

from perception.detection.config import DreamConfig
from perception.detection.dictionary import Dictionary, Patch, Piece
from perception.detection.drawing import Drawing
from perception.detection.dreams import Dreamer, chances


def flat(colour: tuple[int, int, int]) -> tuple[Patch, ...]:
    rgb = np.full((4, 4, 3), colour, np.uint8)
    return (Patch(rgb, np.ones((4, 4), bool)),)


def test_every_family_is_dreamt_alike_and_within_one_by_the_root_of_its_use() -> None:
    yellow, white = (200, 200, 0), (255, 255, 255)
    dictionary = Dictionary((flat(yellow), flat(yellow), flat(white)))
    found = chances(dictionary, np.array([0.8, 0.2, 0.1]))
    assert found == pytest.approx([1 / 3, 1 / 6, 1 / 2], abs=2e-3)


def test_layers_of_a_family_are_dreamt_by_the_root_of_their_use_and_what_is_rare_less() -> None:
    yellow = flat((200, 200, 0))
    large = (Patch(np.full((8, 8, 3), 255, np.uint8), np.ones((8, 8), bool)),)
    dictionary = Dictionary((large, large, flat((255, 255, 255)), yellow))
    found = chances(dictionary, np.array([1.0, 1.0, 2.0, 0.1]))
    assert found == pytest.approx([1 / 8, 1 / 8, 1 / 4, 1 / 2], abs=2e-3)
    found = chances(dictionary, np.array([1.0, 1.0, 0.02, 0.1]))
    assert found == pytest.approx([5 / 22, 5 / 22, 1 / 22, 1 / 2], abs=5e-3)
    found = chances(dictionary, np.array([1.0, 1.0, 2.0, 0.0]))
    assert 0.05 < found[3] < 0.2


def test_no_sprites_no_chances() -> None:
    assert chances(Dictionary(()), np.zeros(0, int)).shape == (0,)


def test_a_stranger_is_seen_and_not_told_and_hides_what_is_behind_it() -> None:
    background = np.zeros((32, 32, 3), np.uint8)
    drawing = Drawing(
        background, Dictionary((flat((255, 255, 255)),)), [], frozenset(), 1.0, frozenset()
    )
    none = dict.fromkeys(("fewest_more", "most_more", "noise", "brightness"), 0)
    rng = np.random.default_rng(0)
    strange = Dreamer(drawing, DreamConfig(**none, most_strangers=3))
    dreams = [strange(rng) for _ in range(20)]
    assert sum(bool(dream.picture.any()) for dream in dreams) > 10
    assert not any(dream.presence.any() for dream in dreams)
    plain = Dreamer(drawing, DreamConfig(**none, most_strangers=0))
    assert not plain(rng).picture.any()

    over = Drawing(
        background, drawing.dictionary, [[Piece(0, 8, 8)]], frozenset(), 1.0, frozenset()
    )
    still = DreamConfig(**none, most_strangers=200, dropped=0, moved=0, cut=0, tinted=0)
    hidden = [not Dreamer(over, still)(rng).presence.any() for _ in range(20)]
    assert any(hidden)


@pytest.mark.parametrize("name", ["noise", "brightness", "tint", "seen", "cut"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1])
def test_dreams_of_no_number_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"dreams.{name} must be"):
        DreamConfig(**{name: value})
