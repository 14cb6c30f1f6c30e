"""Writing that survives a crash: stage, fsync, rename.

A reader sees the old content or the new content of a file or folder, never a half of either.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DiskFullError(OSError):
    """The disk is full; the message says what is safe and what to do."""


def fsync_directory(path: Path) -> None:
    """Makes the names in a folder durable (a rename alone is not, until its folder is synced)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(path: Path, content: bytes) -> None:
    """Writes a new file and waits until the disk holds it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
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


@contextmanager
def staged_directory(path: Path) -> Iterator[Path]:
    """Yields an empty folder beside ``path`` that becomes ``path`` when the block ends well.

    If the block raises, the staged folder is removed and ``path`` never appears. The block syncs
    its own files (``write_synced``).
    """
    staged = path.with_name(f".{path.name}.staged-{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir(parents=True)
        yield staged
        fsync_directory(staged)
        os.rename(staged, path)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    fsync_directory(path.parent)


@contextmanager
def full_disk_named(comfort: str) -> Iterator[None]:
    """Turns the error of a full disk in the block into one line; ``comfort`` says what is safe."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(f"the disk is full: free some space; {comfort}") from error
