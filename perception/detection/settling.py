"""Where the encoder is unsure of what it reads, the frame decides among what it proposes.

A step of semi-amortised inference (Kim et al. 2018, *Semi-Amortized Variational Autoencoders*): of
the types and offsets that q thinks possible in a cell, those are taken at which log q and the
log-likelihood of the frame, drawn with them in any of the sprite's looks, are greatest together;
and where nothing is possible too, there is nothing if that makes the frame likelier by more than
the encoder's odds for something. What the encoder does not read is never looked for. What others
hide counts as they were first read, what is dropped too. Shapes: n things read, S sprites, L looks
of them all, P half pixels in a cell.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from perception.detection.dictionary import Dictionary, paste

NOBODY = -1


class Stencils(NamedTuple):
    """All looks of all sprites, in boxes as large as the largest: ``rgb`` (L, h, w, 3) uint8,
    ``alpha`` (L, h, w), ``sizes`` (L, 2); ``sprite`` (L,) is whose each is, ``first`` (S,) the
    first of each sprite."""

    rgb: np.ndarray
    alpha: np.ndarray
    sizes: np.ndarray
    sprite: np.ndarray
    first: np.ndarray


def stencils(dictionary: Dictionary) -> Stencils:
    """Those of a dictionary."""
    patches = [patch for looks in dictionary.looks for patch in looks]
    many = np.array([len(looks) for looks in dictionary.looks], np.int64)
    sizes = np.array([each.alpha.shape for each in patches], np.int64).reshape(-1, 2)
    high, wide = sizes.max(axis=0, initial=1)
    found = Stencils(
        np.zeros((len(patches), high, wide, 3), np.uint8),
        np.zeros((len(patches), high, wide), np.bool_),
        sizes,
        np.repeat(np.arange(len(many)), many),
        many.cumsum() - many,
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
    presence: np.ndarray,
    types: np.ndarray,
    axes: np.ndarray,
    least: float,
    nats: float,
    kept: np.ndarray,
    stencil: Stencils,
) -> np.ndarray:
    """Change ``sprites`` (n,) and ``middle`` (n, 2; half pixels) in place; which are there, (n,).

    ``presence`` (n,) are the log odds of something, ``types`` (n, S) and ``axes`` (n, 2, P) log q,
    of which what is above ``least`` is tried, nothing too; ``nats`` is what a level of a colour
    that is off costs. What is ``kept`` (S,) stays as it is (what wears away is not drawn as it is),
    and nothing is tried where the edge would cut it.
    """
    owner = np.full(frame.shape[:2], NOBODY, np.int32)
    drawn = background.copy()
    for i in range(len(sprites) - 1, -1, -1):  # the surest in front
        look = stencil.first[sprites[i]]
        height, width = stencil.sizes[look]
        rgb, alpha = stencil.rgb[look, :height, :width], stencil.alpha[look, :height, :width]
        top, left = (middle[i, 0] - height + 1) // 2, (middle[i, 1] - width + 1) // 2
        paste(drawn, owner, i, rgb, alpha, top, left)
    halves = axes.shape[2]
    there = np.ones(len(sprites), np.bool_)
    for i in range(len(sprites)):
        if kept[sprites[i]]:
            continue
        sprite, y, x = sprites[i], middle[i, 0], middle[i, 1]
        look, cell = stencil.first[sprite], halves * cells[i]
        height, width = stencil.sizes[look]
        gain = _gain(
            frame, background, drawn, owner, i, look, (y - height + 1) // 2, (x - width + 1) // 2,
            True, stencil,
        )  # fmt: skip
        best = nats * gain + types[i, sprite] + axes[i, 0, y - cell[0]] + axes[i, 1, x - cell[1]]
        chosen = gain
        for look in range(len(stencil.sprite)):
            s = stencil.sprite[look]
            if types[i, s] <= least or kept[s]:
                continue
            for v in range(halves):
                if axes[i, 0, v] <= least:
                    continue
                twice_top = cell[0] + v - stencil.sizes[look, 0] + 1
                if twice_top % 2 != 0:  # between two pixels: it cannot be drawn there
                    continue
                for u in range(halves):
                    twice_left = cell[1] + u - stencil.sizes[look, 1] + 1
                    if axes[i, 1, u] <= least or twice_left % 2 != 0:
                        continue
                    gain = _gain(
                        frame, background, drawn, owner, i, look, twice_top // 2, twice_left // 2,
                        False, stencil,
                    )  # fmt: skip
                    score = nats * gain + types[i, s] + axes[i, 0, v] + axes[i, 1, u]
                    if score > best:
                        best, chosen, sprite = score, gain, s
                        y, x = cell[0] + v, cell[1] + u
        sprites[i], middle[i, 0], middle[i, 1] = sprite, y, x
        there[i] = presence[i] > -least or nats * chosen + presence[i] > 0
    return there


@njit(cache=True)
def _gain(
    frame: np.ndarray,
    background: np.ndarray,
    drawn: np.ndarray,
    owner: np.ndarray,
    i: int,
    look: int,
    top: int,
    left: int,
    cut: bool,
    stencil: Stencils,
) -> float:
    """By how many levels the picture comes nearer to the frame with a look here; what another
    covers may hide it. Minus infinity where the edge cuts it, unless it may be ``cut``."""
    height, width = stencil.sizes[look]
    down, along = frame.shape[0] - top, frame.shape[1] - left
    if not cut and (top < 0 or left < 0 or height > down or width > along):
        return -np.inf
    total = 0.0
    for a in range(max(0, -top), min(height, down)):
        for b in range(max(0, -left), min(width, along)):
            if not stencil.alpha[look, a, b]:
                continue
            y, x = top + a, left + b
            hidden = owner[y, x] != NOBODY and owner[y, x] != i
            gain = 0.0
            for c in range(3):
                seen = float(frame[y, x, c])
                without = drawn[y, x, c] if hidden else background[y, x, c]
                gain += abs(seen - without) - abs(seen - stencil.rgb[look, a, b, c])
            total += max(gain, 0.0) if hidden else gain
    return total
