"""Evaluation: whole games by the greedy policy on seeds that training never used."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.agent import Agent, Timestep
from agents.baselines import play_dqn_game
from agents.dsrl import DSRLAgent
from agents.envs import GameEnv, Protocol, make_env
from dsrl.runs.rundir import RunDir
from dsrl.runs.train import BuildAgent, load_agent
from dsrl.runs.train_baseline import METHOD as DQN_METHOD
from dsrl.runs.train_baseline import load_player

PlayGame = Callable[[int], tuple[float, int]]
"""Plays one game from a reset seed; returns (raw score, agent steps)."""


def play_game(agent: Agent, env: GameEnv, seed: int) -> tuple[float, int]:
    """One whole game (all lives) of an agent; returns (raw score, agent steps)."""
    agent.reset()
    frame, _ = env.reset(seed=seed)
    t = Timestep(frame, 0.0, first=True, last=False)
    score, steps = 0.0, 0
    while not t.last:
        frame, reward, terminated, truncated, info = env.step(agent.step(t))
        t = Timestep(frame, reward, False, terminated or truncated, info["life_lost"])
        score += reward
        steps += 1
    return score, steps


def play_random_game(env: GameEnv, seed: int) -> tuple[float, int]:
    """One whole game of actions drawn evenly; returns (raw score, agent steps)."""
    rng = np.random.default_rng([seed, 1])  # apart from the environment's own
    env.reset(seed=seed)
    score, steps, over = 0.0, 0, False
    while not over:
        _, reward, terminated, truncated, _ = env.step(int(rng.integers(env.action_space.n)))
        score += reward
        steps += 1
        over = terminated or truncated
    return score, steps


def evaluate(
    run: str | Path,
    episodes: int = 30,
    seed: int = 1000,
    *,
    build: BuildAgent | None = None,
    on_game: Callable[[int, float], None] | None = None,
) -> dict[str, Any]:
    """Play `episodes` games greedily, game i from reset seed `seed` + i, and record the result.

    The result is returned and appended to the run's evaluations.csv. The baseline plays under
    its own wrappers; every score is raw. `build` makes the untrained agent of a run that is not
    the baseline's (as in `train`); `on_game` hears of (game number, score).
    Raises RunError where the run cannot be read, ValueError where `episodes` is below 1.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    directory = RunDir.open(run)
    protocol = Protocol.from_json(directory.config["protocol"])
    play, agent_steps = player_of(directory, protocol, build)
    began = time.monotonic()
    returns, steps = [], 0
    for i in range(episodes):
        score, length = play(seed + i)
        returns.append(score)
        steps += length
        if on_game:
            on_game(i, score)
    result = {
        "game": protocol.game,
        "protocol": protocol.to_json(),
        "agent_steps_trained": agent_steps,
        "seed": seed,
        "episodes": episodes,
        "return_mean": float(np.mean(returns)),
        "return_sd": float(np.std(returns, ddof=1)) if episodes > 1 else 0.0,
        "returns": returns,
        "steps_per_second": round(steps / (time.monotonic() - began), 1),
    }
    _record(directory, result)
    return result


def player_of(run: RunDir, protocol: Protocol, build: BuildAgent | None) -> tuple[PlayGame, int]:
    """How this run's agent plays one game under `protocol`, and the agent steps it was trained for.

    Raises RunError where it has no usable checkpoint.
    """
    if run.config.get("method") == DQN_METHOD:
        torch.set_num_threads(1)
        player, agent_steps = load_player(run)
        return (lambda seed: play_dqn_game(player, protocol, seed)), agent_steps
    if build is None:
        raise ValueError(f"{run.path} is no baseline run: say how to build its agent")
    agent, agent_steps = load_agent(run, build)
    if untrained(agent, agent_steps):
        warnings.warn(
            f"{run.path} is untrained: after {agent_steps} agent steps it still acts at random",
            stacklevel=2,
        )
    env = make_env(protocol)
    return (lambda seed: play_game(agent, env, seed)), agent_steps


def untrained(agent: Agent, agent_steps: int) -> bool:
    """Whether it has learned nothing yet: it was never trained, or has not opened its eyes."""
    return agent_steps == 0 or (isinstance(agent, DSRLAgent) and agent.perception is None)


def _record(run: RunDir, result: dict[str, Any]) -> None:
    row = {key: value for key, value in result.items() if key not in ("protocol", "game")}
    run.append("evaluations.csv", row | {"returns": json.dumps(result["returns"])})
