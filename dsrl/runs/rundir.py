"""A run directory: one folder that holds everything about one run, and refuses to be overwritten.

``runs/<name>/config.json`` (configuration, command, commit, versions; sealed by its own SHA-256),
append-only CSV files, and what others put beside them (``states/``, ``checkpoints/``,
``tensorboard/``).
"""

import csv
import hashlib
import importlib.metadata
import io
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from agents.protocol import Protocol
from dsrl.runs.files import is_free, staged_directory, write_atomic, write_synced

CONFIG_NAME = "config.json"
LOCK_NAME = ".lock"  # held by the process that writes
METRICS, TIMING, CHECKPOINTS = "metrics.csv", "timing.csv", "checkpoints"
STATES = "states"  # the folder of the log of training
PACKAGES = (
    "ale-py",
    "clingo",
    "gymnasium",
    "numpy",
    "opencv-python",
    "opencv-python-headless",
    "safetensors",
    "scipy",
    "stable-baselines3",
    "torch",
)


class RunError(ValueError):
    """Something about a run directory is not as it must be; the message says what to do."""


def command_line() -> str:
    """The command that started this process, without the folder of the program itself."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def resume_command() -> str:
    """The command that goes on with what this one left unfinished."""
    command = command_line()
    return command if "--resume" in command.split() else f"{command} --resume"


def code_commit() -> str:
    """The commit of this source tree (``-modified`` if it was changed since), or ``unknown``."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return "unknown"
    try:
        commit = _git(root, "rev-parse", "HEAD")
        modified = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}-modified" if modified else commit


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def package_versions() -> dict[str, str]:
    """Python's version and that of each package whose version can change a result."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _about() -> dict[str, Any]:
    return {
        "command": command_line(),
        "commit": code_commit(),
        "versions": package_versions(),
    }


def _with_seal(content: Mapping[str, Any]) -> bytes:
    return (json.dumps({**content, "sha256": _sealed(content)}, indent=2) + "\n").encode()


def _sealed(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class RunDir:
    """One run directory, made by ``create`` or found by ``open``.

    ``config`` is the configuration given to ``create``; ``about`` the command, the commit and the
    versions it was started with.
    """

    def __init__(self, path: Path, config: dict[str, Any], about: dict[str, Any]) -> None:
        self.path = path
        self.config = config
        self.about = about
        self._repaired: set[str] = set()
        self._lock = FileLock(path / LOCK_NAME, thread_local=False)

    @classmethod
    def create(cls, path: str | Path, config: Mapping[str, Any]) -> "RunDir":
        """Makes a new run directory.

        Raises:
            RunError: something is there already.
        """
        path = Path(path)
        if not is_free(path):
            raise RunError(
                f"{path} exists already and is not overwritten: "
                "add --resume to go on with it, or choose another place with --name or --out"
            )
        about = _about()
        text = _with_seal({"config": dict(config), **about})
        with staged_directory(path) as staged:
            write_synced(staged / CONFIG_NAME, text)
        return cls(path, json.loads(text)["config"], about)

    @classmethod
    def open(cls, path: str | Path) -> "RunDir":
        """Opens an existing run directory for reading or going on; changes nothing.

        Raises:
            RunError: it is no run directory, or its config.json was damaged or altered.
        """
        path = Path(path)
        if not path.is_dir():
            raise RunError(f"{path} is not a folder: give the path of a run, such as runs/NAME")
        file = path / CONFIG_NAME
        if not file.is_file():
            raise RunError(f"{path} is not a run directory: it has no {CONFIG_NAME}")
        try:
            content = json.loads(file.read_text())
            seal = content.pop("sha256")
            config = dict(content["config"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RunError(f"{file} cannot be read as a run's configuration: {error!r}") from error
        if seal != _sealed(content):
            raise RunError(
                f"{file} was altered after the run began (its SHA-256 does not match): "
                "restore it, or start another run with the settings you want"
            )
        about = {key: value for key, value in content.items() if key != "config"}
        return cls(path, config, about)

    def lock(self) -> None:
        """Claims the run for writing until this process ends.

        Raises:
            RunError: another process is writing to it.
        """
        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            fault = f"{self.path} is being written by another process: wait for it"
            raise RunError(fault) from error

    def extend(self, config: Mapping[str, Any]) -> None:
        """Goes on with another configuration, of which the file keeps when and by what it came.

        Raises:
            RunError: the run is not locked by this process.
        """
        if not self._lock.is_locked:
            raise RunError(f"{self.path} must be locked before it is extended")
        self.about = {**self.about, "extended": [*self.about.get("extended", []), _about()]}
        self.config = json.loads(json.dumps(dict(config)))
        write_atomic(self.path / CONFIG_NAME, _with_seal({"config": self.config, **self.about}))

    def unlock(self) -> None:
        """Gives the claim back (the end of the process, however it comes, does so too)."""
        self._lock.release()

    def append(self, csv_name: str, row: Mapping[str, Any]) -> None:
        """Adds one row to a CSV file of the run and syncs it; the first row sets the header.

        A last line that a killed process left unfinished is cut before the first row is added.

        Raises:
            RunError: the row's columns are not those of the file.
        """
        path = self.path / csv_name
        if csv_name not in self._repaired:
            self._repair(path)
            self._repaired.add(csv_name)
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, fieldnames=list(row), lineterminator="\n")
        header = _header(path)
        if header is None:
            writer.writeheader()
        elif header != list(row):
            raise RunError(f"{path} has the columns {header}, the new row has {list(row)}")
        writer.writerow(row)
        with path.open("a") as file:
            file.write(buffer.getvalue())
            file.flush()
            os.fsync(file.fileno())

    def rows(self, csv_name: str) -> list[dict[str, str]]:
        """The finished rows of a CSV file as text by column; [] if there is no such file yet."""
        path = self.path / csv_name
        if not path.exists():
            return []
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1].decode()
        return list(csv.DictReader(io.StringIO(whole)))

    def columns(self, csv_name: str) -> dict[str, np.ndarray]:
        """The same where all are numbers, by column: int64 where all are whole, else float64."""
        rows = self.rows(csv_name)
        return {name: _numbers([row[name] for row in rows]) for name in (rows[0] if rows else ())}

    def size(self, csv_name: str) -> int:
        """Length of a CSV file in bytes (0 if absent): what a checkpoint stores for truncate."""
        path = self.path / csv_name
        return path.stat().st_size if path.exists() else 0

    def truncate(self, csv_name: str, size: int) -> None:
        """Cuts a CSV file back to the length it had at a checkpoint.

        Raises:
            RunError: the file is shorter than that, so rows were lost by other means.
        """
        path = self.path / csv_name
        if self.size(csv_name) < size:
            raise RunError(
                f"{path} has {self.size(csv_name)} bytes, the checkpoint saw {size}: rows are "
                "missing, so the run cannot go on exactly; start another with --name or --out"
            )
        if path.exists():
            os.truncate(path, size)

    @staticmethod
    def _repair(path: Path) -> None:
        if not path.exists():
            return
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)


def of_game(run: RunDir) -> RunDir:
    """The same run. RunError: it is of no game."""
    if "protocol" not in run.config:
        raise RunError(f"{run.path} is a run of no game: give one of dsrl train or dsrl baseline")
    return run


def protocol_of(run: RunDir) -> Protocol:
    """The conditions a run's game is played under. RunError: it is of no game."""
    return Protocol.from_json(of_game(run).config["protocol"])


def _numbers(texts: list[str]) -> np.ndarray:
    try:
        return np.array([int(text) for text in texts], np.int64)
    except ValueError:
        return np.array([float(text) for text in texts], np.float64)


def _header(path: Path) -> list[str] | None:
    if not path.exists() or path.stat().st_size == 0:
        return None
    with path.open(newline="") as file:
        return next(csv.reader(file))
