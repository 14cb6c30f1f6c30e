"""Sets of frames: lossless, whole or absent, and clear about what is wrong with them."""

import json
import re
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from perception.png import decode_png, encode_png, png_size
from perception.training.frame_set import FrameSet
from perception.training.frame_set_writer import FrameSetWriter, partial_path

ABOUT = {"seed": 1, "protocol": {"sticky": 0.0}}
LENGTHS = (5, 3, 8, 2, 6)  # of the episodes


def noise(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)


def places(lengths: tuple[int, ...] = LENGTHS) -> list[tuple[int, int]]:
    return [(episode, step) for episode, n in enumerate(lengths) for step in range(n)]


def add(writer: FrameSetWriter, frames: np.ndarray, stop: int | None = None) -> None:
    for i, (episode, step) in list(enumerate(places()))[len(writer.rows) : stop]:
        writer.add(frames[i], episode, step, i % 4, i / 2)


def write(path: Path, frames: np.ndarray) -> FrameSet:
    with FrameSetWriter.create(path, len(frames), ABOUT) as writer:
        add(writer, frames)
        writer.finish()
    return FrameSet.open(path)


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


@pytest.fixture
def frames() -> np.ndarray:
    return noise(sum(LENGTHS), 20, 17, 3)


@pytest.fixture
def plain(tmp_path: Path, frames: np.ndarray) -> Path:
    """A folder of PNG files without an index, numbered without leading zeros."""
    folder = tmp_path / "plain"
    folder.mkdir()
    for i, frame in enumerate(frames):
        (folder / f"{i}.png").write_bytes(encode_png(frame))
    return folder


def test_what_was_written_is_read_bit_by_bit(tmp_path: Path, frames: np.ndarray) -> None:
    made = write(tmp_path / "set", frames)
    assert (made.load() == frames).all()
    assert made.load().dtype == np.uint8
    assert (np.stack(list(made)) == frames).all()
    assert [(row.episode, row.step) for row in made.rows] == places()
    assert [(row.action, row.reward) for row in made.rows[:6:5]] == [(0, 0.0), (1, 2.5)]
    assert (made.shape, made.about, made.skipped) == ((20, 17), ABOUT, {})
    assert [p.name for p in tmp_path.iterdir()] == ["set"]


def test_other_readers_see_the_same_colours(tmp_path: Path, frames: np.ndarray) -> None:
    made = write(tmp_path / "set", frames)
    blue_first = cv2.imread(str(made.path / made.rows[3].file), cv2.IMREAD_UNCHANGED)
    assert (blue_first[..., ::-1] == frames[3]).all()


def test_grey_frames_are_kept_as_one_channel_and_read_as_three(tmp_path: Path) -> None:
    grey = noise(sum(LENGTHS), 20, 17)
    made = write(tmp_path / "set", grey)
    assert (made.load() == grey[..., None].repeat(3, axis=3)).all()
    file = made.path / made.rows[0].file
    assert cv2.imread(str(file), cv2.IMREAD_UNCHANGED).shape == (20, 17)
    assert json.loads((made.path / "frame_set.json").read_text())["channels"] == 1


def test_the_size_of_a_set_is_one(tmp_path: Path, frames: np.ndarray) -> None:
    with FrameSetWriter.create(tmp_path / "set", 2, ABOUT) as writer:
        writer.add(frames[0], 0, 0, 0, 0.0)
        with pytest.raises(ValueError, match=r"shape \(20, 17, 3\), got \(17, 20, 3\)"):
            writer.add(frames[0].transpose(1, 0, 2), 0, 1, 0, 0.0)


@pytest.mark.parametrize("stop", [1, 4, 5, 6, 9, 24])
def test_a_resumed_set_ends_with_the_same_files(
    tmp_path: Path, frames: np.ndarray, stop: int
) -> None:
    whole = write(tmp_path / "whole", frames)
    path = tmp_path / "cut"
    with FrameSetWriter.create(path, len(frames), ABOUT) as writer:
        add(writer, frames, stop)
    assert not path.exists()
    with (partial_path(path) / "index.csv").open("a") as file:
        file.write("000099.png,7")  # a line that was being written
    if stop < len(frames):
        (partial_path(path) / f"{stop:06d}.png").write_bytes(b"\x89PNG half")
    with FrameSetWriter.resume(path, len(frames), ABOUT) as writer:
        begun = places()[stop - 1][0]
        assert len(writer.rows) == sum(LENGTHS[:begun])
        add(writer, frames)
        writer.finish()
    assert contents(path) == contents(whole.path)


def test_a_file_damaged_while_unfinished_is_made_again(tmp_path: Path, frames: np.ndarray) -> None:
    whole = write(tmp_path / "whole", frames)
    path = tmp_path / "cut"
    with FrameSetWriter.create(path, len(frames), ABOUT) as writer:
        add(writer, frames, 20)
    (partial_path(path) / "000006.png").write_bytes(b"")
    with FrameSetWriter.resume(path, len(frames), ABOUT) as writer:
        assert len(writer.rows) == LENGTHS[0]  # 6 is in the second episode
        add(writer, frames)
        writer.finish()
    assert contents(path) == contents(whole.path)


def test_other_settings_do_not_go_on_with_a_set(tmp_path: Path, frames: np.ndarray) -> None:
    path = tmp_path / "set"
    with FrameSetWriter.create(path, 24, ABOUT) as writer:
        add(writer, frames, 9)
    before = contents(partial_path(path))
    other = {"seed": 1, "protocol": {"sticky": 0.25}}
    with pytest.raises(ValueError, match=r"protocol.sticky is 0.0 there, 0.25 was asked for\. "):
        FrameSetWriter.resume(path, 24, other)
    with pytest.raises(ValueError, match="frames is 24 there, 25 was asked for"):
        FrameSetWriter.resume(path, 25, ABOUT)
    with pytest.raises(ValueError, match="add --resume to finish it, or delete"):
        FrameSetWriter.create(path, 24, ABOUT)
    assert contents(partial_path(path)) == before


def test_two_processes_do_not_write_one_set(tmp_path: Path, frames: np.ndarray) -> None:
    with FrameSetWriter.create(tmp_path / "set", 24, ABOUT) as writer:
        add(writer, frames, 9)
        with pytest.raises(ValueError, match="written by another process"):
            FrameSetWriter.resume(tmp_path / "set", 24, ABOUT)
        add(writer, frames)
        writer.finish()
    assert len(FrameSet.open(tmp_path / "set")) == 24


def test_existing_sets_are_not_touched(tmp_path: Path, frames: np.ndarray) -> None:
    made = write(tmp_path / "set", frames)
    before = contents(made.path)
    for begin in (FrameSetWriter.create, FrameSetWriter.resume):
        with pytest.raises(ValueError, match=r"exists already .* delete it, or choose another"):
            begin(made.path, 24, ABOUT)
    assert contents(made.path) == before
    with pytest.raises(ValueError, match=r"other\.partial is no unfinished .* leave --resume"):
        FrameSetWriter.resume(tmp_path / "other", 24, ABOUT)


def test_a_folder_of_others_is_not_gone_on_with(tmp_path: Path) -> None:
    precious = tmp_path / "set.partial" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("not ours")
    for begin in (FrameSetWriter.create, FrameSetWriter.resume):
        with pytest.raises(ValueError, match=r"set\.partial"):
            begin(tmp_path / "set", 24, ABOUT)
    assert contents(precious.parent) == {"precious.txt": b"not ours"}


def test_a_set_that_never_began_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match="full"),
        FrameSetWriter.create(tmp_path / "set", 24, ABOUT),
    ):
        raise OSError("full")
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_set_is_neither_finished_nor_read(tmp_path: Path, frames: np.ndarray) -> None:
    with FrameSetWriter.create(tmp_path / "set", 24, ABOUT) as writer:
        add(writer, frames, 9)
        with pytest.raises(ValueError, match="has 9 of 24 frames"):
            writer.finish()
    with pytest.raises(ValueError, match=r"not a whole set: .* interrupted .* --resume"):
        FrameSet.open(tmp_path / "set.partial")


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_a_split_keeps_episodes_together(tmp_path: Path, frames: np.ndarray, share: float) -> None:
    made = write(tmp_path / "set", frames)
    counts = set()
    for seed in range(20):
        parts = made.split(share, seed)
        episodes = [{row.episode for row in part.rows} for part in parts]
        assert not episodes[0] & episodes[1]
        assert all(episodes)
        assert sorted(parts[0].rows + parts[1].rows) == list(made.rows)
        assert abs(len(parts[1]) - share * 24) <= max(LENGTHS)
        assert parts == made.split(share, seed)
        counts.add(parts[1].rows)
    assert len(counts) > 1  # other seeds hold out other episodes


def test_a_split_reads_its_own_frames(tmp_path: Path, frames: np.ndarray) -> None:
    training, validation = write(tmp_path / "set", frames).split(0.3, seed=0)
    held_out = [i for i, (e, _) in enumerate(places()) if e in {r.episode for r in validation.rows}]
    assert (validation.load() == frames[held_out]).all()
    assert (training.load() == np.delete(frames, held_out, axis=0)).all()


def test_one_episode_is_not_split(plain: Path) -> None:
    with pytest.raises(ValueError, match="cannot be split: its frames are of one episode"):
        FrameSet.open(plain).split(0.2, seed=0)
    with pytest.raises(ValueError, match="validation_share must be between 0 and 1, got 1"):
        FrameSet.open(plain).split(1.0, seed=0)


def test_a_plain_folder_is_read_in_the_order_of_its_numbers(
    plain: Path, frames: np.ndarray
) -> None:
    (plain / "notes.txt").write_text("no picture")
    (plain / "._0.png").write_bytes(b"what some systems leave beside a file")
    made = FrameSet.open(plain)
    assert (made.load() == frames).all()  # 9.png before 10.png
    assert (made.about, made.skipped, made.shape) == ({}, {}, (20, 17))


def flipped(data: bytes) -> bytes:
    return data[:60] + bytes([data[60] ^ 1]) + data[61:]


def header(width: int, height: int, bits: int) -> bytes:
    """A PNG file that says its size and holds nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    size = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IEND", b"")


PNG = encode_png(noise(1, 20, 17, 3)[0])
BAD = [
    (b"", "empty"),
    (b"GIF89a" + bytes(40), "not a PNG file"),
    (PNG[:8] + PNG[33:], "not a PNG file"),
    (PNG[:8], "cut short"),
    (PNG[:-1], "cut short"),
    (PNG[: len(PNG) // 2], "cut short"),
    (flipped(PNG), "damaged: a checksum does not match"),
    (encode_png(noise(1, 17, 20)[0]), "17 x 20 pixels where the set has 20 x 17"),
    (header(17, 20, 16), "16 bits a channel: 8 are expected"),
    (header(60_000, 60_000, 8), "60000 x 60000 pixels: 1 to 4096 a side are read"),
    (header(0, 20, 8), "20 x 0 pixels: 1 to 4096 a side are read"),
]


@pytest.mark.parametrize(("data", "why"), BAD)
def test_a_bad_picture_is_named_and_skipped(
    plain: Path, frames: np.ndarray, data: bytes, why: str
) -> None:
    (plain / "7.png").write_bytes(data)
    made = FrameSet.open(plain)
    assert made.skipped == {"7.png": why}
    assert (made.load() == np.delete(frames, 7, axis=0)).all()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "missing, or no plain file"),
        (PNG[:-1], "its SHA-256 does not match"),
        (PNG, "its SHA-256 does not match"),  # another picture, whole
    ],
)
def test_a_changed_picture_of_an_indexed_set_is_skipped(
    tmp_path: Path, frames: np.ndarray, data: bytes | None, why: str
) -> None:
    path = write(tmp_path / "set", frames).path
    file = path / "000007.png"
    file.unlink() if data is None else file.write_bytes(data)
    made = FrameSet.open(path)
    assert list(made.skipped) == ["000007.png"]
    assert why in made.skipped["000007.png"]
    assert [(row.episode, row.step) for row in made.rows] == places()[:7] + places()[8:]


def test_too_many_bad_pictures_are_refused(plain: Path) -> None:
    for name in ("1.png", "2.png", "5.png", "8.png"):
        (plain / name).write_bytes(PNG[:-9])
    message = "4 of 24 pictures are unusable (1.png: cut short; 2.png: cut short; 5.png: cut short"
    with pytest.raises(ValueError, match=re.escape(message)):
        FrameSet.open(plain)
    assert len(FrameSet.open(plain, most_bad=4 / 24)) == 20
    with pytest.raises(ValueError, match="at most 16% may be"):
        FrameSet.open(plain, most_bad=0.16)


def test_nothing_usable_is_refused_whatever_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder"):
        FrameSet.open(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="has no PNG files"):
        FrameSet.open(tmp_path)
    (tmp_path / "1.png").write_text("text")
    with pytest.raises(ValueError, match="1 of 1 pictures are unusable"):
        FrameSet.open(tmp_path, most_bad=1.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("../secret.png,0,7,0,0.0,ab", "'../secret.png' is not the name of a file"),
        ("7.png,0,7,0", "not enough values"),
        ("7.png,zero,7,0,0.0,ab", "invalid literal"),
    ],
)
def test_a_bad_line_of_the_index_is_named(
    tmp_path: Path, frames: np.ndarray, line: str, message: str
) -> None:
    file = write(tmp_path / "set", frames).path / "index.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:8], line, *lines[9:], ""]))
    with pytest.raises(ValueError, match=f"index.csv, line 9: .*{message}"):
        FrameSet.open(file.parent)


def test_lost_lines_of_the_index_are_noticed(tmp_path: Path, frames: np.ndarray) -> None:
    file = write(tmp_path / "set", frames).path / "index.csv"
    lines = file.read_text().splitlines(keepends=True)
    for kept, found in ((lines[:-1], "23 lines with 23"), ([*lines[:-1], lines[1]], "24 .* 23")):
        file.write_text("".join(kept))
        with pytest.raises(ValueError, match=f"promises 24 frames, index.csv has {found}"):
            FrameSet.open(file.parent)
    file.write_text("nonsense\n")
    with pytest.raises(ValueError, match="is no index of frames"):
        FrameSet.open(file.parent)


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "is not JSON"), ("[]", "of the format"), ('{"format": "other"}', "of the format")],
)
def test_a_bad_description_is_named(
    tmp_path: Path, frames: np.ndarray, text: str, message: str
) -> None:
    file = write(tmp_path / "set", frames).path / "frame_set.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=f"frame_set.json .*{message}"):
        FrameSet.open(file.parent)


def test_png_refuses_what_it_cannot_hold() -> None:
    assert png_size(PNG) == (20, 17)
    with pytest.raises(ValueError, match="float64"):
        encode_png(np.zeros((20, 17, 3)))
    for data in (b"", b"text"):
        with pytest.raises(ValueError, match="not a picture that can be decoded"):
            decode_png(data)
