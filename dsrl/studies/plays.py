"""Plays kept in files, so that many jobs look at the same frames and none plays them again."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.agent import Agent
from agents.envs import Protocol
from dsrl.scoring.play import Memory, play
from perception.files import staged_file

RANDOM, TRAINED = "random", "trained"


class Play(NamedTuple):
    """Frames (F, H, W, 3) uint8, and the memory (F, 2, bytes) behind each, for scoring alone."""

    frames: np.ndarray
    memory: np.ndarray

    def memories(self) -> list[Memory]:
        """Of each frame."""
        return [(pair[0], pair[1]) for pair in self.memory]


def recorded(
    file: Path, protocol: Protocol, frames: int, seed: int, player: Agent | None = None
) -> Play:
    """The play in `file`, which is made where it does not exist; by chance without a player."""
    if not file.exists():
        made = _played(protocol, frames, seed, player)
        file.parent.mkdir(parents=True, exist_ok=True)
        with staged_file(file) as staged, staged.open("wb") as out:
            np.savez_compressed(out, **made._asdict())
        del made
    return load(file)


def _played(protocol: Protocol, frames: int, seed: int, player: Agent | None) -> Play:
    """Written in place as it goes: of 100,000 frames, 10 GB, there is no room for two copies."""
    seen = play(protocol, seed, player)
    first = next(seen)
    made = Play(
        np.empty((frames, *first.frame.shape), np.uint8),
        np.empty((frames, *np.shape(first.memory)), np.uint8),
    )
    for i, o in enumerate(chain([first], islice(seen, frames - 1))):
        made.frames[i], made.memory[i] = o.frame, o.memory
    return made


def load(file: Path) -> Play:
    """A play that was recorded. FileNotFoundError, or ValueError where it is no such file."""
    try:
        with np.load(file) as arrays:
            return Play(arrays["frames"], arrays["memory"])
    except (KeyError, ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{file} is no recorded play: remove it, and it is made anew") from error
