"""Videos: each frame as it was, and a file that is whole or not there."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from dsrl.reports import video
from dsrl.reports.video import film
from dsrl.runs.files import DiskFullError

HEIGHT, WIDTH = 21, 16  # odd, as an encoder may not like it


def frames(number: int) -> list[np.ndarray]:
    """A square that moves; every frame differs from the one before."""
    made = np.full((number, HEIGHT, WIDTH, 3), (20, 40, 60), np.uint8)
    for i in range(number):
        made[i, i % 15 : i % 15 + 5, 3:9] = (230, 10 * (i % 20), 30)
    return list(made)


def write(path: Path, shown: list[np.ndarray], rate: int = 15) -> None:
    with film(path, rate) as add:
        for frame in shown:
            add(frame)


def test_a_gif_shows_every_frame_in_its_colours(tmp_path: Path) -> None:
    path, shown = tmp_path / "a" / "game.gif", frames(12)
    write(path, shown)
    with Image.open(path) as gif:
        read = [np.array(f.convert("RGB")) for f in ImageSequence.Iterator(gif)]
        assert gif.info["duration"] == 70  # milliseconds: 15 a second, in hundredths
        assert gif.info["loop"] == 0
    assert len(read) == 12
    for one, other in zip(read, shown, strict=True):
        assert np.array_equal(one, other.repeat(2, axis=0).repeat(2, axis=1))
    assert [file.name for file in path.parent.iterdir()] == ["game.gif"]


def test_a_frame_of_many_colours_keeps_them(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(256, size=(256, 3), dtype=np.uint8)
    frame = colours.reshape(16, 16, 3)
    write(tmp_path / "game.gif", [frame])
    with Image.open(tmp_path / "game.gif") as gif:
        assert np.array_equal(np.array(gif.convert("RGB"))[::2, ::2], frame)


def test_an_mp4_shows_every_frame(tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path, shown = tmp_path / "game.mp4", frames(12)
    write(path, shown)
    reader = ffmpeg.read_frames(path)
    about = next(reader)
    assert (about["size"], about["fps"], about["codec"]) == ((64, 84), 15.0, "h264")
    read = [np.frombuffer(f, np.uint8).reshape(84, 64, 3) for f in reader]
    assert len(read) == 12
    for one, other in zip(read, shown, strict=True):
        inside = one[2::4, 2::4].astype(int) - other
        assert np.abs(inside).mean() < 6  # as good as the same, apart from edges


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_what_is_left_leaves_what_was_there(tmp_path: Path, suffix: str) -> None:
    if suffix == ".mp4":
        pytest.importorskip("imageio_ffmpeg")
    path = tmp_path / f"game{suffix}"
    path.write_text("earlier")
    with pytest.raises(KeyboardInterrupt), film(path, 15) as add:
        add(frames(1)[0])
        raise KeyboardInterrupt
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["game.avi", "game", "game.MP3"])
def test_an_unknown_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"a file \.mp4 or \.gif, and .* is neither"):
        write(tmp_path / "new" / name, frames(1))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "game.gif").mkdir()
    with pytest.raises(ValueError, match="is a folder: name a file"):
        write(tmp_path / "game.gif", frames(1))


def test_a_missing_encoder_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install imageio-ffmpeg \(the extra dsrl\[video\]\)"):
        write(tmp_path / "game.mp4", frames(1))
    write(tmp_path / "game.gif", frames(1))


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(DiskFullError, match=r"the disk is full.*game\.gif was not written"):
        write(tmp_path / "game.gif", frames(2))
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_dies_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    monkeypatch.setattr(ffmpeg, "count_frames_and_secs", lambda path: (3, 1.0))
    with pytest.raises(ValueError, match="the encoder stopped after 12 frames: is the disk full"):
        write(tmp_path / "game.mp4", frames(12))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    if os.name == "posix":  # one that ends at once: its pipe breaks
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/bin/false")
        with pytest.raises(ValueError, match="the encoder stopped after"):
            write(tmp_path / "game.mp4", frames(12))
        assert list(tmp_path.iterdir()) == []
