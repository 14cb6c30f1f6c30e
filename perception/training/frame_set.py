"""A set of frames: a folder of lossless PNG files with an index, read in order from the disk.

`frame_set.json` says what the set is, `index.csv` names the files in order, each with episode,
step, action, reward and the file's SHA-256. A folder of PNG files alone is a set too: its files
in the order of their names, one episode. `frame_set_writer.py` writes sets.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from perception.png import decode_png, png_size

FORMAT = "dsrl-frame-set-1"
SET_NAME, INDEX_NAME = "frame_set.json", "index.csv"
MOST_BAD = 0.05  # share of unusable pictures above which a set is refused


class Row(NamedTuple):
    """One picture of a set; what a folder without an index does not say is None.

    `action` is the one chosen on seeing the frame, `reward` the raw score gained since the frame
    before.
    """

    file: str
    episode: int
    step: int
    action: int | None = None
    reward: float | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class FrameSet:
    """The usable pictures of a folder, in order, all of one size.

    `shape` is (rows, columns), `about` what the collector wrote of the set's making ({} without an
    index), `skipped` the unusable files, each with the reason.
    """

    path: Path
    rows: tuple[Row, ...]
    shape: tuple[int, int]
    about: Mapping[str, Any]
    skipped: Mapping[str, str]

    @classmethod
    def open(cls, path: str | Path, most_bad: float = MOST_BAD) -> FrameSet:
        """Read every file once and check it; the pictures are decoded only when iterated over.

        Raises ValueError where there is no set, none of its pictures is usable, or more than the
        share `most_bad` of them is not.
        """
        path = Path(path)
        if not path.is_dir():
            raise ValueError(f"{path} is not a folder: give a folder of PNG files")
        if (path / SET_NAME).is_file():
            rows, shape, about = _read_indexed(path)
        else:
            rows, shape, about = _list_plain(path), None, {}
        sizes = {row: _size_or_fault(path, row) for row in rows}
        if shape is None:
            shape = _commonest([size for size in sizes.values() if not isinstance(size, str)])
        faults = {row.file: _fault(size, shape) for row, size in sizes.items() if size != shape}
        _refuse_bad(path, len(rows), faults, most_bad)
        usable = tuple(row for row in rows if row.file not in faults)
        assert shape is not None  # some picture is usable
        return cls(path, usable, shape, about, faults)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[np.ndarray]:
        """One picture after the other, (H, W, 3) uint8; grey ones have three equal channels."""
        for row in self.rows:
            file = self.path / row.file
            try:
                picture = decode_png(file.read_bytes())
            except ValueError as error:
                raise ValueError(f"{file}: {error}") from error
            if picture.shape[:2] != self.shape:
                raise ValueError(f"{file} was changed while the set was read: open it again")
            yield picture

    def load(self) -> np.ndarray:
        """All pictures, (N, H, W, 3) uint8: 100,800 bytes for each of 210 x 160 pixels."""
        frames = np.empty((len(self), *self.shape, 3), np.uint8)
        for i, picture in enumerate(self):
            frames[i] = picture
        return frames

    def split(self, validation_share: float, seed: int) -> tuple[FrameSet, FrameSet]:
        """Training and validation sets of whole episodes, so that no frame's neighbour leaks.

        The episodes are drawn at random; as many go to validation as come nearest to the share of
        frames, at least one. Raises ValueError where there are fewer than two episodes.
        """
        if not 0 < validation_share < 1:
            raise ValueError(f"validation_share must be between 0 and 1, got {validation_share}")
        lengths = Counter(row.episode for row in self.rows)
        if len(lengths) < 2:
            raise ValueError(
                f"{self.path} cannot be split: its frames are of one episode, where each "
                "resembles the next; collect more, or keep two folders"
            )
        order = np.random.default_rng(seed).permutation(sorted(lengths))
        frames = np.cumsum([lengths[episode] for episode in order])[:-1]
        count = 1 + int(np.abs(frames - validation_share * len(self)).argmin())
        held_out = set(order[:count].tolist())
        training = tuple(row for row in self.rows if row.episode not in held_out)
        validation = tuple(row for row in self.rows if row.episode in held_out)
        return replace(self, rows=training), replace(self, rows=validation)


def read_index(file: Path) -> list[Row]:
    """The whole rows of an index; a last line without its end is left out.

    Raises ValueError, naming the line, where one is not as `Row` says.
    """
    content = file.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].decode(errors="replace").splitlines()
    if not lines or lines[0].split(",") != list(Row._fields):
        raise ValueError(f"{file} is no index of frames: its first line must name {Row._fields}")
    return [_row(file, number, line.split(",")) for number, line in enumerate(lines[1:], 2)]


def _row(file: Path, number: int, cells: list[str]) -> Row:
    try:
        name, episode, step, action, reward, sha256 = cells
        if Path(name).name != name or not name:
            raise ValueError(f"{name!r} is not the name of a file in this folder")
        return Row(name, int(episode), int(step), int(action), float(reward), sha256)
    except ValueError as error:
        raise ValueError(f"{file}, line {number}: {error}") from error


def read_about(path: Path) -> dict[str, Any]:
    """The content of a folder's frame_set.json; ValueError where it is not one."""
    file = path / SET_NAME
    try:
        content = json.loads(file.read_bytes())
    except ValueError as error:
        raise ValueError(f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{file} does not describe a set of frames of the format {FORMAT}")
    return content


def _read_indexed(path: Path) -> tuple[list[Row], tuple[int, int], dict[str, Any]]:
    content = read_about(path)
    try:
        shape = (int(content["height"]), int(content["width"]))
        frames, about = int(content["frames"]), dict(content["about"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is not a whole set: {SET_NAME} lacks {error}; a collection that was "
            "interrupted is finished by its own command with --resume"
        ) from error
    rows = read_index(path / INDEX_NAME)
    if len(rows) != frames or len({row.file for row in rows}) != frames:
        raise ValueError(
            f"{path} is not whole: {SET_NAME} promises {frames} frames, {INDEX_NAME} has "
            f"{len(rows)} lines with {len({row.file for row in rows})} files; collect it again"
        )
    return rows, shape, about


def _list_plain(path: Path) -> list[Row]:
    names = [file.name for file in path.iterdir() if file.suffix.lower() == ".png"]
    names = sorted((name for name in names if name[0] != "."), key=_number_by_number)
    if not names:
        raise ValueError(f"{path} has no PNG files and no {SET_NAME}: give a folder with frames")
    return [Row(name, 0, step) for step, name in enumerate(names)]


def _number_by_number(name: str) -> list[tuple[int, str]]:
    """A key that sorts 9.png before 10.png."""
    parts = re.split("([0-9]+)", name)
    return [(int(part), "") if i % 2 else (0, part) for i, part in enumerate(parts)]


def _size_or_fault(path: Path, row: Row) -> tuple[int, int] | str:
    """(rows, columns) of a whole picture, or what is wrong with it."""
    file = path / row.file
    if not file.is_file():
        return "missing, or no plain file"
    try:
        data = file.read_bytes()
        if row.sha256 is not None and hashlib.sha256(data).hexdigest() != row.sha256:
            return "changed since it was collected: its SHA-256 does not match"
        return png_size(data)
    except (ValueError, OSError) as error:
        return str(error)


def _commonest(sizes: list[tuple[int, int]]) -> tuple[int, int] | None:
    return Counter(sizes).most_common(1)[0][0] if sizes else None


def _fault(size: tuple[int, int] | str, shape: tuple[int, int] | None) -> str:
    if isinstance(size, str) or shape is None:
        return str(size)
    return f"{size[0]} x {size[1]} pixels where the set has {shape[0]} x {shape[1]}"


def _refuse_bad(path: Path, number: int, faults: Mapping[str, str], most_bad: float) -> None:
    if len(faults) == number or len(faults) > most_bad * number:
        raise ValueError(
            f"{path}: {describe_faults(faults, number)}; at most {most_bad:.0%} may be: "
            "take them out of the folder, or collect it again"
        )


def describe_faults(faults: Mapping[str, str], number: int) -> str:
    """One line that counts the unusable among `number` pictures and names the first three."""
    first = "; ".join(f"{name}: {why}" for name, why in list(faults.items())[:3])
    more = " ..." if len(faults) > 3 else ""
    return f"{len(faults)} of {number} pictures are unusable ({first}{more})"
