"""The official dSprites archive, for who has it: the same factors, the published pixels.

Its images are 3 GB once unpacked, so they are unpacked once, to one bit a pixel (377 MB) in a file
beside it, and mapped into memory from there. Its metadata is pickled and never read.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from perception.factors.data import FactorData
from perception.factors.dsprites import DSprites
from perception.files import staged_file

IMAGES, CLASSES = "imgs", "latents_classes"
# what reading a damaged archive may raise; RuntimeError: its parts seem encrypted, or packed in
# a way unknown to zipfile
DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, KeyError, ValueError)
CHUNK = 8192  # images unpacked at a time

Progress = Callable[[int, int], None]


class DSpritesFile(FactorData):
    """The images of ``dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz``.

    ``progress`` hears of images unpacked, the first time.

    Raises:
        ValueError: the file is not that archive, or part of it is missing.
    """

    factor_names = DSprites.factor_names
    factors_num_values = DSprites.factors_num_values
    observation_shape = DSprites.observation_shape

    def __init__(self, path: str | Path, progress: Progress | None = None) -> None:
        path = Path(path)
        if not path.is_file():
            raise ValueError(f"{path}: there is no such file")
        with path.open("rb") as file:
            self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        self.path = path
        cache = path.with_name(f"{path.stem}-{self._sha256[:12]}.bits.npy")
        bits = self._mapped(cache)
        if bits is None:
            try:
                with zipfile.ZipFile(path) as archive:
                    self._unpack(archive, cache, progress or (lambda done, total: None))
            except DAMAGED as error:
                raise ValueError(
                    f"{path} is not the whole dSprites archive ({error}): get it again from "
                    "github.com/google-deepmind/dsprites-dataset"
                ) from error
            bits = self._mapped(cache)
        assert bits is not None
        self._bits = bits

    def signature(self) -> dict[str, Any]:
        """The archive's checksum, wherever it lies."""
        return {"sha256": self._sha256}

    def render(self, factors: np.ndarray) -> np.ndarray:
        index = np.ravel_multi_index(tuple(factors.T), self.factors_num_values)
        return 255 * np.unpackbits(self._bits[index], axis=-1)[..., None]

    def _mapped(self, cache: Path) -> np.ndarray | None:
        """What was unpacked before, if it is there and whole."""
        try:
            bits: np.ndarray = np.load(cache, mmap_mode="r")
        except (FileNotFoundError, EOFError, ValueError):
            return None
        rows, columns, _ = self.observation_shape
        whole = bits.shape == (len(self), rows, columns // 8) and bits.dtype == np.uint8
        return bits if whole else None

    def _unpack(self, archive: zipfile.ZipFile, cache: Path, progress: Progress) -> None:
        self._check_order(archive)
        rows, columns, _ = self.observation_shape
        with (
            archive.open(f"{IMAGES}.npy") as file,
            staged_file(cache) as staged,
            staged.open("wb") as to,  # not mapped: a full disk would kill the process
        ):
            _check_header(file, (len(self), rows, columns), np.dtype(np.uint8), IMAGES)
            packed = (len(self), rows, columns // 8)
            header = {"descr": "|u1", "fortran_order": False, "shape": packed}
            npy.write_array_header_1_0(to, header)
            for first in range(0, len(self), CHUNK):
                last = min(first + CHUNK, len(self))
                data = _read(file, (last - first) * rows * columns)
                pixels = np.frombuffer(data, np.uint8).reshape(-1, rows, columns)
                if pixels.max() > 1:
                    raise ValueError(f"{IMAGES} holds other values than 0 and 1")
                to.write(np.packbits(pixels, axis=-1).tobytes())
                progress(last, len(self))

    def _check_order(self, archive: zipfile.ZipFile) -> None:
        """Images are found by their factors, so they must stand in the published order."""
        with archive.open(f"{CLASSES}.npy") as file:
            _check_header(file, (len(self), 1 + self.num_factors), np.dtype(np.int64), CLASSES)
            data = _read(file, len(self) * (1 + self.num_factors) * 8)
        classes = np.frombuffer(data, np.int64).reshape(len(self), -1)
        if not np.array_equal(classes[:, 1:], self.factors_of(np.arange(len(self)))):
            raise ValueError(f"{CLASSES} is not in the published order")


def _read(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError("it ends too early")
    return data


def _check_header(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    found = read(file)
    if found != (shape, False, dtype):
        raise ValueError(f"{name} is {found[2]} {found[0]}, not {dtype} {shape}")
