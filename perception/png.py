"""PNG files: lossless pictures, checked before they are decoded."""

import zlib

import cv2
import numpy as np

LARGEST_SIDE = 4096  # pixels: a short file can claim any size
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode_png(picture: np.ndarray) -> bytes:
    """An (H, W, 4) RGBA, (H, W, 3) RGB or (H, W) grey uint8 picture as the bytes of a PNG file."""
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3):
        raise ValueError(
            f"expected an RGB or grey uint8 picture, got {picture.dtype} of shape {picture.shape}"
        )
    if picture.ndim == 3:  # OpenCV has blue first
        picture = picture[..., [2, 1, 0, *range(3, picture.shape[2])]]
    _, data = cv2.imencode(".png", np.ascontiguousarray(picture))
    return bytes(data)


def decode_png(data: bytes) -> np.ndarray:
    """The (H, W, 3) RGB uint8 picture of a PNG file; grey becomes three equal channels.

    Raises ValueError where it is none. Files of others are checked with `png_size` first.
    """
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:  # nothing at all, or too large
        picture = None
    if picture is None:
        raise ValueError("not a picture that can be decoded")
    return np.ascontiguousarray(picture[..., ::-1])


def png_size(data: bytes) -> tuple[int, int]:
    """(rows, columns) of a whole PNG file, without decoding it.

    Raises ValueError where it is no PNG file, cut short, damaged (a checksum does not match), of
    16 bits a channel, which 8 cannot hold, or too large.
    """
    if not data:
        raise ValueError("empty")
    if not data.startswith(SIGNATURE) or data[12:16] not in (b"IHDR", b""):
        raise ValueError("not a PNG file")
    start, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length = int.from_bytes(data[start : start + 4], "big")
        end = start + 8 + length  # of the chunk's data; its checksum follows
        if end + 4 > len(data):
            raise ValueError("cut short")
        if zlib.crc32(data[start + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise ValueError("damaged: a checksum does not match")
        kind, start = data[start + 4 : start + 8], end + 4
    if data[24] > 8:
        raise ValueError(f"{data[24]} bits a channel: 8 are expected")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if not 0 < min(height, width) <= max(height, width) <= LARGEST_SIDE:
        raise ValueError(f"{height} x {width} pixels: 1 to {LARGEST_SIDE} a side are read")
    return height, width
