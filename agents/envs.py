"""Atari games under one stated protocol, stepped emulator frame by emulator frame.

The skipping, maximum and no-op start are those of Mnih et al. 2015 (Methods); sticky actions
those of Machado et al. 2018, section 5. Sticky actions are drawn here rather than in the
emulator, so that the actions really executed are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import ale_py
import gymnasium
import numpy as np
from gymnasium import spaces

from agents.game_env import GameEnv
from agents.picture_env import PictureEnv
from agents.protocol import GameVariants, Protocol, check_game, game_variants
from agents.toy_env import ToyEnv

__all__ = [
    "AtariEnv", "GameEnv", "GameVariants", "PictureEnv", "Protocol", "ToyEnv", "game_variants",
    "make_env", "make_registered",
]  # fmt: skip

RAM_BYTES = 128


class AtariEnv(GameEnv):
    """An Atari game with native RGB frames, raw reward and known executed actions.

    Observations are uint8 (H, W, 3), the pixelwise maximum of the last two emulator frames of
    a step (of the only one where `frame_skip` is 1). Every `info` holds `lives`, `life_lost`,
    `requested`, `executed` (one action per emulator frame) and `emulator_frames` (of this
    episode so far, the opening no-ops included).
    """

    def __init__(self, protocol: Protocol, render_mode: str | None = None) -> None:
        super().__init__(protocol, render_mode)
        game = gymnasium.make(
            protocol.game,
            frameskip=1,
            repeat_action_probability=0.0,
            full_action_space=False,
            max_num_frames_per_episode=0,  # counted here
            disable_env_checker=True,
            **protocol.variant,
        )
        self._game = cast(Any, game.unwrapped)
        self._ale: Any = self._game.ale
        self._actions: list[Any] = list(self._game._action_set)
        meanings = self.action_meanings = tuple(self._game.get_action_meanings())
        # some games have no no-op among their actions: then nothing was done before the first one
        self._nothing = meanings.index("NOOP") if "NOOP" in meanings else None
        self.action_space = spaces.Discrete(len(self._actions))
        self.observation_space = spaces.Box(0, 255, (*self._ale.getScreenDims(), 3), np.uint8)
        self._previous_frame = np.zeros(self.observation_space.shape, np.uint8)
        self._previous_ram = np.zeros(RAM_BYTES, np.uint8)
        self._executed: int | None = self._nothing
        self._emulator_frames = 0
        self._opening = 0.0  # points of the opening no-ops, until the first step has them
        self._lives = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode with 1 to `noop_max` no-op frames; `seed` restarts all chance."""
        super().reset(seed=seed)
        if seed is None:
            self._ale.reset_game()
        else:
            self._game.reset(seed=seed)  # reloads the game: the only way to seed the emulator
        self._emulator_frames, self._opening = 0, 0.0
        self._executed = self._nothing
        self._over = False
        self._remember_frame()
        if self.protocol.noop_max:
            self._wait(int(self.np_random.integers(1, self.protocol.noop_max + 1)))
        self._lives = self._ale.lives()
        return self._picture(), self._info(self._nothing, (), life_lost=False)

    def _wait(self, noops: int) -> None:
        """Let `noops` emulator frames pass; a game that ends meanwhile starts again.

        A console knows doing nothing even where a game's own actions do not. What is gained or lost
        meanwhile is the first step's.
        """
        for _ in range(noops):
            self._remember_frame()
            self._opening += self._ale.act(ale_py.Action.NOOP)
            self._emulator_frames += 1
            if self._ale.game_over(with_truncation=False):
                self._ale.reset_game()
                self._opening = 0.0

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Request `action` for `frame_skip` emulator frames.

        Raises ValueError on an action the game does not have, ResetNeeded after an episode's end.
        """
        requested = self._checked(action)
        reward, executed, terminated = self._act(requested)
        reward, self._opening = reward + self._opening, 0.0
        self._emulator_frames += len(executed)
        lives = self._ale.lives()
        life_lost = lives < self._lives
        self._lives = lives
        truncated = (
            not terminated and self._emulator_frames >= self.protocol.max_episode_emulator_frames
        )
        self._over = terminated or truncated
        info = self._info(requested, executed, life_lost=life_lost)
        return self._picture(), reward, terminated, truncated, info

    def _act(self, requested: int) -> tuple[float, tuple[int, ...], bool]:
        """Advance the emulator by one decision; returns (reward, executed actions, game over)."""
        skip, sticky = self.protocol.frame_skip, self.protocol.sticky
        # one draw per emulator frame, whatever happens in the game: chance depends on seed alone
        repeats = self.np_random.random(skip) < sticky if sticky else None
        reward = 0.0
        executed: list[int] = []
        for frame in range(skip):
            if repeats is None or not repeats[frame] or self._executed is None:
                self._executed = requested
            reward += self._ale.act(self._actions[self._executed])
            executed.append(self._executed)
            terminated = self._ale.game_over(with_truncation=False)
            if frame == skip - 2 or (terminated and frame < skip - 2) or skip == 1:
                self._remember_frame()
            if terminated:
                break
        return reward, tuple(executed), terminated

    def _remember_frame(self) -> None:
        """Keep the screen and memory of this emulator frame: the first of the two to be joined."""
        self._ale.getScreenRGB(self._previous_frame)
        self._ale.getRAM(self._previous_ram)

    def _picture(self) -> np.ndarray:
        frame: np.ndarray = self._ale.getScreenRGB()
        return np.maximum(frame, self._previous_frame, out=frame)

    def _info(
        self, requested: int | None, executed: tuple[int, ...], life_lost: bool
    ) -> dict[str, Any]:
        return {
            "lives": self._lives,
            "life_lost": life_lost,
            "requested": requested,
            "executed": executed,
            "emulator_frames": self._emulator_frames,
        }

    def ram(self) -> np.ndarray:
        """The console's memory, uint8 (128,): ground truth for scoring, never for an agent."""
        return self._ale.getRAM()

    def rams(self) -> tuple[np.ndarray, np.ndarray]:
        """The memory at the two emulator frames whose maximum the last observation is."""
        return self._previous_ram.copy(), self.ram()

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly: JSON values and the emulator's bytes."""
        return {
            "protocol": self.protocol.to_json(),
            "emulator": self._ale.cloneState(include_rng=True).__getstate__(),
            "generator": self.np_random.bit_generator.state,
            "executed": self._executed,
            "emulator_frames": self._emulator_frames,
            "opening": self._opening,
            "lives": self._lives,
            "over": self._over,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave; the next step continues as it would have.

        Raises ValueError where the state is of another protocol or not an emulator's.
        """
        self._refuse_other_protocol(state)
        emulator: Any = ale_py.ALEState.__new__(ale_py.ALEState)
        try:
            emulator.__setstate__(bytes(state["emulator"]))
            self._ale.restoreState(emulator)
        except (SystemError, ValueError, RuntimeError, MemoryError) as error:
            raise ValueError(
                f"the saved emulator state of {self.protocol.game} cannot be restored: it is "
                "damaged or of another version of ale-py; use an older checkpoint"
            ) from error
        self.np_random.bit_generator.state = state["generator"]
        executed = state["executed"]
        self._executed = None if executed is None else int(executed)
        self._emulator_frames = int(state["emulator_frames"])
        self._opening = float(state.get("opening", 0.0))  # of before it was kept
        self._lives = int(state["lives"])
        self._over = bool(state["over"])

    def close(self) -> None:
        """Free the emulator."""
        self._game.close()


def make_env(protocol: Protocol, render_mode: str | None = None) -> GameEnv:
    """An environment under `protocol`; ValueError where ale-py has no such game."""
    if protocol.toy:
        return ToyEnv(protocol, render_mode)
    if not protocol.emulated:
        return PictureEnv(protocol, render_mode)
    check_game(protocol.game)
    return AtariEnv(protocol, render_mode)


def make_registered(render_mode: str | None = None, **conditions: Any) -> GameEnv:
    """The same, as gymnasium calls it; `conditions` are the fields of a `Protocol`.

    Raises ValueError on conditions out of range, TypeError on unknown ones.
    """
    return make_env(Protocol(**conditions), render_mode)
