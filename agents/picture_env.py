"""Any registered gymnasium game of pictures with a discrete action space, under a protocol."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import gymnasium
import numpy as np
from gymnasium import spaces

from agents.game_env import GameEnv
from agents.protocol import MAX_PICTURE_STEPS, Protocol, import_games

RESET = -1  # stands for a reset among the actions of a history


class PictureEnv(GameEnv):
    """A game as its makers registered it: one move a step, raw reward, no lives.

    Observations are uint8 (H, W, 3); pictures of one channel are shown in grey. A game that
    draws from numpy's global generator is given a state of that of its own, so that ours alone
    decides. Its inner state cannot be read, so `get_state` keeps all that was done, and
    `set_state` does it again. Raises ValueError where the game shows no pictures, its actions
    are not discrete, or it does not know the protocol's arguments.
    """

    def __init__(self, protocol: Protocol, render_mode: str | None = None) -> None:
        super().__init__(protocol, render_mode)
        if protocol.module is not None:
            import_games(protocol.module)  # another process may have made the protocol
        self._chance = np.random.RandomState(0).get_state()
        self._game = self._made()
        pictures, acts = self._game.observation_space, self._game.action_space
        shape = tuple(pictures.shape or ())
        picture = len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))
        if not picture or pictures.dtype != np.uint8:
            raise ValueError(f"{protocol.game} shows no pictures: its observations are {pictures}")
        if not isinstance(acts, spaces.Discrete):
            raise ValueError(f"the actions of {protocol.game} are not discrete: {acts}")
        self._start = int(acts.start)
        self.action_space = spaces.Discrete(int(acts.n))
        self.action_meanings = tuple(f"ACTION{i}" for i in range(int(acts.n)))
        self.observation_space = spaces.Box(0, 255, (*shape[:2], 3), np.uint8)
        own = gymnasium.spec(protocol.game).max_episode_steps
        self._most = min(own or MAX_PICTURE_STEPS, MAX_PICTURE_STEPS)
        self._takes_seed = "seed" in inspect.signature(self._game.reset).parameters
        self._forget()

    def _made(self) -> Any:
        given: dict[str, Any] = dict(self.protocol.arguments)
        try:
            with self._own_chance():
                made = gymnasium.make(self.protocol.game, disable_env_checker=True, **given)
        except (TypeError, AssertionError) as error:
            if not given:
                raise
            raise ValueError(f"{self.protocol.game} is not made with {given}: {error}") from error
        return cast(Any, made.unwrapped)

    def _forget(self) -> None:
        self._history: list[int] = []
        self._seeds: list[int | None] = []

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; `seed` makes the game anew and restarts all chance."""
        super().reset(seed=seed)
        if seed is not None:
            self._chance = np.random.RandomState(seed).get_state()
            self._game = self._made()  # some games keep a part of their state over a reset
            self._forget()
        self._history.append(RESET)
        self._seeds.append(seed)
        asked = {"seed": seed} if self._takes_seed else {}
        picture, _ = self._played(lambda: self._game.reset(**asked))
        self._over, self._steps = False, 0
        return self._shown(picture), _info(0, ())

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Make one move. ValueError, naming the step, where the game answers with nonsense."""
        requested = self._checked(action)
        self._history.append(requested)
        answer = self._played(lambda: self._game.step(requested + self._start))
        picture, reward, terminated, truncated, _ = answer
        if not np.isfinite(reward):
            raise self._fault(f"its reward is {reward}")
        self._steps += 1
        truncated = bool(truncated) or (not terminated and self._steps >= self._most)
        self._over = bool(terminated or truncated)
        info = _info(requested, (requested,))
        return self._shown(picture), float(reward), bool(terminated), truncated, info

    def _played(self, move: Callable[[], Any]) -> Any:
        try:
            with self._own_chance():
                return move()
        except Exception as error:  # whatever somebody's game may raise
            raise self._fault(f"it raised {type(error).__name__}: {error}") from error

    @contextmanager
    def _own_chance(self) -> Iterator[None]:
        """Lends numpy's global generator the state that belongs to this game."""
        others = np.random.get_state()
        np.random.set_state(self._chance)
        try:
            yield
        finally:
            self._chance = np.random.get_state()
            np.random.set_state(others)

    def _shown(self, picture: Any) -> np.ndarray:
        frame = np.asarray(picture)
        if frame.ndim == 2 or frame.shape[-1] == 1:
            frame = np.repeat(frame.reshape(*frame.shape[:2], 1), 3, axis=2)
        if frame.shape != self.observation_space.shape or frame.dtype != np.uint8:
            raise self._fault(f"its picture is {frame.dtype} {frame.shape}")
        self._frame = frame.copy()
        return self._frame.copy()

    def _picture(self) -> np.ndarray:
        return self._frame

    def _fault(self, what: str) -> ValueError:
        return ValueError(f"{self.protocol.game}, step {len(self._history)}: {what}")

    def get_state(self) -> dict[str, Any]:
        """All that was done since the game was last seeded, to be done again."""
        return {
            "protocol": self.protocol.to_json(),
            "history": np.array(self._history, np.int32),
            "seeds": list(self._seeds),
            "over": self._over,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Play again what a state holds: as long as it took, without the player's thinking."""
        self._refuse_other_protocol(state)
        seeds = iter(state["seeds"])
        for done in np.asarray(state["history"]).tolist():
            if done == RESET:
                self.reset(seed=next(seeds))
            else:
                self._over = False
                self.step(done)
        self._over = bool(state["over"])


def _info(requested: int, executed: tuple[int, ...]) -> dict[str, Any]:
    return {"lives": 0, "life_lost": False, "requested": requested, "executed": executed}
