"""Writing that survives a crash: stage, fsync, rename.

A reader sees the old content or the new content of a file or folder, never a half of either.
"""

import csv
import errno
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from perception.files import fsync_directory


class DiskFullError(OSError):
    """The disk is full; the message says what is safe and what to do."""


def check_writable(path: Path) -> None:
    """OSError, before any work for it, where nothing can be written at a path to come or to go on.

    The folders on the way to it need not be there yet.
    """
    here = next(each for each in (path, *path.parents, Path()) if each.exists())
    if here != path and not here.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is no folder", str(here))
    if not os.access(here, os.W_OK | (os.X_OK if here.is_dir() else 0)):
        raise PermissionError(errno.EACCES, "it cannot be written", str(here))


def write_synced(path: Path, content: bytes) -> None:
    """Writes a new file and waits until the disk holds it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Waits until the disk holds a file that was written."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_atomic(path: Path, content: bytes) -> None:
    """Replaces a file in one step; on any error the earlier file stays as it was."""
    staged = path.with_name(f".{path.name}.staged-{os.getpid()}")
    try:
        write_synced(staged, content)
        os.replace(staged, path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    fsync_directory(path.parent)


def csv_bytes(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> bytes:
    """A header and a line for each row, UTF-8; what a row lacks, or has as None, is empty.

    Without `columns` they are the rows' own, in the order in which they first appear. Raises
    ValueError where a row has another than `columns`.
    """
    if columns is None:
        columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@contextmanager
def staged_directory(path: Path) -> Iterator[Path]:
    """Yields an empty folder beside ``path`` that becomes ``path`` when the block ends well.

    If the block raises, the staged folder is removed and ``path``, which must be free (`is_free`),
    stays as it was, as do the folders that lead to it. The block syncs its own files
    (``write_synced``).
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    staged = path.with_name(f".{path.name}.staged-{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir(parents=True)
        yield staged
        fsync_directory(staged)
        os.rename(staged, path)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        with suppress(OSError):  # one that is no longer empty is of another
            for folder in missing:
                folder.rmdir()
        raise
    fsync_directory(path.parent)


def is_free(path: Path) -> bool:
    """Whether nothing is at ``path``, or an empty folder, which `staged_directory` replaces."""
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


@contextmanager
def full_disk_named(comfort: str) -> Iterator[None]:
    """Turns the error of a full disk in the block into one line; ``comfort`` says what is safe."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(f"the disk is full: free some space; {comfort}") from error
