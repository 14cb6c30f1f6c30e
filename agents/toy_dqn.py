"""SB3's DQN on the symbols of the toy worlds.

It sees what the table learners see: the grid as one plane for each kind, not the picture, as the
dense network of the program published with Garcez et al. 2018 does. Settings that differ from
SB3's defaults are those of a small dense network on a short budget.
"""

from __future__ import annotations

from collections.abc import Callable

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback

from agents.toy_worlds import REWARDS, SIDE, CrossCircleEnv, Policy, ToyState

PLANES = ("agent", *REWARDS)


def planes(state: ToyState) -> np.ndarray:
    """Where the agent, crosses and circles are: ones in float32 (3 SIDE SIDE,)."""
    found = np.zeros((len(PLANES), SIDE, SIDE), np.float32)
    found[0][state.agent] = 1.0
    for o in state.objects:
        found[PLANES.index(o.kind), o.row, o.column] = 1.0
    return found.ravel()


class PlanesEnv(gymnasium.ObservationWrapper[np.ndarray, int, np.ndarray]):
    """A toy world whose observations are `planes`."""

    def __init__(self, env: gymnasium.Env[np.ndarray, int]) -> None:
        super().__init__(env)
        assert isinstance(env.unwrapped, CrossCircleEnv), env
        self._world = env.unwrapped
        self.observation_space = spaces.Box(0.0, 1.0, planes(self._world.state).shape, np.float32)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        """The planes of the state the picture shows."""
        return planes(self._world.state)


def train_toy_dqn(
    env_id: str, agent_steps: int, seed: int, on_step: Callable[[int, Policy], None]
) -> None:
    """Train for the whole budget; `on_step(agent steps, greedy policy)` follows every step."""
    torch.set_num_threads(1)
    model = DQN(
        "MlpPolicy",
        PlanesEnv(gymnasium.make(env_id, disable_env_checker=True)),
        learning_rate=5e-4,
        buffer_size=agent_steps,
        learning_starts=1_000,
        batch_size=64,
        gamma=0.9,
        train_freq=2,
        target_update_interval=500,
        exploration_fraction=0.3,
        exploration_final_eps=0.1,  # as the table learners have
        policy_kwargs={"net_arch": [128, 128]},
        seed=seed,
        device="cpu",
    )

    def greedy(state: ToyState) -> int:
        action, _ = model.predict(planes(state), deterministic=True)
        return int(action)

    model.learn(agent_steps, callback=_Steps(lambda steps: on_step(steps, greedy)))


class _Steps(BaseCallback):
    def __init__(self, hear: Callable[[int], None]) -> None:
        super().__init__()
        self._hear = hear

    def _on_step(self) -> bool:
        self._hear(self.num_timesteps)
        return True
