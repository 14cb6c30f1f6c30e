"""What a drawing explains, by frames whose pixels are counted by hand."""

import numpy as np
import pytest
import torch

from dsrl.studies.explained_study import NEAR, explained
from perception.detection import LatentConfig, LatentEyes
from perception.detection.dictionary import Dictionary, Patch, layers
from perception.detection.drawing import Drawing
from perception.models.sprites import LAYERS, OFFSETS, build_encoder


class Told(LatentEyes):
    """Eyes that draw what they are told."""

    picture: np.ndarray

    def reconstruct(self, frame: np.ndarray) -> np.ndarray:
        return self.picture


@pytest.fixture
def eyes() -> Told:
    white = Patch(np.full((4, 4, 3), 200, np.uint8), np.ones((4, 4), bool))
    background = np.zeros((32, 32, 3), np.uint8)
    dictionary = Dictionary(((white,),))
    drawing = Drawing(background, dictionary, [], frozenset(), 1.0, frozenset())
    prior = torch.zeros(LAYERS + 1 + OFFSETS, 8, 8)
    return Told(LatentConfig(), build_encoder(layers(dictionary), 6, 0, prior), drawing)


def test_what_stands_still_does_not_count_and_half_a_drawing_is_half(eyes: Told) -> None:
    frames = np.zeros((2 * NEAR + 1, 32, 32, 3), np.uint8)
    frames[:, :4, :4] = 90  # stands
    frames[NEAR, 10:14, 10:14] = 200  # comes and goes
    eyes.picture = np.zeros((32, 32, 3), np.uint8)
    eyes.picture[10:12, 10:14] = 200
    eyes.picture[20:22, 20:22] = 200
    found = explained(eyes, frames)
    assert (found.moving, found.right, found.on_nothing) == (16, 8, 4)


def test_a_frame_in_which_the_whole_picture_moves_is_counted_apart(eyes: Told) -> None:
    frames = np.zeros((2 * NEAR + 2, 32, 32, 3), np.uint8)
    frames[NEAR, 10:14, 10:14] = 200
    frames[NEAR + 1] = 255
    eyes.picture = np.zeros((32, 32, 3), np.uint8)
    found = explained(eyes, frames)
    assert (found.moving, found.right, found.flashes) == (16, 0, 1)
