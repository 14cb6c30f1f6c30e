"""Sprites, and frames drawn with them: the decoder."""

from typing import NamedTuple

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from perception.models.sprites import layer_of

LIKE = 60.0  # levels between mean colours, summed over the channels, that are alike


class Patch(NamedTuple):
    """A cut-out: (h, w, 3) uint8 colours and (h, w) bool, where it is opaque."""

    rgb: np.ndarray
    alpha: np.ndarray


PlacedOne = tuple[bytes, int, int, Patch]  # key, top, left
Placed = list[PlacedOne]  # of one frame


class Piece(NamedTuple):
    """A sprite of the dictionary with its upper left corner at this pixel."""

    sprite: int
    top: int
    left: int


class Dictionary(NamedTuple):
    """The looks of each sprite; the first, met most for its size, is the one the decoder draws."""

    looks: tuple[tuple[Patch, ...], ...]

    def __len__(self) -> int:
        return len(self.looks)

    def patch(self, sprite: int) -> Patch:
        """What the decoder draws of it."""
        return self.looks[sprite][0]

    def mean_colour(self, sprite: int) -> np.ndarray:
        """(3,) of its opaque pixels, levels of 255."""
        patch = self.patch(sprite)
        return np.asarray(patch.rgb[patch.alpha].mean(axis=0))

    def get_state(self) -> dict[str, np.ndarray]:
        """As arrays: sprite, height and width of every look, and their pixels in a row."""
        each = [(k, patch) for k, looks in enumerate(self.looks) for patch in looks]
        rows = [(k, *patch.alpha.shape) for k, patch in each]
        nothing = np.zeros(0, np.uint8)
        return {
            "shapes": np.array(rows, np.int64).reshape(-1, 3),
            "rgb": np.concatenate([nothing, *(p.rgb.ravel() for _, p in each)]),
            "alpha": np.concatenate([nothing.astype(bool), *(p.alpha.ravel() for _, p in each)]),
        }

    @classmethod
    def from_state(cls, state: dict[str, np.ndarray]) -> "Dictionary":
        """The inverse of `get_state`."""
        looks: dict[int, list[Patch]] = {}
        at = 0
        for k, h, w in np.asarray(state["shapes"]).tolist():
            area = h * w
            rgb = np.array(state["rgb"][3 * at : 3 * (at + area)]).reshape(h, w, 3)
            alpha = np.array(state["alpha"][at : at + area]).reshape(h, w)
            looks.setdefault(k, []).append(Patch(rgb, alpha))
            at += area
        return cls(tuple(tuple(looks[k]) for k in sorted(looks)))


def families(dictionary: Dictionary) -> np.ndarray:
    """The family of each sprite, (S,): sprites whose mean colours are alike, or are so linked."""
    if len(dictionary) < 2:
        return np.zeros(len(dictionary), np.int64)
    colours = [dictionary.mean_colour(k) for k in range(len(dictionary))]
    names = fcluster(linkage(colours, "single", metric="cityblock"), LIKE, "distance")
    return np.asarray(names, np.int64) - 1


def layers(dictionary: Dictionary) -> np.ndarray:
    """The layer of each sprite, (S,)."""
    sprites = range(len(dictionary))
    return layer_of(np.array([dictionary.patch(k).alpha.sum() for k in sprites], np.int64))


def corner_of(y: int, x: int, shape: tuple[int, ...]) -> tuple[int, int]:
    """Upper left pixel of a patch of this shape whose centre is (y, x) in half pixels; where that
    is between two pixels, the first."""
    return (y - shape[0] + 1) // 2, (x - shape[1] + 1) // 2


def centre_of(top: int, left: int, shape: tuple[int, ...]) -> tuple[int, int]:
    """The inverse: the centre (y, x) in half pixels."""
    return 2 * top + shape[0] - 1, 2 * left + shape[1] - 1


def paste(picture: np.ndarray, patch: Patch, top: int, left: int) -> np.ndarray | None:
    """Draw a patch into a (H, W, 3) picture in place.

    Returns the (n, 2) pixels drawn on, None where it lies outside.
    """
    height, width = picture.shape[:2]
    h, w = patch.alpha.shape
    y0, x0 = max(0, -top), max(0, -left)
    y1, x1 = min(h, height - top), min(w, width - left)
    if y1 <= y0 or x1 <= x0:
        return None
    rows, columns = patch.alpha[y0:y1, x0:x1].nonzero()
    at = rows + (top + y0), columns + (left + x0)
    picture[at] = patch.rgb[rows + y0, columns + x0]
    return np.stack(at, axis=1)


def draw(background: np.ndarray, dictionary: Dictionary, pieces: list[Piece]) -> np.ndarray:
    """The decoder's picture (H, W, 3) uint8 of these pieces, later ones in front."""
    picture = background.copy()
    for sprite, top, left in pieces:
        paste(picture, dictionary.patch(sprite), top, left)
    return picture
