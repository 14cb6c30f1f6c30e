"""Blocks of frames, packed for the page: a palette, and what differs from the frame before.

A packed block is zlib over: one byte, 1 where a pixel is a number in a palette and 3 where it is
its red, green and blue; in the first case the number of colours less one, and three bytes for each;
then the frames, row by row, each XOR the one before (the first XOR zeros). A console has few
colours and moves little, so a game takes a tenth of what its PNG files do.
"""

import zlib
from collections.abc import Sequence

import numpy as np

from perception.background import pack, unpack

MOST_COLOURS = 256
LEVEL = 6  # of zlib
_WHOLE, _PALETTE = 3, 1


def pack_frames(frames: Sequence[np.ndarray]) -> bytes:
    """Frames, uint8 (H, W, 3) of one shape, at least one, as a packed block."""
    pictures = np.stack(frames)
    codes = pack(pictures)
    changed = codes[1:] != codes[:-1]
    after, before = codes[1:][changed], codes[:-1][changed]
    colours = np.unique(np.concatenate([codes[0].ravel(), after]))
    if len(colours) > MOST_COLOURS:
        pictures[1:] ^= pictures[:-1].copy()
        return zlib.compress(bytes([_WHOLE]) + pictures.tobytes(), LEVEL)
    pixels = np.zeros(codes.shape, np.uint8)
    pixels[0] = np.searchsorted(colours, codes[0])
    pixels[1:][changed] = np.searchsorted(colours, after) ^ np.searchsorted(colours, before)
    head = bytes([_PALETTE, len(colours) - 1]) + unpack(colours).tobytes()
    return zlib.compress(head + pixels.tobytes(), LEVEL)


def unpack_frames(block: bytes, height: int, width: int) -> np.ndarray:
    """The inverse, uint8 (N, H, W, 3). ValueError where the block is damaged."""
    try:
        content = np.frombuffer(zlib.decompress(block), np.uint8)
    except zlib.error as error:
        raise ValueError(f"a damaged block of frames: {error}") from error
    depth, begin = int(content[0]), 1
    palette = np.zeros((0, 3), np.uint8)
    if depth == _PALETTE:
        colours = int(content[1]) + 1
        begin = 2 + 3 * colours
        palette = content[2:begin].reshape(-1, 3)
    rows = content[begin:].reshape(-1, height * width * depth)
    pixels = np.bitwise_xor.accumulate(rows, axis=0)
    whole = palette[pixels] if depth == _PALETTE else pixels
    return whole.reshape(-1, height, width, 3)
