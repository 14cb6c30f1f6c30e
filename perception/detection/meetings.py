"""What touches: two things in one patch.

A connected patch may be two things that meet again and again in one way, as a shot leaves an alien
always from its middle. Taken for one more look of the alien, it would teach the eyes that there is
no shot.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from perception.detection.dictionary import Patch

SAME_COLOUR = 60  # levels, summed over the channels, within which two pixels are alike


class Part(NamedTuple):
    """One of two things in a patch: its key, and where its upper left corner is in the patch."""

    key: bytes
    top: int
    left: int


def find_meetings(patches: Mapping[bytes, Patch], share: float) -> dict[bytes, tuple[Part, Part]]:
    """Those patches that two smaller ones of different colours explain to the last pixel,
    and the two, the larger first.

    The larger must show by a share of `share` at least, the rest is the other; what does not show
    of either lies behind the other. Both are patches that are no meetings themselves.
    """
    by_pixels = sorted(patches, key=lambda key: int(patches[key].alpha.sum()))
    single: list[bytes] = []
    found: dict[bytes, tuple[Part, Part]] = {}
    for key in by_pixels:
        if _colourful(patches[key]) and (parts := _parts(patches[key], patches, single, share)):
            found[key] = parts
        else:
            single.append(key)
    return found


def _colourful(patch: Patch) -> bool:
    colours, times = np.unique(patch.rgb[patch.alpha], axis=0, return_counts=True)
    usual = colours[times.argmax()].astype(int)
    return bool((np.abs(colours - usual).sum(axis=1) > SAME_COLOUR).any())


def _parts(
    whole: Patch, patches: Mapping[bytes, Patch], single: list[bytes], share: float
) -> tuple[Part, Part] | None:
    pixels = int(whole.alpha.sum())
    for key in reversed(single):  # the largest first
        patch = patches[key]
        if 2 * patch.alpha.sum() < share * pixels:
            return None
        for part, shown in _within(key, patch, whole):
            if shown.sum() < share * patch.alpha.sum():
                continue
            rest = whole.alpha & ~shown
            other = _other(whole, rest, patch, patches, single) if rest.any() else None
            if other is not None:
                return part, other
    return None


def _other(
    whole: Patch,
    rest: np.ndarray,
    first: Patch,
    patches: Mapping[bytes, Patch],
    single: list[bytes],
) -> Part | None:
    """What shows as the rest and has another colour than the first; it may go on behind that."""
    colour, usual = whole.rgb[rest].mean(axis=0), first.rgb[first.alpha].mean(axis=0)
    if np.abs(colour - usual).sum() <= SAME_COLOUR:
        return None
    least = int(rest.sum())
    for key in single:  # the smallest first
        if patches[key].alpha.sum() >= least:
            for part, shown in _within(key, patches[key], whole):
                if (shown & rest).sum() == least:
                    return part
    return None


def _within(key: bytes, patch: Patch, whole: Patch) -> Iterator[tuple[Part, np.ndarray]]:
    """Where all of the patch lies on the whole, and which pixels of the whole look like it there,
    (H, W) bool."""
    (h, w), (height, width) = patch.alpha.shape, whole.alpha.shape
    for top, left in itertools.product(range(height - h + 1), range(width - w + 1)):
        box = np.s_[top : top + h, left : left + w]
        if (patch.alpha & ~whole.alpha[box]).any():
            continue
        apart = np.abs(patch.rgb.astype(np.int16) - whole.rgb[box]).sum(axis=2)
        shown = np.zeros_like(whole.alpha)
        shown[box] = patch.alpha & (apart <= SAME_COLOUR)
        yield Part(key, top, left), shown
