"""Plays kept in files, so that many jobs look at the same frames and none plays them again."""

from __future__ import annotations

from itertools import islice
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
        seen = list(islice(play(protocol, seed, player), frames))
        made = Play(np.stack([o.frame for o in seen]), np.stack([np.stack(o.memory) for o in seen]))
        file.parent.mkdir(parents=True, exist_ok=True)
        with staged_file(file) as staged, staged.open("wb") as out:
            np.savez_compressed(out, **made._asdict())
    return load(file)


def load(file: Path) -> Play:
    """A play that was recorded. FileNotFoundError, or ValueError where it is no such file."""
    try:
        with np.load(file) as arrays:
            return Play(arrays["frames"], arrays["memory"])
    except (KeyError, ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{file} is no recorded play: remove it, and it is made anew") from error
