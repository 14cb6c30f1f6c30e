"""The deep baseline: Stable-Baselines3's DQN as rl-baselines3-zoo runs it on Atari.

Settings are those of the zoo's `hyperparams/dqn.yml` (atari), wrappers SB3's own `AtariWrapper`
with 4 stacked frames, raw scores by `Monitor` placed inside the wrapper. Deviations:

- the game is `ALE/<Game>-v5` with `frameskip=1` (all skipping is the wrapper's), and sticky
  actions are the emulator's `repeat_action_probability`, per emulator frame;
- `learning_starts` is scaled with the budget by the zoo's own ratio (100,000 of 10,000,000 steps).
  This favours DQN: with the literal value it would learn nothing within 100,000 steps.
  `exploration_fraction` is a share of the budget already;
- Adam runs fused, which is faster and equal up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import DQN
from stable_baselines3.common.atari_wrappers import (
    AtariWrapper,
    ClipRewardEnv,
    EpisodicLifeEnv,
    MaxAndSkipEnv,
    WarpFrame,
)
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger, configure
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack
from stable_baselines3.dqn.policies import CnnPolicy, DQNPolicy

from agents.protocol import Protocol
from perception.torch_state import arrays_of

FRAME_STACK = 4
ZOO_AGENT_STEPS = 10_000_000
ZOO_LEARNING_STARTS = 100_000


@dataclass(frozen=True, kw_only=True)
class DQNConfig:
    """One training run of the baseline; the defaults are the zoo's."""

    agent_steps: int
    seed: int = 0
    threads: int = 1
    buffer_size: int = 100_000
    learning_rate: float = 1e-4
    batch_size: int = 32
    target_update_interval: int = 1000
    train_freq: int = 4
    gradient_steps: int = 1
    exploration_fraction: float = 0.1
    exploration_final_eps: float = 0.01

    def __post_init__(self) -> None:
        for name in ("agent_steps", "threads", "buffer_size", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, got {self.seed}")

    @property
    def learning_starts(self) -> int:
        """Steps before the first update: the zoo's share of the budget."""
        return max(1, self.agent_steps * ZOO_LEARNING_STARTS // ZOO_AGENT_STEPS)


class FinishedGame(NamedTuple):
    """A training game that ended at `agent_steps` of the budget; `score` is raw.

    `length` counts agent steps; `emulator_frames` all frames since training began, None where
    there is no emulator.
    """

    agent_steps: int
    emulator_frames: int | None
    score: float
    length: int
    life_losses: int


def make_dqn_env(
    protocol: Protocol, render_mode: str | None = None
) -> gymnasium.Env[np.ndarray, int]:
    """One game as SB3's DQN sees it: uint8 (84, 84, 1), reward clipped, life loss terminal.

    The wrapper presses FIRE after a reset where a game has that action, as SB3's always does; a
    game without a no-op has no opening. A
    toy world has neither lives nor frames to skip, and rewards within the bounds: its pictures
    are made 84 x 84 and grey as those of a game, and that is all.
    """
    if not protocol.emulated:
        world = Monitor(
            gymnasium.make(protocol.game, disable_env_checker=True, render_mode=render_mode)
        )
        return cast("gymnasium.Env[np.ndarray, int]", WarpFrame(world))
    game = gymnasium.make(
        protocol.game,
        frameskip=1,
        repeat_action_probability=protocol.sticky,
        full_action_space=False,
        max_num_frames_per_episode=protocol.max_episode_emulator_frames,
        disable_env_checker=True,
        render_mode=render_mode,
        **protocol.variant,
    )
    if "NOOP" not in cast(Any, game.unwrapped).get_action_meanings():
        return _without_opening(Monitor(game), protocol)
    wrapped = AtariWrapper(
        Monitor(game), noop_max=protocol.noop_max, frame_skip=protocol.frame_skip
    )
    return cast("gymnasium.Env[np.ndarray, int]", wrapped)


def _without_opening(
    game: gymnasium.Env[Any, Any], protocol: Protocol
) -> gymnasium.Env[np.ndarray, int]:
    """`AtariWrapper` but for its opening moves: it has none for a game in which nothing is done."""
    shown = EpisodicLifeEnv(MaxAndSkipEnv(game, skip=protocol.frame_skip))
    return cast("gymnasium.Env[np.ndarray, int]", ClipRewardEnv(WarpFrame(shown)))


def build_dqn(protocol: Protocol, config: DQNConfig, device: torch.device | str = "cpu") -> DQN:
    """An untrained DQN with its environment."""
    torch.set_num_threads(config.threads)
    env = VecFrameStack(DummyVecEnv([lambda: make_dqn_env(protocol)]), n_stack=FRAME_STACK)
    return DQN(
        "CnnPolicy",
        env,
        learning_rate=config.learning_rate,
        buffer_size=config.buffer_size,
        learning_starts=config.learning_starts,
        batch_size=config.batch_size,
        train_freq=config.train_freq,
        gradient_steps=config.gradient_steps,
        target_update_interval=config.target_update_interval,
        exploration_fraction=config.exploration_fraction,
        exploration_final_eps=config.exploration_final_eps,
        seed=config.seed,
        device=device,
        # the same Adam in one pass over the weights: a tenth faster, equal up to rounding
        policy_kwargs={"optimizer_kwargs": {"fused": True}},
    )


def train_dqn(
    protocol: Protocol,
    config: DQNConfig,
    *,
    device: torch.device | str = "cpu",
    on_game: Callable[[FinishedGame], None] | None = None,
    on_step: Callable[[int], None] | None = None,
    tensorboard: Path | None = None,
) -> DQN:
    """Train for the whole budget (SB3 rounds it up to a multiple of `train_freq`).

    `on_game` hears of every finished game (not of every life), `on_step` the agent steps done.
    """
    model = build_dqn(protocol, config, device)
    model.set_logger(
        configure(str(tensorboard), ["tensorboard"]) if tensorboard else Logger(None, [])
    )
    model.learn(config.agent_steps, callback=_Reporter(on_game, on_step, protocol.emulated))
    return model


class _Reporter(BaseCallback):
    """Tells games apart from lives by the Monitor, which only the game's real end stops."""

    def __init__(
        self,
        on_game: Callable[[FinishedGame], None] | None,
        on_step: Callable[[int], None] | None,
        emulated: bool,
    ) -> None:
        super().__init__()
        self._emulated = emulated
        self._on_game = on_game
        self._on_agent_step = on_step
        self._games = 0
        self._game_began = 0
        self._lives = 0
        self._life_losses = 0

    def _on_training_start(self) -> None:
        self._monitor = _monitor(cast(DummyVecEnv, self.training_env.unwrapped).envs[0])

    def _on_step(self) -> bool:
        lives = self.locals["infos"][0].get("lives", 0)
        self._life_losses += lives < self._lives
        self._lives = lives
        # not by info["episode"]: the no-op after a lost life can end a game unseen
        scores = self._monitor.get_episode_rewards()
        if len(scores) > self._games:
            self._games = len(scores)
            self._finish(scores[-1])
        if self._on_agent_step:
            self._on_agent_step(self.num_timesteps)
        return True

    def _finish(self, score: float) -> None:
        if self._on_game:
            frames = sum(self._monitor.get_episode_lengths())
            self._on_game(
                FinishedGame(
                    agent_steps=self.num_timesteps,
                    emulator_frames=frames if self._emulated else None,
                    score=float(score),
                    length=self.num_timesteps - self._game_began,
                    life_losses=int(self._life_losses),
                )
            )
        self._game_began = self.num_timesteps
        self._life_losses = 0


class DQNPlayer:
    """A trained network that plays: takes the best action always (`deterministic=True`)."""

    def __init__(self, policy: DQNPolicy) -> None:
        self._policy = policy
        self._stack = np.zeros((FRAME_STACK, 84, 84), np.uint8)

    @classmethod
    def from_model(cls, model: DQN) -> DQNPlayer:
        """The player of a network in memory."""
        return cls(cast(DQNPolicy, model.policy))

    @classmethod
    def from_weights(cls, weights: Mapping[str, np.ndarray], actions: int) -> DQNPlayer:
        """The player of the weights that `dqn_weights` gave, for a game of so many actions.

        Raises ValueError where they are of another network.
        """
        space = spaces.Box(0, 255, (FRAME_STACK, 84, 84), np.uint8)
        policy = CnnPolicy(space, spaces.Discrete(actions), lambda _: 0.0)
        try:
            policy.q_net.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        except RuntimeError as error:
            raise ValueError(f"the weights do not fit this network: {error}") from error
        return cls(policy)

    def reset(self) -> None:
        """Forget the stacked frames, as SB3's `VecFrameStack` does after every life."""
        self._stack[:] = 0

    def act(self, observation: np.ndarray) -> int:
        """The action for a wrapped frame, uint8 (84, 84, 1)."""
        self._stack[:-1] = self._stack[1:]
        self._stack[-1] = observation[:, :, 0]
        action, _ = self._policy.predict(self._stack, deterministic=True)
        return int(action)


def dqn_weights(model: DQN) -> dict[str, np.ndarray]:
    """The acting network, layer by layer."""
    return arrays_of(model.q_net)


class DQNStep(NamedTuple):
    """One agent step of a game: what the console showed, uint8 (H, W, 3), and what came of it."""

    frame: np.ndarray
    action: int
    reward: float
    life_lost: bool
    last: bool


def dqn_game(player: DQNPlayer, protocol: Protocol, seed: int) -> Iterator[DQNStep]:
    """One whole game (all lives) under `make_dqn_env`, step by step; rewards are raw."""
    env = make_dqn_env(protocol, render_mode="rgb_array")
    try:
        yield from _played(player, env, seed)
    finally:
        env.close()


def _played(player: DQNPlayer, env: gymnasium.Env[np.ndarray, int], seed: int) -> Iterator[DQNStep]:
    monitor = _monitor(env)
    observation, info = env.reset(seed=seed)
    player.reset()
    score, over = 0.0, False
    while not over:
        frame, lives = cast(np.ndarray, env.render()), info.get("lives", 0)
        action = player.act(observation)
        observation, _, terminated, truncated, info = env.step(action)
        life_lost = info.get("lives", 0) < lives
        if terminated or truncated:  # a life is lost: the wrapper's reset goes on with the next
            player.reset()
            if not monitor.get_episode_rewards():
                observation, info = env.reset()
        scores = monitor.get_episode_rewards()
        over = bool(scores)
        before, score = score, float(scores[0] if over else sum(monitor.rewards))
        yield DQNStep(frame, action, score - before, life_lost, over)


def play_dqn_game(player: DQNPlayer, protocol: Protocol, seed: int) -> tuple[float, int]:
    """The same played through; returns (raw score, agent steps)."""
    rewards = [step.reward for step in dqn_game(player, protocol, seed)]
    return float(sum(rewards)), len(rewards)


def _monitor(env: Any) -> Monitor:
    while not isinstance(env, Monitor):
        env = env.env
    return env
