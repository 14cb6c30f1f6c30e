"""Folders of images of any size."""

import shutil
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
    data = ImageFolder(folder)
    assert [path.name for path in data.paths] == ["a.png", "b.PNG"]
    assert data.observation_shape == (64, 64, 3)
    first, second = data.images(np.array([0, 1]))
    assert (first == (0, 0, 255)).all()
    assert (second == 90).all()


def test_every_image_is_looked_at(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    ImageFolder(folder).check(lambda *each: told.append(each))
    assert told == [(1, 2), (2, 2)]
    (folder / "broken.jpg").write_bytes(b"no jpeg")
    with pytest.raises(ValueError, match=r"broken\.jpg cannot be read as an image"):
        ImageFolder(folder).check()


def test_what_is_there_is_known_again_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    before = ImageFolder(folder).signature()
    assert before["number"] == 2
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert ImageFolder(moved).signature() == before
    (moved / "a.png").rename(moved / "c.png")  # the order is another one
    assert ImageFolder(moved).signature() != before
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes() + b"more")
    assert ImageFolder(folder).signature()["sha256"] != before["sha256"]


def test_what_is_no_folder_of_images(folder: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder of images"):
        ImageFolder(folder / "none")
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no images"):
        ImageFolder(folder / "empty")
    (folder / "broken.jpg").write_bytes(b"no jpeg")
    with pytest.raises(ValueError, match=r"broken\.jpg cannot be read as an image"):
        ImageFolder(folder).images(np.arange(3))
