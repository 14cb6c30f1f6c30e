"""The command ``dsrl study autoencoders``, on a few tiny digits in MNIST's own format."""

import csv
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dsrl.cli import main


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mnist")
    rng = np.random.default_rng(0)
    for part, count in (("train", 3), ("t10k", 2)):
        header = struct.pack(">4I", 0x803, count, 28, 28)
        images = rng.integers(256, size=(count, 28, 28), dtype=np.uint8)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
    return folder


def test_writes_the_table_and_prints_it(
    mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture, refused: Callable[..., str]
) -> None:
    out = tmp_path / "study"
    main(["study", "autoencoders", "--mnist", str(mnist), "--beta", "2.5", "--out", str(out)])
    rows = list(csv.DictReader((out / "autoencoders.csv").read_text().splitlines()))
    methods = [row["method"] for row in rows]
    tables = ["dense autoencoder", "conv autoencoder", "dense VAE", "dense beta-VAE"]
    assert [method for method in methods if method in tables] == tables
    assert (rows[-1]["beta"], rows[-1]["train_images"], rows[-1]["seed"]) == ("2.5", "3", "0")
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(rows) + 1
    for row, line in zip(rows, printed, strict=False):
        assert line.startswith(f"MNIST, {row['method']}: {row['validation_bce_nats']} nats")
    assert printed[-1] == str(out / "autoencoders.csv")
    assert "exists: remove it" in refused("study", "autoencoders", "--out", str(out))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--mnist", "nowhere"), "nowhere has no train-images"),
        (("--frames-of", "nonsense"), "unknown game"),
        (("--beta", "-1"), "beta must be a finite number"),
    ],
)
def test_bad_input_leaves_no_folder(
    tmp_path: Path, refused: Callable[..., str], options: tuple[str, ...], message: str
) -> None:
    assert message in refused("study", "autoencoders", *options, "--out", str(tmp_path / "study"))
    assert list(tmp_path.iterdir()) == []
