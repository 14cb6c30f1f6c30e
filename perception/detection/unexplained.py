"""What play shows and the drawing does not explain: the sprites to come."""

from __future__ import annotations

from typing import Any

import numpy as np

from perception.detection.config import LatentConfig
from perception.detection.dictionary import Dictionary, Patch, Piece
from perception.detection.drawing import key_of, patches_of

MOST_FRAMES = 32  # kept to learn from, the latest
MOST_PATCHES = 400  # remembered; the rarest go


class Unexplained:
    """Patches off the background that were not drawn as they are, and frames that show them.

    Every `grow_every` steps of play a frame is looked at; what stands (a digit) counts each time.
    Once patches that were met `repeats` times or more have been met `wanted` times together, it is
    time to grow; the next time twice as many are wanted.
    """

    def __init__(self, config: LatentConfig) -> None:
        self.config = config
        self.wanted = config.grow_after
        self.steps = 0
        self.forget()

    def forget(self) -> None:
        """As after growing: nothing is unexplained."""
        self.met: dict[bytes, int] = {}
        self.patches: dict[bytes, Patch] = {}
        self.frames: list[np.ndarray] = []
        self.shown: list[list[Piece]] = []  # of each frame, what was read

    @property
    def often(self) -> list[bytes]:
        """Patches met often enough to be sprites, what shows most of it first."""
        keys = [key for key, times in self.met.items() if times >= self.config.repeats]
        return sorted(keys, key=lambda key: -self.met[key] * int(self.patches[key].alpha.sum()))

    def due(self) -> bool:
        """Whether the step that begins now is one whose frame is to be looked at."""
        self.steps += 1
        return bool(self.config.grow_every) and self.steps % self.config.grow_every == 0

    def look(
        self, frame: np.ndarray, background: np.ndarray, drawn: np.ndarray, read: list[Piece]
    ) -> bool:
        """Remember what the drawing leaves unexplained; whether it is time to grow."""
        found = False
        for key, top, left, patch in patches_of(frame, background, self.config):
            h, w = patch.alpha.shape
            box = np.s_[top : top + h, left : left + w]
            off = np.abs(frame[box].astype(np.int16) - drawn[box]).max(axis=2)
            if (off[patch.alpha] <= self.config.difference).mean() >= self.config.drawn:
                continue
            found = True
            self.patches.setdefault(key, patch)
            self.met[key] = self.met.get(key, 0) + 1
        if found:
            self.frames.append(frame.copy())
            self.shown.append(read)
            del self.frames[:-MOST_FRAMES], self.shown[:-MOST_FRAMES]
        if len(self.met) > MOST_PATCHES:
            kept = sorted(self.met, key=lambda key: -self.met[key])[: MOST_PATCHES // 2]
            self.met = {key: self.met[key] for key in kept}
            self.patches = {key: self.patches[key] for key in kept}
        return sum(self.met[key] for key in self.often) >= self.wanted

    def get_state(self) -> dict[str, Any]:
        """As arrays and JSON values."""
        keys = list(self.met)
        rows = [(n, *piece) for n, pieces in enumerate(self.shown) for piece in pieces]
        return {
            "wanted": self.wanted,
            "steps": self.steps,
            "met": [self.met[key] for key in keys],
            "patches": Dictionary(tuple((self.patches[key],) for key in keys)).get_state(),
            "frames": np.array(self.frames, np.uint8),
            "shown": np.array(rows, np.int64).reshape(-1, 4),
        }

    @classmethod
    def from_state(cls, config: LatentConfig, state: dict[str, Any]) -> Unexplained:
        """The inverse of `get_state`."""
        it = cls(config)
        it.wanted, it.steps = int(state["wanted"]), int(state["steps"])
        patches = [looks[0] for looks in Dictionary.from_state(state["patches"]).looks]
        keys = [key_of(patch) for patch in patches]
        it.met = dict(zip(keys, map(int, state["met"]), strict=True))
        it.patches = dict(zip(keys, patches, strict=True))
        it.frames = list(np.array(state["frames"], np.uint8))
        it.shown = [[] for _ in it.frames]
        for n, *piece in np.asarray(state["shown"]).tolist():
            it.shown[n].append(Piece(*piece))
        return it
