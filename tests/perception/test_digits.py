import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits as bundled
from sklearn.model_selection import train_test_split

from perception.digits import load_digits, read_idx


def idx(images: np.ndarray) -> bytes:
    """An IDX file's bytes, by the format's description."""
    return b"\x00\x00\x08\x03" + struct.pack(">3I", *images.shape) + images.tobytes()


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), np.uint8)


def write_mnist(folder: Path, dot: str = "-", gz: str = "") -> None:
    for part, count in (("train", 6), ("t10k", 3)):
        content = idx(pictures(count, seed=count))
        path = folder / f"{part}-images{dot}idx3-ubyte{gz}"
        path.write_bytes(gzip.compress(content) if gz else content)


@pytest.mark.parametrize("gz", ["", ".gz"])
@pytest.mark.parametrize("dot", ["-", "."])
def test_mnist_is_read_from_its_files(tmp_path, dot, gz):
    write_mnist(tmp_path, dot, gz)
    data = load_digits(tmp_path, seed=0)
    assert data.name == "MNIST"
    np.testing.assert_array_equal(data.train[..., 0], pictures(6, seed=6))
    np.testing.assert_array_equal(data.validation[..., 0], pictures(3, seed=3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-1], "promises 1,568 pixels and holds 1,567"),
        (lambda data: data + b"\x00", "promises 1,568 pixels and holds more"),
        (lambda data: data[:10], "begins with"),
        (lambda data: b"", "begins with"),
        (lambda data: b"\x00\x00\x08\x01" + data[4:], "begins with"),  # labels
        (lambda data: data[:8] + struct.pack(">2I", 14, 56) + data[16:], "14 x 56, not 28 x 28"),
        (lambda data: data[:4] + bytes(4) + data[8:], "holds 0 images"),
    ],
    ids=["short", "long", "header", "empty", "labels", "shape", "none"],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_bad_file_is_named(tmp_path, change, message, suffix):
    path = tmp_path / f"train-images-idx3-ubyte{suffix}"
    content = change(idx(pictures(2)))
    path.write_bytes(gzip.compress(content) if suffix else content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("cut", [slice(0, 900), slice(5, None)], ids=["truncated", "no gzip"])
def test_a_broken_compression_is_named(tmp_path, cut):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(pictures(2)))[cut])
    with pytest.raises(ValueError, match=r"idx3-ubyte\.gz is no whole file"):
        read_idx(path)


def test_a_missing_file_is_named_with_what_to_do(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"t10k-images-idx3-ubyte.*give no folder"):
        load_digits(tmp_path, seed=0)


def test_bundled_digits_are_scaled_and_divided_without_overlap():
    data = load_digits(None, seed=0)
    assert data.name == "scikit-learn digits"
    assert (len(data.train), len(data.validation)) == (1437, 360)
    for part in (data.train, data.validation):
        assert part.shape[1:] == (28, 28, 1) and part.dtype == np.uint8
        assert part.min() == 0 and part.max() == 255
    train = {image.tobytes() for image in data.train}
    assert len(train) == 1437
    assert not train & {image.tobytes() for image in data.validation}


def test_scaling_keeps_the_picture():
    """Means over 4 x 4 blocks are those of the 8 x 8 digit, up to interpolation's blur."""
    _, drawn = train_test_split(np.arange(1797), test_size=0.2, random_state=0)
    small = bundled().images[drawn].reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)) / 16
    large = load_digits(None, seed=0).validation.reshape(-1, 4, 7, 4, 7).mean(axis=(2, 4)) / 255
    assert np.abs(large - small).max() < 0.2
    assert np.abs(large - np.roll(small, 1, axis=0)).max() > 0.5  # control: another digit


def test_the_division_follows_the_seed():
    first, again, other = (load_digits(None, seed).validation for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
