"""Handwritten digits: MNIST where its files are at hand, else the small set in scikit-learn."""

import gzip
import io
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from sklearn.datasets import load_digits as load_bundled
from sklearn.model_selection import train_test_split

SIDE = 28  # pixels
VALIDATION_SHARE = 0.2  # of the bundled digits; MNIST comes divided
IDX_IMAGES = b"\x00\x00\x08\x03"  # unsigned bytes in three dimensions


class DataSet(NamedTuple):
    """Pictures to learn from and others to validate on, each (N, H, W, C) uint8."""

    name: str
    train: np.ndarray
    validation: np.ndarray


class Labelled(NamedTuple):
    """Pictures (N, H, W, C) uint8 and what each shows, (N,) int64."""

    pictures: np.ndarray
    labels: np.ndarray


def load_digits(folder: Path | None, seed: int) -> DataSet:
    """MNIST from `folder`, or with None scikit-learn's 1,797 digits of 8 x 8, scaled bilinearly.

    Both are (N, 28, 28, 1), bright on dark. MNIST's 60,000 training and 10,000 test images are the
    two sets, as Keras divides them; of the bundled digits a fifth, drawn by `seed`, validates.
    Raises FileNotFoundError where a file is missing, ValueError where it is no IDX file of images.
    """
    if folder is not None:
        return DataSet("MNIST", *(read_idx(_find(folder, part)) for part in ("train", "t10k")))
    small = (load_bundled().images * (255 / 16)).round().astype(np.uint8)  # grey levels 0..16
    large = np.stack([cv2.resize(image, (SIDE, SIDE)) for image in small])[..., None]
    train, validation = train_test_split(large, test_size=VALIDATION_SHARE, random_state=seed)
    return DataSet("scikit-learn digits", train, validation)


def _find(folder: Path, part: str) -> Path:
    """The images of one part, by the names that copies of MNIST go by."""
    names = [f"{part}-images{dot}idx3-ubyte{gz}" for dot in "-." for gz in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(
        f"{folder} has no {names[0]} (or {names[1]}): put MNIST's files there, or give no folder "
        "for scikit-learn's digits"
    )


def read_idx(path: Path) -> np.ndarray:
    """The images of an IDX file, compressed where it ends in .gz, as (N, 28, 28, 1) uint8.

    Raises ValueError, naming the file, where it is of another kind, cut short or too long.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _images(file)
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is no whole file of images, fetch it anew: {error}") from error


def _images(file: io.BufferedIOBase) -> np.ndarray:
    header = file.read(16)
    if len(header) < 16 or header[:4] != IDX_IMAGES:
        raise ValueError(f"it begins with {header[:4]!r} where IDX images have {IDX_IMAGES!r}")
    count, *shape = struct.unpack(">3I", header[4:])
    if shape != [SIDE, SIDE] or count == 0:
        raise ValueError(f"it holds {count} images of {shape[0]} x {shape[1]}, not {SIDE} x {SIDE}")
    pixels = file.read(count * SIDE * SIDE + 1)  # one more, to see what is too long
    if len(pixels) != count * SIDE * SIDE:
        found = "more" if len(pixels) > count * SIDE * SIDE else f"{len(pixels):,}"
        raise ValueError(f"it promises {count * SIDE * SIDE:,} pixels and holds {found}")
    return np.frombuffer(pixels, np.uint8).reshape(count, SIDE, SIDE, 1).copy()
