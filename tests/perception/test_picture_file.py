"""Pictures from files are as a person sees them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from perception.picture_file import read_picture

TALL = np.zeros((60, 40, 4), np.uint8)
TALL[:20] = (255, 0, 0, 255)  # red at the top, transparent below
TURNED = 6  # of EXIF: the file's columns, from its last, are the rows that are seen
ORIENTATION = 0x0112


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.fromarray(TALL).save(tmp_path / "a.png")
    read = read_picture(tmp_path / "a.png")
    assert (read[:20] == (255, 0, 0)).all()
    assert (read[20:] == 255).all()


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_picture_is_turned_as_its_file_says(name: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    Image.fromarray(TALL[..., :3]).save(tmp_path / name, exif=exif)
    read = read_picture(tmp_path / name)
    assert read.shape == (40, 60, 3)
    assert read[:, 45:, 0].min() > 200  # the top came to the right
    assert read[:, :35].max() < 20


def test_grey_of_16_bits_keeps_its_light(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((8, 8), 40_000, np.uint16))
    assert (read_picture(tmp_path / "a.png") == 40_000 >> 8).all()


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)).save(
        tmp_path / "a.png"
    )
    whole = (tmp_path / "a.png").read_bytes()
    for length in (0, 20, 60, len(whole) // 2):
        (tmp_path / "b.png").write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"b\.png cannot be read as an image"):
            read_picture(tmp_path / "b.png")
