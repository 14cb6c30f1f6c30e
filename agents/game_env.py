"""What the loop asks of an environment, whatever plays the game."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from agents.protocol import Protocol

RGB_ARRAY = "rgb_array"


class GameEnv(gymnasium.Env[np.ndarray, int], ABC):
    """A game under a protocol: pictures, raw reward, and a state to go on from exactly.

    Observations are uint8 (H, W, 3). Every `info` holds `lives`, `life_lost`, `requested` and
    `executed` (the actions that took effect in the step), and where there is an emulator
    `emulator_frames`. Raises ValueError on a `render_mode` other than None and "rgb_array".
    """

    metadata = {"render_modes": [RGB_ARRAY]}  # noqa: RUF012 (gymnasium's own form)
    action_meanings: tuple[str, ...]
    action_space: spaces.Discrete  # type: ignore[assignment]
    _over = True

    def __init__(self, protocol: Protocol, render_mode: str | None = None) -> None:
        if render_mode not in (None, RGB_ARRAY):
            raise ValueError(f"render_mode must be None or {RGB_ARRAY!r}, got {render_mode!r}")
        self.protocol = protocol
        self.render_mode = render_mode
        self.metadata = {**self.metadata, "render_fps": protocol.steps_per_second}

    @abstractmethod
    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Answer one decision: (picture, raw reward, terminated, truncated, info).

        Raises ValueError on an action the game does not have, ResetNeeded after an episode's end.
        """

    @abstractmethod
    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly: JSON values and bytes."""

    @abstractmethod
    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave; the next step continues as it would have.

        Raises ValueError where the state is of another protocol or damaged.
        """

    def render(self) -> np.ndarray | None:
        """The observation again, uint8 (H, W, 3); None where no `render_mode` was asked for.

        After `set_state` it is that from the next step on: an emulator restores no screen.
        """
        return self._picture() if self.render_mode else None

    @abstractmethod
    def _picture(self) -> np.ndarray:
        """What is to be seen now, uint8 (H, W, 3)."""

    def _checked(self, action: int) -> int:
        """The action as an int; raises as `step` does."""
        if self._over:
            raise gymnasium.error.ResetNeeded("the episode is over: call reset() before step()")
        if not 0 <= int(action) < len(self.action_meanings):
            raise ValueError(
                f"action must be in 0..{len(self.action_meanings) - 1} {self.action_meanings}, "
                f"got {action!r}"
            )
        return int(action)

    def _refuse_other_protocol(self, state: Mapping[str, Any]) -> None:
        if state["protocol"] != self.protocol.to_json():
            raise ValueError(
                f"the state was saved under another protocol ({state['protocol']}); "
                f"this environment has {self.protocol.to_json()}"
            )
