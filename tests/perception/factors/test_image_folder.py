"""Folders of images of any size."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from perception.factors.images import ImageFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "beneath").mkdir()
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 20:60] = (255, 0, 0)  # blue, as OpenCV writes it, in the square that is kept
    cv2.imwrite(str(tmp_path / "a.png"), wide)
    cv2.imwrite(str(tmp_path / "beneath" / "b.PNG"), np.full((100, 50), 90, np.uint8))
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_the_middle_is_scaled_to_one_size(folder: Path) -> None:
    data = ImageFolder(folder, side=32)
    assert [path.name for path in data.paths] == ["a.png", "b.PNG"]
    assert data.observation_shape == (32, 32, 3)
    first, second = data.images(np.array([0, 1]))
    assert (first == (0, 0, 255)).all()
    assert (second == 90).all()


def test_grey(folder: Path) -> None:
    images = ImageFolder(folder, side=16, grey=True).images(np.array([1, 1]))
    assert images.shape == (2, 16, 16, 1)
    assert (images == 90).all()


def test_what_is_no_folder_of_images(folder: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder of images"):
        ImageFolder(folder / "none")
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no images"):
        ImageFolder(folder / "empty")
    (folder / "broken.jpg").write_bytes(b"no jpeg")
    with pytest.raises(ValueError, match=r"broken\.jpg cannot be read as an image"):
        ImageFolder(folder).images(np.arange(3))
