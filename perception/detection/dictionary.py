"""Sprites, and frames drawn with them: the decoder."""

from typing import NamedTuple

import numpy as np
from numba import njit
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


@njit(cache=True)
def paste(
    picture: np.ndarray,
    owner: np.ndarray,
    number: int,
    rgb: np.ndarray,
    alpha: np.ndarray,
    top: int,
    left: int,
) -> tuple[int, tuple[int, int], tuple[int, int]]:
    """Draw a patch into a (H, W, 3) picture in place, what lies outside left out; `owner` (H, W)
    has its number wherever it was drawn.

    Returns its pixels and the box they fill: upper left pixel, height and width.
    """
    pixels, first, last, leftmost, rightmost = 0, len(picture), -1, picture.shape[1], -1
    for a in range(max(0, -top), min(alpha.shape[0], picture.shape[0] - top)):
        for b in range(max(0, -left), min(alpha.shape[1], picture.shape[1] - left)):
            if alpha[a, b]:
                y, x = top + a, left + b
                for c in range(3):
                    picture[y, x, c] = rgb[a, b, c]
                owner[y, x] = number
                pixels += 1
                first, last = min(first, y), max(last, y)
                leftmost, rightmost = min(leftmost, x), max(rightmost, x)
    return pixels, (first, leftmost), (last - first + 1, rightmost - leftmost + 1)


def draw(background: np.ndarray, dictionary: Dictionary, pieces: list[Piece]) -> np.ndarray:
    """The decoder's picture (H, W, 3) uint8 of these pieces, later ones in front."""
    picture = background.copy()
    owner = np.zeros(picture.shape[:2], np.int32)
    for number, (sprite, top, left) in enumerate(pieces):
        paste(picture, owner, number, *dictionary.patch(sprite), top, left)
    return picture
