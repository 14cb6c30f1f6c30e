"""A toy world as the loop plays it: its pictures alone, to be gone on with from any step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.game_env import GameEnv
from agents.protocol import Protocol
from agents.toy_worlds import (
    ACTION_MEANINGS,
    IDS,
    MAX_STEPS,
    CrossCircleEnv,
    ToyObject,
    ToyState,
)


class ToyEnv(GameEnv):
    """A world of crosses and circles under a protocol; what its `info` tells is kept from players.

    Raises ValueError where the protocol is of no toy world.
    """

    def __init__(self, protocol: Protocol, render_mode: str | None = None) -> None:
        if protocol.emulated:
            raise ValueError(f"{protocol.game} is no toy world")
        super().__init__(protocol, render_mode)
        (world,) = (key for key, game in IDS.items() if game == protocol.game)
        self._world = CrossCircleEnv(*world)
        self.action_meanings = ACTION_MEANINGS
        self.action_space = self._world.action_space
        self.observation_space = self._world.observation_space
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; `seed` restarts all chance."""
        super().reset(seed=seed)
        self._world.np_random = self.np_random  # the only chance there is
        picture, _ = self._world.reset()
        self._steps, self._over = 0, False
        return picture, _info(0, ())

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Make one move."""
        requested = self._checked(action)
        picture, reward, terminated, _, _ = self._world.step(requested)
        self._steps += 1
        truncated = not terminated and self._steps >= MAX_STEPS
        self._over = terminated or truncated
        return picture, reward, terminated, truncated, _info(requested, (requested,))

    def _picture(self) -> np.ndarray:
        return self._world.picture()

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly, as JSON values."""
        agent, objects = self._world.state
        return {
            "protocol": self.protocol.to_json(),
            "agent": list(agent),
            "objects": [list(o) for o in objects],
            "generator": self.np_random.bit_generator.state,
            "steps": self._steps,
            "over": self._over,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._refuse_other_protocol(state)
        row, column = state["agent"]
        objects = tuple(ToyObject(*o) for o in state["objects"])
        self._world.state = ToyState((row, column), objects)
        self.np_random.bit_generator.state = state["generator"]
        self._world.np_random = self.np_random
        self._steps, self._over = int(state["steps"]), bool(state["over"])


def _info(requested: int, executed: tuple[int, ...]) -> dict[str, Any]:
    return {"lives": 0, "life_lost": False, "requested": requested, "executed": executed}
