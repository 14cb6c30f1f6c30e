"""Play to look at: observations with the console's memory behind them, for scoring alone."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from agents.agent import Agent, Timestep
from agents.envs import AtariEnv, GameEnv, Protocol, make_env
from dsrl.scoring.ground_truth import memory_behind

HELD_OUT_SEED = 1000  # of play that nothing was trained on
NO_MEMORY = np.zeros(0, np.uint8)
Memory = tuple[np.ndarray, np.ndarray]


class Observation(NamedTuple):
    """One frame of play; `memory` is the console's behind it, for scoring alone.

    Where there is no console it has no bytes.
    """

    frame: np.ndarray
    memory: Memory
    first: bool


def play(protocol: Protocol, seed: int, player: Agent | None = None) -> Iterator[Observation]:
    """Endless play by `player`, or by chance; episode i starts from reset seed `seed` + i.

    Raises ValueError for a negative seed.
    """
    if seed < 0:
        raise ValueError(f"seed must be at least 0, got {seed}")
    env = make_env(protocol)
    rng = np.random.default_rng(seed)
    episode = 0
    try:
        while True:
            frame, _ = env.reset(seed=seed + episode)
            if player is not None:
                player.reset()
            t = Timestep(frame, 0.0, first=True, last=False)
            while not t.last:
                yield Observation(t.frame, _memory(env), t.first)
                action = rng.integers(env.action_space.n) if player is None else player.step(t)
                frame, reward, terminated, truncated, info = env.step(int(action))
                last, cut = terminated or truncated, truncated and not terminated
                t = Timestep(frame, reward, False, last, info["life_lost"], cut)
            episode += 1
    finally:
        env.close()


def _memory(env: GameEnv) -> Memory:
    return memory_behind(env) if isinstance(env, AtariEnv) else (NO_MEMORY, NO_MEMORY)


def random_frames(protocol: Protocol, frames: int, seed: int) -> np.ndarray:
    """The first `frames` observations of random play, (N, H, W, 3) uint8."""
    if frames < 2:
        raise ValueError(f"frames must be at least 2, got {frames}")
    return np.stack([o.frame for o in islice(play(protocol, seed), frames)])
