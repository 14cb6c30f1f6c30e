"""Dreams: scenes drawn from the dictionary, whose latents are known because they were drawn.

Layouts are those of play with pieces dropped, moved and exchanged, and more anywhere. Sprites are
varied (another look, cut, worn, tinted), the picture too (noise, brightness): eyes that saw exact
copies alone are brittle. They are not stretched: how tall a thing is, is told.
"""

import itertools
from typing import NamedTuple

import numpy as np
from numba import njit

from perception.detection.config import DreamConfig
from perception.detection.dictionary import (
    Dictionary,
    Patch,
    Piece,
    centre_of,
    families,
    layers,
    paste,
)
from perception.detection.drawing import Drawing
from perception.models.sprites import CELL, HALVES, LAYERS, latent_of

NOTHING = -1
NEARLY = 2  # pixels between two pieces that nearly touch
SELDOM = 1e-3  # times a frame: what is never met is dreamt as if it were so often
OFTEN = 0.05  # times a frame: what is met less often is dreamt less


class Dream(NamedTuple):
    """A picture (H, W, 3) uint8 and its scene by layer and cell: presence bool (L, M, N), type
    (L, M, N) and offset (L, 2, M, N)."""

    picture: np.ndarray
    presence: np.ndarray
    kind: np.ndarray
    offset: np.ndarray


class Dreamer:
    """Draws dreams, deterministic given the generator."""

    def __init__(self, drawing: Drawing, config: DreamConfig) -> None:
        self.config = config
        self.background, self.dictionary = drawing.background, drawing.dictionary
        self.standing, self.wears = drawing.standing, drawing.wears
        self.layer = layers(self.dictionary).tolist()
        self.layouts = [layout for layout in drawing.layouts if layout] or [[]]
        self.height, self.width = self.background.shape[:2]
        met = [p.sprite for layout in self.layouts for p in layout if p not in self.standing]
        used = np.bincount(met, minlength=len(self.dictionary)) / len(self.layouts)
        self._up_to = chances(self.dictionary, used).cumsum()

    def __call__(self, rng: np.random.Generator) -> Dream:
        """One dream."""
        pieces = self._pieces(rng)
        picture = self.background.copy()
        owner = np.full((self.height, self.width), NOTHING, np.int32)
        drawn: list[tuple[int, int, int, int]] = []  # sprite, centre, pixels
        for piece in pieces:
            sprite, top, left = piece
            if sprite == NOTHING:
                paste(picture, owner, NOTHING, *self._stranger(rng), top, left)
                continue
            fixed = piece in self.standing
            patch = self.dictionary.patch(sprite) if fixed else self._varied(sprite, rng)
            pixels, corner, size = paste(picture, owner, len(drawn), *patch, top, left)
            if not pixels:
                continue
            if sprite in self.wears:
                self._wear(picture, corner, size, rng)
            # what the edge of the picture cuts off is not there: the centre is of what shows
            drawn.append((sprite, *centre_of(*corner, size), pixels))
        shown = _shown(picture, self.background, owner, len(drawn))
        return self._answer(self._developed(picture, rng), drawn, shown)

    def _answer(
        self, picture: np.ndarray, drawn: list[tuple[int, int, int, int]], shown: np.ndarray
    ) -> Dream:
        rows, columns = -(-self.height // CELL), -(-self.width // CELL)
        kind = np.zeros((LAYERS, rows, columns), np.int64)
        offset = np.zeros((LAYERS, 2, rows, columns), np.int64)
        presence = np.zeros((LAYERS, rows, columns), bool)
        for (sprite, y, x, area), seen in zip(drawn, shown.tolist(), strict=True):
            if seen >= self.config.seen * area:
                cell, within = latent_of(y, x)
                at = self.layer[sprite], *cell
                presence[at], kind[at] = True, sprite
                offset[at[0], :, *cell] = within
        return Dream(picture, presence, kind, offset)

    def _pieces(self, rng: np.random.Generator) -> list[Piece]:
        layout = self.layouts[int(rng.integers(len(self.layouts)))]
        pieces = []
        gone = rng.random() ** 2  # of what stands, in this dream
        for piece in layout:
            if piece in self.standing:
                if rng.random() >= gone:
                    pieces.append(piece)
                continue
            if rng.random() < self.config.dropped:
                continue
            sprite, top, left = piece
            if rng.random() < self.config.moved:
                top, left = top + int(rng.integers(-8, 9)), left + int(rng.integers(-8, 9))
            if rng.random() < self.config.exchanged:
                sprite = self._any(rng)
            pieces.append(Piece(sprite, top, left))
        for _ in range(int(rng.integers(self.config.fewest_more, self.config.most_more + 1))):
            sprite = self._any(rng)
            if pieces and rng.random() < self.config.beside:
                top, left = self._against(pieces[int(rng.integers(len(pieces)))], sprite, rng)
            else:
                top = int(rng.integers(-6, self.height - 1))
                left = int(rng.integers(-6, self.width - 1))
            pieces.append(Piece(sprite, top, left))
        for _ in range(int(rng.integers(self.config.most_strangers + 1))):
            top, left = rng.integers(-6, (self.height - 1, self.width - 1)).tolist()
            pieces.append(Piece(NOTHING, top, left))
        order = rng.permutation(len(pieces))
        return [pieces[i] for i in order]

    def _against(self, piece: Piece, sprite: int, rng: np.random.Generator) -> tuple[int, int]:
        """A corner at which the sprite lies upon another piece, touches it or nearly does: there
        it is decided what follows."""
        high, wide = self.dictionary.patch(piece.sprite).alpha.shape
        h, w = self.dictionary.patch(sprite).alpha.shape
        top = piece.top + int(rng.integers(-h - NEARLY, high + NEARLY + 1))
        return top, piece.left + int(rng.integers(-w - NEARLY, wide + NEARLY + 1))

    def _any(self, rng: np.random.Generator) -> int:
        return int(self._up_to.searchsorted(rng.random() * self._up_to[-1], side="right"))

    def _stranger(self, rng: np.random.Generator) -> Patch:
        """What is not in the dictionary: a shape of random blocks, half of the time in a colour
        that is. Eyes that never saw such read what is new (a digit) as pieces of what they know."""
        blocks = rng.random(rng.integers(2, 6, 2)) < 0.6
        alpha = blocks.repeat(int(rng.integers(1, 5)), axis=0).repeat(
            int(rng.integers(1, 5)), axis=1
        )
        colour = rng.integers(0, 256, 3)
        if rng.random() < 0.5:
            colour = self.dictionary.mean_colour(self._any(rng)).astype(np.int64)
        return Patch((alpha[..., None] * colour).astype(np.uint8), alpha)

    def _wear(
        self,
        picture: np.ndarray,
        corner: tuple[int, int],
        size: tuple[int, int],
        rng: np.random.Generator,
    ) -> None:
        """Show the background again in parts of this box, none of them larger than half of its
        sides."""
        (top, left), (height, width) = corner, size
        for _ in range(int(rng.integers(self.config.most_bites + 1))):
            h, w = int(rng.integers(1, (height + 3) // 2)), int(rng.integers(1, (width + 3) // 2))
            y = int(rng.integers(top + 1 - h, top + height))
            x = int(rng.integers(left + 1 - w, left + width))
            bite = np.s_[
                max(y, top) : min(y + h, top + height), max(x, left) : min(x + w, left + width)
            ]
            picture[bite] = self.background[bite]

    def _varied(self, sprite: int, rng: np.random.Generator) -> Patch:
        looks = self.dictionary.looks[sprite]
        patch = looks[int(rng.integers(len(looks)))]
        chance = rng.random(2)
        if chance[0] < self.config.cut and sprite not in self.wears:
            patch = _cut(patch, rng)
        if chance[1] < self.config.tinted:
            tint = rng.uniform(1 - self.config.tint, 1 + self.config.tint, 3)
            patch = Patch(np.clip(patch.rgb * tint, 0, 255).astype(np.uint8), patch.alpha)
        return patch

    def _developed(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The picture under noise and another light, half of the time each."""
        shown = picture.astype(np.float32)
        if rng.random() < 0.5:
            shown *= rng.uniform(1 - self.config.brightness, 1 + self.config.brightness)
        if rng.random() < 0.5:
            level = rng.uniform(0, self.config.noise)
            shown += rng.random(shown.shape, np.float32) * (2 * level) - level
        return np.clip(shown, 0, 255).astype(np.uint8)


def chances(dictionary: Dictionary, used: np.ndarray) -> np.ndarray:
    """Of each sprite, (S,), to be dreamt anywhere; ``used`` (S,) is how often a frame of play has
    it.

    Every family of colours alike, but for what is rare as a whole; within one, layers by the root
    of their use, and within a layer sprites by the root of theirs. A shot has few looks, aliens
    have many, and where they meet matters; so a ball has as many dreams as a paddle of its colour,
    and what is left of a paddle at the edge has few.
    """
    used = used + SELDOM
    family = families(dictionary)
    group = LAYERS * family + layers(dictionary)
    weight, in_layer = np.sqrt(used), np.bincount(group, used)
    share = weight / np.bincount(group, weight)[group] * np.sqrt(in_layer)[group]
    share /= np.bincount(family, share)[family]
    share *= np.sqrt(np.minimum(1.0, np.bincount(family, used) / OFTEN))[family]
    return np.asarray(share / share.sum())


def counts_of(drawing: Drawing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often something was in each cell, of each type and at each offset of an axis, in the
    layouts: (L, M, N), (K, M, N), (L, 2, P, M, N)."""
    height, width = drawing.background.shape[:2]
    cells = -(-height // CELL), -(-width // CELL)
    layer = layers(drawing.dictionary).tolist()
    presence = np.zeros((LAYERS, *cells))
    kind = np.zeros((len(drawing.dictionary), *cells))
    offset = np.zeros((LAYERS, 2, HALVES, *cells))
    for sprite, top, left in itertools.chain.from_iterable(drawing.layouts):
        y, x = centre_of(top, left, drawing.dictionary.patch(sprite).alpha.shape)
        if 0 <= y < 2 * height and 0 <= x < 2 * width:
            cell, (down, along) = latent_of(y, x)
            presence[layer[sprite], *cell] += 1
            kind[sprite, *cell] += 1
            offset[layer[sprite], 0, down, *cell] += 1
            offset[layer[sprite], 1, along, *cell] += 1
    return np.minimum(presence, len(drawing.layouts)), kind, offset


@njit(cache=True)
def _shown(picture: np.ndarray, background: np.ndarray, owner: np.ndarray, many: int) -> np.ndarray:
    """Of each of so many drawn, the pixels that are its own and not as the background."""
    counts = np.zeros(many, np.int64)
    for y in range(owner.shape[0]):
        for x in range(owner.shape[1]):
            if owner[y, x] != NOTHING:
                for c in range(3):
                    if picture[y, x, c] != background[y, x, c]:
                        counts[owner[y, x]] += 1
                        break
    return counts


def _cut(patch: Patch, rng: np.random.Generator) -> Patch:
    """Up to half of it gone along one side."""
    axis = int(rng.integers(2))
    keep = int(np.ceil(patch.alpha.shape[axis] * rng.uniform(0.5, 1.0)))
    part = slice(-keep, None) if rng.random() < 0.5 else slice(keep)
    index = (part, slice(None)) if axis == 0 else (slice(None), part)
    return Patch(patch.rgb[index], patch.alpha[index])
