"""What the latents of each cell say of a frame, and the dictionary they choose from."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import torch

from dsrl.runs.games import agent_of
from dsrl.runs.rundir import RunDir, RunError
from perception.detection import LatentEyes
from perception.detection.dictionary import layers
from perception.models.sprites import CELL, HALVES, LAYERS, to_input
from perception.png import encode_png

LEAST = 0.02  # presence below which a cell is left out, and share below which a type is
MOST_TYPES = 4  # of a cell that are told, the likeliest


class Sight:
    """Trained eyes of latents, as JSON values."""

    def __init__(self, eyes: LatentEyes) -> None:
        self._eyes = eyes

    def about(self) -> dict[str, Any]:
        """The background and the sprites as PNG files in base64, the size of a cell in pixels, and
        the presence above which a cell is read."""
        eyes = self._eyes
        height, width = eyes.background.shape[:2]
        of_layer = layers(eyes.dictionary)
        sprites = []
        for sprite in range(len(eyes.dictionary)):
            patch = eyes.dictionary.patch(sprite)
            alpha = np.where(patch.alpha, 255, 0).astype(np.uint8)
            rows, columns = patch.alpha.shape
            sprites.append(
                {
                    "layer": int(of_layer[sprite]),
                    "height": rows,
                    "width": columns,
                    "png": _png(np.dstack([patch.rgb, alpha])),
                }
            )
        return {
            "cell": CELL,
            "halves": HALVES,
            "layers": LAYERS,
            "rows": -(-height // CELL),
            "columns": -(-width // CELL),
            "threshold": eyes.config.presence,
            "background": _png(eyes.background),
            "sprites": sprites,
        }

    def cells(self, frame: np.ndarray) -> list[Any]:
        """The cells of one uint8 (H, W, 3) frame of presence ``LEAST`` or more, the surest first.

        Each is [layer, row, column, presence, [[type, share], ...], [down, along], kind]: the
        offsets in half pixels within the cell, the kind that was read there or -1. Where something
        was, its type comes first and the offsets are its own (`perception.detection.settling`).
        """
        eyes = self._eyes
        if not len(eyes.dictionary):
            return []
        with torch.inference_mode():
            q = eyes.encoder(to_input(frame[None]))
        presence = torch.sigmoid(q.presence_BLMN[0]).numpy()
        types = q.type_BLKMN[0].softmax(dim=1).numpy()
        offsets = q.offset_BLAPMN[0].argmax(dim=2).numpy()
        of_layer = layers(eyes.dictionary)
        read = {
            (int(of_layer[d.look]), int(2 * d.y) // HALVES, int(2 * d.x) // HALVES): d
            for d in eyes(frame)
        }
        found = []
        there = np.argwhere(presence >= LEAST)
        surest = np.argsort(-q.presence_BLMN[0].numpy()[tuple(there.T)], kind="stable")
        for layer, row, column in there[surest].tolist():
            share = types[layer, :, row, column]
            ranked = [int(k) for k in np.argsort(-share)[:MOST_TYPES]]
            down, along = (int(x) for x in offsets[layer, :, row, column])
            first, kind = ranked[0], -1
            if (d := read.get((layer, row, column))) is not None:
                first, kind = d.look, d.kind
                down, along = int(2 * d.y) - HALVES * row, int(2 * d.x) - HALVES * column
            likely = [first, *(k for k in ranked if k != first and share[k] >= LEAST)]
            share_there = round(float(presence[layer, row, column]), 3)
            shares = [[k, round(float(share[k]), 3)] for k in likely]
            found.append([layer, row, column, share_there, shares, [down, along], kind])
        return found


def sight_of(run: RunDir) -> Sight | None:
    """The eyes of a run's newest checkpoint; None where there are none, or without latents."""
    try:
        eyes = agent_of(run).perception
    except RunError:
        return None
    return Sight(eyes) if isinstance(eyes, LatentEyes) else None


def _png(picture: np.ndarray) -> str:
    return base64.b64encode(encode_png(picture)).decode()
