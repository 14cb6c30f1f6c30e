"""A folder of images, such as 3D Chairs or CelebA: no factors are known of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png"}


class ImageFolder:
    """Images of one size, read when they are asked for; those beneath folders too, by name.

    The largest square in the middle of each is scaled to ``side`` pixels. Images are uint8 (rows,
    columns, channels), `observation_shape`, with the channels in the order red, green, blue.

    Raises:
        ValueError: there is no such folder, or no image in it.
    """

    def __init__(self, folder: str | Path, side: int = 64, grey: bool = False) -> None:
        folder = Path(folder)
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder of images")
        self.paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
        if not self.paths:
            kinds = ", ".join(sorted(SUFFIXES))
            raise ValueError(f"{folder} holds no images: none of its files ends in {kinds}")
        self.side, self.grey = side, grey
        self.observation_shape = (side, side, 1 if grey else 3)

    def __len__(self) -> int:
        return len(self.paths)

    def images(self, index: np.ndarray) -> np.ndarray:
        """(N, side, side, C) the images of these numbers.

        Raises:
            ValueError: a file cannot be read as an image.
        """
        return np.stack([self._read(self.paths[i]) for i in np.asarray(index).tolist()])

    def _read(self, path: Path) -> np.ndarray:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE if self.grey else cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise ValueError(f"{path} cannot be read as an image: mend it or take it away")
        rows, columns = image.shape[:2]
        least = min(rows, columns)
        top, left = (rows - least) // 2, (columns - least) // 2
        square = image[top : top + least, left : left + least]
        scaled = cv2.resize(square, (self.side, self.side), interpolation=cv2.INTER_AREA)
        return np.asarray(scaled, np.uint8).reshape(self.observation_shape)
