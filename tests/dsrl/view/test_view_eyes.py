"""The cells as the page is told of them draw what the decoder draws."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from dsrl.view import eyes as module
from dsrl.view.eyes import Sight
from perception.detection import LatentConfig, LatentEyes, train_latents
from perception.models.sprites import Posterior

HEIGHT, WIDTH = 48, 64


def frames() -> np.ndarray:
    """(N, H, W, 3): a red and a blue thing that cross a dark field."""
    made = np.zeros((120, HEIGHT, WIDTH, 3), np.uint8)
    for step, frame in enumerate(made):
        y, x = abs(step * 3 % 80 - 40), abs(step * 2 % 100 - 50)
        frame[y : y + 4, 5:9] = (200, 40, 40)
        frame[20:28, x : x + 3] = (40, 60, 220)
    return made


@pytest.fixture(scope="module")
def eyes() -> LatentEyes:
    return train_latents(frames(), LatentConfig(updates=150, filters=12, grow_every=0), seed=0)


def opened(png: str) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(base64.b64decode(png))))


def test_cells_draw_what_the_decoder_draws(eyes: LatentEyes) -> None:
    sight = Sight(eyes)
    about = sight.about()
    assert np.array_equal(opened(about["background"]), eyes.background)
    sprites = [opened(sprite["png"]) for sprite in about["sprites"]]
    read = 0
    for frame in frames()[::10]:
        cells = sight.cells(frame)
        picture = opened(about["background"]).copy()
        for _, row, column, _, shares, (down, along), kind in reversed(cells):
            if kind < 0:
                continue
            read += 1
            sprite = sprites[shares[0][0]]
            height, width = sprite.shape[:2]
            top = (row * about["halves"] + down - height + 1) // 2  # as in eyes.js
            left = (column * about["halves"] + along - width + 1) // 2
            for y, x in np.argwhere(sprite[..., 3] > 0):
                if 0 <= top + y < HEIGHT and 0 <= left + x < WIDTH:
                    picture[top + y, left + x] = sprite[y, x, :3]
        assert np.array_equal(picture, eyes.reconstruct(frame))
        assert sum(cell[6] >= 0 for cell in cells) == len(eyes(frame))
    assert read > 10
    assert all(0.0 <= cell[3] <= 1.0 for cell in cells)


def test_a_cell_of_no_likely_type_tells_the_likeliest(
    eyes: LatentEyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = eyes.encoder

    def unsure(x: torch.Tensor) -> Posterior:
        q = encoder(x)
        return q._replace(type_BLKMN=torch.zeros_like(q.type_BLKMN))

    assert len(eyes.dictionary) > 1
    monkeypatch.setattr(eyes, "encoder", unsure)
    monkeypatch.setattr(module, "LEAST", 0.6)  # of presence alone: each type has an equal share
    cells = Sight(eyes).cells(frames()[0])
    assert cells
    assert all(len(cell[4]) == 1 for cell in cells)
