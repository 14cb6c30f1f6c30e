"""Where the encoder is unsure of a type or an offset, the frame decides among what it proposes.

A step of semi-amortised inference (Kim et al. 2018, *Semi-Amortized Variational Autoencoders*): of
the types and offsets that q thinks possible in a cell, those are taken at which log q and the
log-likelihood of the frame, drawn with them, are greatest together. Whether there is something,
and in which cell, is the encoder's alone. Shapes: n things read, S sprites, P half pixels in a
cell.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from perception.detection.dictionary import Dictionary

NOBODY = -1


class Stencils(NamedTuple):
    """All sprites, in boxes as large as the largest: ``rgb`` (S, h, w, 3) uint8, ``alpha``
    (S, h, w), ``sizes`` (S, 2) of each."""

    rgb: np.ndarray
    alpha: np.ndarray
    sizes: np.ndarray


def stencils(dictionary: Dictionary) -> Stencils:
    """Those of a dictionary."""
    patches = [dictionary.patch(k) for k in range(len(dictionary))]
    sizes = np.array([each.alpha.shape for each in patches], np.int64).reshape(-1, 2)
    high, wide = sizes.max(axis=0, initial=1)
    found = Stencils(
        np.zeros((len(patches), high, wide, 3), np.uint8),
        np.zeros((len(patches), high, wide), np.bool_),
        sizes,
    )
    for k, (rgb, alpha) in enumerate(patches):
        h, w = alpha.shape
        found.rgb[k, :h, :w], found.alpha[k, :h, :w] = rgb, alpha
    return found


def log_shares(logits: np.ndarray) -> np.ndarray:
    """Log softmax along the last axis."""
    logits = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))


@njit(cache=True)
def settle(
    frame: np.ndarray,
    background: np.ndarray,
    sprites: np.ndarray,
    middle: np.ndarray,
    cells: np.ndarray,
    types: np.ndarray,
    axes: np.ndarray,
    least: float,
    nats: float,
    kept: np.ndarray,
    stencil: Stencils,
) -> None:
    """Change ``sprites`` (n,) and ``middle`` (n, 2; half pixels) in place.

    ``types`` (n, S) and ``axes`` (n, 2, P) are log q, of which what is above ``least`` is tried;
    ``nats`` is what a level of a colour that is off costs. What is ``kept`` (S,) stays as it is
    (what wears away is not drawn as it is), and so does what the edge of the picture cuts.
    """
    owner = np.full(frame.shape[:2], NOBODY, np.int64)
    drawn = background.copy()
    for i in range(len(sprites) - 1, -1, -1):  # the surest in front
        _paste(drawn, owner, i, sprites[i], middle[i], stencil)
    halves = axes.shape[2]
    for i in range(len(sprites)):
        if kept[sprites[i]]:
            continue
        best, sprite, y, x = -np.inf, sprites[i], middle[i, 0], middle[i, 1]
        for s in range(types.shape[1]):
            if types[i, s] <= least or kept[s]:
                continue
            for v in range(halves):
                if axes[i, 0, v] <= least:
                    continue
                twice_top = halves * cells[i, 0] + v - stencil.sizes[s, 0] + 1
                if twice_top % 2 != 0:  # between two pixels: it cannot be drawn there
                    continue
                for u in range(halves):
                    twice_left = halves * cells[i, 1] + u - stencil.sizes[s, 1] + 1
                    if axes[i, 1, u] <= least or twice_left % 2 != 0:
                        continue
                    gain = _gain(
                        frame, background, drawn, owner, i, s, twice_top // 2, twice_left // 2,
                        stencil,
                    )  # fmt: skip
                    score = nats * gain + types[i, s] + axes[i, 0, v] + axes[i, 1, u]
                    if score > best:
                        best, sprite = score, s
                        y, x = halves * cells[i, 0] + v, halves * cells[i, 1] + u
        sprites[i], middle[i, 0], middle[i, 1] = sprite, y, x


@njit(cache=True)
def _paste(
    drawn: np.ndarray,
    owner: np.ndarray,
    i: int,
    sprite: int,
    middle: np.ndarray,
    stencil: Stencils,
) -> None:
    height, width = stencil.sizes[sprite]
    top, left = (middle[0] - height + 1) // 2, (middle[1] - width + 1) // 2
    for a in range(max(0, -top), min(height, drawn.shape[0] - top)):
        for b in range(max(0, -left), min(width, drawn.shape[1] - left)):
            if stencil.alpha[sprite, a, b]:
                drawn[top + a, left + b] = stencil.rgb[sprite, a, b]
                owner[top + a, left + b] = i


@njit(cache=True)
def _gain(
    frame: np.ndarray,
    background: np.ndarray,
    drawn: np.ndarray,
    owner: np.ndarray,
    i: int,
    sprite: int,
    top: int,
    left: int,
    stencil: Stencils,
) -> float:
    """By how many levels the picture comes nearer to the frame with a sprite here; what another
    covers may hide it. Minus infinity where the edge cuts it."""
    height, width = stencil.sizes[sprite]
    if top < 0 or left < 0 or top + height > frame.shape[0] or left + width > frame.shape[1]:
        return -np.inf
    total = 0.0
    for a in range(height):
        for b in range(width):
            if not stencil.alpha[sprite, a, b]:
                continue
            y, x = top + a, left + b
            hidden = owner[y, x] != NOBODY and owner[y, x] != i
            gain = 0.0
            for c in range(3):
                seen = float(frame[y, x, c])
                without = drawn[y, x, c] if hidden else background[y, x, c]
                gain += abs(seen - without) - abs(seen - stencil.rgb[sprite, a, b, c])
            total += max(gain, 0.0) if hidden else gain
    return total
