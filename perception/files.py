"""Files that last: folders synced, and named arrays with one JSON text under one checksum."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

FORMAT = "dsrl-perception-1"


def fsync_directory(path: Path) -> None:
    """Makes the names in a folder durable (a rename alone is not, until its folder is synced)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """Where to write a file that takes the place of `path`, synced, once it is whole."""
    staged = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield staged
        with staged.open("rb") as file:
            os.fsync(file.fileno())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def digest(arrays: dict[str, np.ndarray], text: str) -> str:
    """SHA-256 over every name, dtype, shape and byte: safetensors itself sees truncation alone."""
    state = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        state.update(f"{name} {array.dtype.str} {array.shape}".encode())
        state.update(array.tobytes())
    return state.hexdigest()


def write_arrays(path: Path, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
    """Stage, fsync and rename, so that `path` is either the old file or the whole new one."""
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}  # () stays ()
    text = json.dumps(values, sort_keys=True)
    metadata = {"format": FORMAT, "values": text, "sha256": digest(arrays, text)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with staged_file(path) as staged:
        staged.write_bytes(save(arrays, metadata))


def read_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and JSON values of `path`; ValueError, naming it, where it is altered or foreign."""
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(f"{path} is no readable perception file: {error}") from error
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path} is not a {FORMAT} file: train a perception and save it there")
    if digest(arrays, metadata.get("values", "")) != metadata.get("sha256"):
        raise ValueError(f"{path} was altered: its SHA-256 does not fit; train it again")
    values: dict[str, Any] = json.loads(metadata["values"])
    return arrays, values
