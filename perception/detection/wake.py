"""The ELBO of real frames as fine-tuning, by coordinates.

For each piece that is read, what the drawing loses in likelihood when that piece alone is left out
is computed exactly, all others standing as read. The expected likelihood is taken to be that, times
the chance of just this piece: another type or offset is taken for no better than none. It needs an
encoder that reads already: from the start it ends in seeing nothing.
"""

from collections.abc import Callable

import numpy as np
import torch

from perception.detection.config import LatentConfig
from perception.detection.dictionary import Dictionary, Piece, corner_of, paste
from perception.detection.drawing import Drawing
from perception.models.sprites import HALVES, Posterior, SpriteEncoder, rate, to_input

FRAMES = 4  # an update
MOST_NATS = 50.0  # that one piece is taken to be worth, either way
Progress = Callable[[int, int, str], None]


def fine_tune(
    encoder: SpriteEncoder,
    drawing: Drawing,
    frames: np.ndarray,
    config: LatentConfig,
    rng: np.random.Generator,
    say: Progress,
) -> None:
    """Raise the ELBO of (N, H, W, 3) uint8 frames; batch statistics stay as dreams made them."""
    optimiser = torch.optim.Adam(encoder.parameters(), lr=config.elbo_rate)
    encoder.eval()
    for update in range(config.elbo_updates):
        chosen = frames[rng.integers(len(frames), size=FRAMES)]
        q = encoder(to_input(chosen))
        gain = torch.zeros(())
        for n, frame in enumerate(chosen):
            for cell, worth in worths(q, n, frame, drawing, config):
                gain = gain + worth * chance_of_read(q, n, cell)
        loss = rate(q, config.occupied) - gain / FRAMES
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        say(update + 1, config.elbo_updates, f"fine-tuning by the ELBO, {loss.item():.1f} nats")


def chance_of_read(q: Posterior, n: int, at: tuple[int, ...]) -> torch.Tensor:
    """q of what is read in a layer and cell of frame n: presence, the likeliest type and offset."""
    layer, row, column = at
    kind = q.type_BLKMN[n, layer, :, row, column].softmax(dim=0).max()
    offset = q.offset_BLAPMN[n, layer, :, :, row, column].softmax(dim=1).amax(dim=1).prod()
    return torch.sigmoid(q.presence_BLMN[n][at]) * kind * offset


def worths(
    q: Posterior, n: int, frame: np.ndarray, drawing: Drawing, config: LatentConfig
) -> list[tuple[tuple[int, ...], float]]:
    """Of each layer and cell of frame n that is read: nats of likelihood its piece is worth."""
    limit = float(np.log(config.presence / (1 - config.presence)))
    cells = [tuple(c) for c in (q.presence_BLMN[n] > limit).nonzero().tolist()]
    cells.sort(key=lambda cell: q.presence_BLMN[n][cell].item())  # the surest in front
    pieces = [_piece(q, n, cell, drawing.dictionary) for cell in cells]
    picture, below = drawing.background.copy(), drawing.background.copy()
    owner = np.full(frame.shape[:2], -1, np.int32)
    for i, (sprite, top, left) in enumerate(pieces):
        before = picture.copy()
        paste(picture, owner, i, *drawing.dictionary.patch(sprite), top, left)
        below[owner == i] = before[owner == i]
    levels = (_error(below, frame) - _error(picture, frame))[owner >= 0]
    nats = np.bincount(owner[owner >= 0], levels, minlength=len(cells)) / (255.0 * config.scale)
    return list(zip(cells, np.clip(nats, -MOST_NATS, MOST_NATS).tolist(), strict=True))


def _piece(q: Posterior, n: int, at: tuple[int, ...], dictionary: Dictionary) -> Piece:
    layer, row, column = at
    sprite = int(q.type_BLKMN[n, layer, :, row, column].argmax())
    down, along = q.offset_BLAPMN[n, layer, :, :, row, column].argmax(dim=1).tolist()
    y, x = HALVES * row + down, HALVES * column + along
    return Piece(sprite, *corner_of(y, x, dictionary.patch(sprite).alpha.shape))


def _error(drawn: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """(H, W) levels of 255: -log p but for a factor and a constant (`laplace_nll`)."""
    return np.asarray(np.abs(drawn.astype(np.int16) - frame).sum(axis=2))
