"""Checkpoints: nested states as safetensors and JSON under a SHA-256 manifest. No code in them.

``checkpoints/step-000012345/`` holds ``state.json`` (the nesting and all plain values),
``arrays.safetensors`` (arrays and bytes) and ``manifest.json`` (length and SHA-256 of both:
safetensors itself notices a cut file but not a flipped bit).
"""

import hashlib
import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from dsrl.runs.files import full_disk_named, staged_directory, write_synced
from dsrl.runs.rundir import RunError

KEEP = 2
STATE, ARRAYS, MANIFEST = "state.json", "arrays.safetensors", "manifest.json"
ARRAY_MARK, BYTES_MARK = "__array__", "__bytes__"


def save_checkpoint(folder: Path, step: int, state: Mapping[str, Any]) -> Path:
    """Writes ``state`` as ``folder/step-<step>`` in one move and keeps the newest two.

    Equal states (order of keys included, and it is kept) give equal bytes.

    Args:
        state: nested dicts and lists of JSON values, numpy arrays and bytes.

    Raises:
        TypeError: something else is in the state (its place is named).
        DiskFullError: the disk is full; what was saved earlier is untouched.
    """
    arrays: dict[str, np.ndarray] = {}
    plain = _split(state, "", arrays)
    contents = {
        STATE: json.dumps(plain, separators=(",", ":")).encode(),
        ARRAYS: save_arrays(arrays),
    }
    manifest = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in contents.items()
    }
    contents[MANIFEST] = (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode()
    path = folder / f"step-{step:09d}"
    _remove_staged(folder)
    with (
        full_disk_named(
            f"{path} was not written, what was saved before is intact; --resume goes on"
        ),
        staged_directory(path) as staged,
    ):
        for name, content in contents.items():
            write_synced(staged / name, content)
        if path.exists():  # a damaged one, or one of a stretch that is being played again
            shutil.rmtree(path)
    for old in checkpoints(folder)[KEEP:]:
        shutil.rmtree(old)
    return path


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, newest first."""
    return sorted(folder.glob("step-" + "[0-9]" * 9), reverse=True)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Reads one checkpoint.

    Raises:
        RunError: it is incomplete or was altered; the file is named.
    """
    manifest = _json(path / MANIFEST, _read(path / MANIFEST))
    contents = {}
    for name in (STATE, ARRAYS):
        content = _read(path / name)
        try:
            expected = manifest[name]["sha256"]
        except (KeyError, TypeError) as error:
            raise RunError(f"{path / MANIFEST} does not list {name}") from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise RunError(f"{path / name} is damaged: its SHA-256 is not that of the manifest")
        contents[name] = content
    try:
        arrays = load_arrays(contents[ARRAYS])
        state: dict[str, Any] = _join(_json(path / STATE, contents[STATE]), arrays)
    except (SafetensorError, KeyError) as error:
        raise RunError(f"{path} cannot be put together: {error!r}") from error
    return state


def load_newest(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The newest checkpoint that is whole; damaged newer ones are named in a warning.

    Raises:
        RunError: there is none.
    """
    problems = []
    for path in checkpoints(folder):
        try:
            state = load_checkpoint(path)
        except RunError as error:
            problems.append(str(error))
            continue
        for problem in problems:
            warnings.warn(f"{problem}; using the earlier {path.name}", stacklevel=2)
        return path, state
    found = "; ".join(problems) or "there is none"
    raise RunError(f"{folder} holds no usable checkpoint: {found}")


def _split(value: Any, place: str, arrays: dict[str, np.ndarray]) -> Any:
    """The value with arrays and bytes moved to ``arrays`` and a mark in their place."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or key in (ARRAY_MARK, BYTES_MARK):
                raise TypeError(f"state{place}: key {key!r} is not a usable text")
        return {key: _split(item, f"{place}/{key}", arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_split(item, f"{place}/{index}", arrays) for index, item in enumerate(value)]
    name = f"{len(arrays)}{place}"  # the number keeps a key "a/b" apart from b within a
    if isinstance(value, bytes):
        arrays[name] = np.frombuffer(value, np.uint8)
        return {BYTES_MARK: name}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            raise TypeError(f"state{place}: an array of {value.dtype} cannot be saved")
        # safetensors writes the buffer as it lies, so it must lie in order
        arrays[name] = np.array(value, dtype=value.dtype.newbyteorder("="), order="C")
        return {ARRAY_MARK: name}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"state{place}: a {type(value).__name__} cannot be saved")


def _join(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, dict):
        if ARRAY_MARK in value:
            return arrays[value[ARRAY_MARK]].copy()  # writable
        if BYTES_MARK in value:
            return arrays[value[BYTES_MARK]].tobytes()
        return {key: _join(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_join(item, arrays) for item in value]
    return value


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing") from error


def _json(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}") from error


def _remove_staged(folder: Path) -> None:
    """What a killed process left half-written."""
    for staged in folder.glob(".step-*.staged-*"):
        shutil.rmtree(staged, ignore_errors=True)
