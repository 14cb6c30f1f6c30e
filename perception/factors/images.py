"""A folder of images, such as 3D Chairs or CelebA: no factors are known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from perception.picture_file import read_picture

SIDE = 64  # pixels
SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png"}


class ImageFolder:
    """Images of one size, read when they are asked for; those beneath folders too, by name.

    The largest square in the middle of each is scaled to 64 x 64 pixels, white where it is
    transparent. Images are uint8 (rows,
    columns, channels), `observation_shape`, with the channels in the order red, green, blue.

    Raises:
        ValueError: there is no such folder, or no image in it.
    """

    observation_shape = (SIDE, SIDE, 3)

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder of images")
        self.paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
        if not self.paths:
            kinds = ", ".join(sorted(SUFFIXES))
            raise ValueError(f"{folder} holds no images: none of its files ends in {kinds}")
        self._folder = folder

    def __len__(self) -> int:
        return len(self.paths)

    def images(self, index: np.ndarray) -> np.ndarray:
        """(N, 64, 64, 3) the images of these numbers.

        Raises:
            ValueError: a file cannot be read as an image.
        """
        return np.stack([self._read(self.paths[i]) for i in np.asarray(index).tolist()])

    def check(self, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Reads every image once; ``progress`` hears of how many of all. Raises as `images`."""
        for number, path in enumerate(self.paths, start=1):
            self._read(path)
            progress(number, len(self))

    def signature(self) -> dict[str, Any]:
        """How many images there are, and a checksum of their names and sizes."""
        names = ((p.relative_to(self._folder).as_posix(), p.stat().st_size) for p in self.paths)
        listed = "".join(f"{name}\0{size}\n" for name, size in names)
        return {"number": len(self), "sha256": hashlib.sha256(listed.encode()).hexdigest()}

    def _read(self, path: Path) -> np.ndarray:
        image = read_picture(path)
        rows, columns = image.shape[:2]
        least = min(rows, columns)
        top, left = (rows - least) // 2, (columns - least) // 2
        square = image[top : top + least, left : left + least]
        scaled = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return np.asarray(scaled, np.uint8).reshape(self.observation_shape)
