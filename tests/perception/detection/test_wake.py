"""What a piece that is read is worth in nats, by hand."""

import numpy as np
import pytest
import torch

from perception.detection.config import LatentConfig
from perception.detection.dictionary import Dictionary, Patch, centre_of
from perception.detection.drawing import Drawing
from perception.detection.wake import MOST_NATS, worths
from perception.models.sprites import HALVES, Posterior, latent_of

SIZE = 32


@pytest.mark.parametrize(("top", "worth"), [(8, MOST_NATS), (20, -MOST_NATS)])
def test_a_piece_is_worth_what_the_drawing_loses_without_it(top: int, worth: float) -> None:
    """Read where it is, and where nothing is."""
    white = Patch(np.full((4, 4, 3), 200, np.uint8), np.ones((4, 4), bool))
    background = np.zeros((SIZE, SIZE, 3), np.uint8)
    drawing = Drawing(background, Dictionary(((white,),)), [], frozenset(), 1.0, frozenset())
    frame = background.copy()
    frame[8:12, 8:12] = 200
    cell, (down, along) = latent_of(*centre_of(top, 8, (4, 4)))
    cells = SIZE // 4, SIZE // 4
    q = Posterior(
        torch.full((1, 1, *cells), -9.0),
        torch.zeros(1, 1, 1, *cells),
        torch.zeros(1, 1, 2, HALVES, *cells),
    )
    q.presence_BLMN[0, 0][cell] = 5.0
    q.offset_BLAPMN[0, 0, 0, down][cell] = 9.0
    q.offset_BLAPMN[0, 0, 1, along][cell] = 9.0
    assert worths(q, 0, frame, drawing, LatentConfig()) == [((0, *cell), worth)]
