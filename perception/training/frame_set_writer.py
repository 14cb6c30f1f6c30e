"""Writing a set of frames: it grows in a folder of its own and gets its name when it is whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from perception.files import fsync_directory
from perception.png import encode_png
from perception.training.frame_set import FORMAT, INDEX_NAME, SET_NAME, Row, read_about, read_index

LOCK_NAME = ".lock"


class FrameSetWriter:
    """Adds frames to ``PATH.partial`` and renames it to ``PATH`` in ``finish``.

    Made by `create` or `resume`. `rows` are the frames that are there already: a resumed writer
    has kept the whole episodes that came before the last one begun. A context manager; leaving it
    without `finish` keeps the partial folder if a frame is in it.
    """

    def __init__(self, path: Path, frames: int, about: Mapping[str, Any]) -> None:
        self.path, self.partial = path, partial_path(path)
        self.frames, self.about = frames, dict(about)
        self.rows: list[Row] = []
        self._shape: tuple[int, ...] | None = None

    @classmethod
    def create(cls, path: Path, frames: int, about: Mapping[str, Any]) -> FrameSetWriter:
        """Begin a set of `frames` frames; `about` (JSON values) says how they are made.

        Raises ValueError where the set or an unfinished one of this name exists.
        """
        writer = cls(path, frames, about)
        refuse_existing(path)
        if writer.partial.exists():
            raise ValueError(
                f"{writer.partial} exists: if it is an unfinished collection, add --resume to "
                "finish it, or delete that folder and start anew"
            )
        writer.partial.mkdir(parents=True)
        writer._describe({})
        writer._begin_index()
        return writer

    @classmethod
    def resume(cls, path: Path, frames: int, about: Mapping[str, Any]) -> FrameSetWriter:
        """Go on with an unfinished set, from the beginning of the last episode begun.

        Raises ValueError where there is none, or one that is made in another way.
        """
        writer = cls(path, frames, about)
        refuse_existing(path)
        if not (writer.partial / SET_NAME).is_file():
            raise ValueError(
                f"{writer.partial} is no unfinished collection to go on with: leave --resume out"
            )
        writer._refuse_another()
        writer.rows = _whole_episodes(writer.partial)
        writer._begin_index()
        return writer

    def __enter__(self) -> FrameSetWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.rows:
            shutil.rmtree(self.partial)
        self._index.close()
        self._lock.release()

    def add(self, frame: np.ndarray, episode: int, step: int, action: int, reward: float) -> None:
        """Write one frame, (H, W, 3) or (H, W) uint8, and its line of the index.

        Raises ValueError where the frame is of another shape than the one before.
        """
        if self._shape not in (None, frame.shape):
            raise ValueError(f"expected a frame of shape {self._shape}, got {frame.shape}")
        self._shape = frame.shape
        name = f"{len(self.rows):06d}.png"
        data = encode_png(frame)
        (self.partial / name).write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        self._append(Row(name, episode, step, action, reward, sha256))

    def finish(self) -> None:
        """Write what the whole set is, wait until the disk holds it, and give it its name."""
        if len(self.rows) != self.frames or self._shape is None:
            raise ValueError(f"{self.partial} has {len(self.rows)} of {self.frames} frames")
        height, width, *channels = self._shape
        self._describe({"height": height, "width": width, "channels": (channels or [1])[0]})
        os.sync()  # once for all files: one fsync a frame would take longer than the frame
        os.rename(self.partial, self.path)
        (self.path / LOCK_NAME).unlink()  # it is no part of the set
        fsync_directory(self.path.parent)

    def _append(self, row: Row) -> None:
        self._index.write(_line(row))
        self._index.flush()  # no frame is lost where the process is stopped
        self.rows.append(row)

    def _begin_index(self) -> None:
        """Claim the folder, then write the index anew with the rows that are kept."""
        self._lock = FileLock(self.partial / LOCK_NAME, thread_local=False)
        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise ValueError(f"{self.partial} is being written by another process") from error
        self._index = (self.partial / INDEX_NAME).open("w")
        self._index.write("".join(map(_line, (Row._fields, *self.rows))))
        self._index.flush()

    def _describe(self, shape: Mapping[str, int]) -> None:
        content = {"format": FORMAT, "frames": self.frames, **shape, "about": self.about}
        staged = self.partial / f".{SET_NAME}.staged"
        staged.write_text(json.dumps(content, indent=2) + "\n")
        staged.replace(self.partial / SET_NAME)

    def _refuse_another(self) -> None:
        stored = read_about(self.partial)
        different = _differences(stored.get("about"), self.about, "")
        different += _differences(stored.get("frames"), self.frames, "frames")
        if different:
            raise ValueError(
                f"{self.partial} is made in another way: {'; '.join(different)}. "
                "Give the same settings, or delete that folder and start anew"
            )


def _line(cells: Sequence[object]) -> str:
    return ",".join(map(str, cells)) + "\n"


def partial_path(path: Path) -> Path:
    """Where an unfinished set of the name `path` grows."""
    return path.with_name(path.name + ".partial")


def refuse_existing(path: Path) -> None:
    """Raise ValueError where `path` exists, with two ways on."""
    if path.exists():
        raise ValueError(
            f"{path} exists already and is not overwritten: delete it, or choose another --out"
        )


def _whole_episodes(partial: Path) -> list[Row]:
    """The rows before the last episode begun, or before the first with a file that is not whole."""
    if not (partial / INDEX_NAME).exists():
        return []
    rows = read_index(partial / INDEX_NAME)
    whole = 0
    while whole < len(rows) and _is_whole(partial, rows[whole], whole):
        whole += 1
    first = rows[whole if whole < len(rows) else -1].episode if rows else 0
    return [row for row in rows[:whole] if row.episode < first]


def _is_whole(partial: Path, row: Row, number: int) -> bool:
    file = partial / row.file
    if row.file != f"{number:06d}.png" or not file.is_file():
        return False
    return hashlib.sha256(file.read_bytes()).hexdigest() == row.sha256


def _differences(stored: Any, given: Any, place: str) -> list[str]:
    """One text per setting that differs, nested settings named `outer.inner`."""
    if not (isinstance(stored, Mapping) and isinstance(given, Mapping)):
        return [] if stored == given else [f"{place} is {stored} there, {given} was asked for"]
    found = []
    for key in sorted({*stored, *given}):
        inner = f"{place}.{key}" if place else str(key)
        found += _differences(stored.get(key), given.get(key), inner)
    return found
