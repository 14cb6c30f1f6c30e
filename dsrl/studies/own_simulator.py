"""Simulators of a user's own: a class in a file, given on the command line."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perception.simulators import Simulator

OURS = "perception.simulators."
MEMBERS = (
    "name", "parameter_names", "low", "high", "observation_shape", "sample_parameters", "simulate",
)  # fmt: skip


def is_own(name: str) -> bool:
    """Whether a simulator's name is that of a class in a file, FILE.py:Class."""
    return name.rpartition(":")[0].endswith(".py")


def own_simulator(name: str) -> Simulator:
    """The simulator of FILE.py:Class, made without arguments; the file is run.

    Raises ValueError, saying what is wrong: no such file or class, the file fails, or the class
    lacks a member of `Simulator`.
    """
    file, _, class_name = name.rpartition(":")
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"--simulator {name}: there is no file {file}")
    spec = importlib.util.spec_from_file_location(f"own_{path.stem}", path.resolve())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # where a class is asked for its file
    try:
        spec.loader.exec_module(module)
        made = getattr(module, class_name)()
    except AttributeError as error:
        if hasattr(module, class_name):
            raise ValueError(f"--simulator {name}: {class_name}() failed: {error}") from error
        classes = [n for n, each in vars(module).items() if inspect.isclass(each)]
        raise ValueError(
            f"--simulator {name}: {file} has no class {class_name}: it has "
            f"{', '.join(classes) or 'none'}"
        ) from error
    except Exception as error:  # whatever somebody's file may raise
        raise ValueError(f"--simulator {name}: {type(error).__name__}: {error}") from error
    if missing := [each for each in MEMBERS if not hasattr(made, each)]:
        raise ValueError(f"--simulator {name}: {class_name} lacks {', '.join(missing)}")
    return made


def source_of(simulator: Simulator) -> dict[str, str]:
    """What a run's settings say of the file that a simulator of one's own is written in: its name
    and sum. Empty for ours, and for one that is in no file."""
    kind = type(simulator)
    if kind.__module__.startswith(OURS):
        return {}
    try:
        path = Path(inspect.getfile(kind))
    except (TypeError, OSError):
        return {}
    if not path.is_file():
        return {}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "class": kind.__name__, "sha256": digest}


def refuse_another(stored: Mapping[str, Any], simulator: Simulator) -> None:
    """ValueError where the file of a simulator is not as it was when a run was trained on it."""
    was, now = stored.get("source"), source_of(simulator)
    if was and now and was != now:
        raise ValueError(
            f"it was trained on {was['class']} of {was['file']}, sum {was['sha256'][:12]}; given "
            f"is {now['class']} of {now['file']}, sum {now['sha256'][:12]}: give the file as it was"
        )
