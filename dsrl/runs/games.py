"""Whole games by what a run has learned, step by step; each depends on its reset seed alone."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Generator
from contextlib import closing
from typing import NamedTuple, TypeAlias

import numpy as np
import torch

from agents.agent import Agent, StepRecord, Timestep
from agents.baselines import dqn_game
from agents.dsrl import DSRLAgent
from agents.envs import GameEnv, Protocol, make_env
from dsrl.runs.loop import Player, plain_record, run, start_episode
from dsrl.runs.rundir import RunDir, RunError, protocol_of
from dsrl.runs.train import BuildAgent, load_agent
from dsrl.runs.train_baseline import METHOD as DQN_METHOD
from dsrl.runs.train_baseline import load_player


class Played(NamedTuple):
    """One agent step of a game.

    `frame`, uint8 (H, W, 3), is what was seen and `record` what was decided on it; the others are
    what came of it, `reward` the raw score.
    """

    frame: np.ndarray
    record: StepRecord
    reward: float
    life_lost: bool
    last: bool

    @property
    def action(self) -> int:
        """The action that was asked for, of those of the game."""
        return self.record.action


Game: TypeAlias = Generator[Played, None, None]
"""The steps of a game, as they are played."""
PlayGame: TypeAlias = Callable[[int], Game]
"""Plays one game from a reset seed."""


class Frozen:
    """A trained agent that begins every episode in the same state, its chance included.

    It does not learn, so that a game is the same whatever was played before.
    """

    def __init__(self, agent: Agent) -> None:
        agent.learning = False
        self._agent = agent
        self._state = copy.deepcopy(agent.get_state())

    @property
    def last_record(self) -> StepRecord | None:
        """The log entry of the step just taken."""
        return self._agent.last_record

    def step(self, t: Timestep) -> int:
        """Act by what was learned."""
        return self._agent.step(t)

    def reset(self) -> None:
        """Be as at first."""
        self._agent.set_state(copy.deepcopy(self._state))
        self._agent.reset()


def game(player: Player, env: GameEnv, seed: int) -> Game:
    """One whole game (all lives) from a reset seed."""
    t = start_episode(player, env, seed)
    for step in run(player, env, t):
        after = step.after
        yield Played(t.frame, step.record, after.reward, after.life_lost, after.last)
        if after.last:
            return
        t = after


def total(steps: Game, on_step: Callable[[Played], None] | None = None) -> tuple[float, int]:
    """Plays a game through: (raw score, agent steps); `on_step` hears of each step."""
    score, number = 0.0, 0
    with closing(steps):  # what keeps the steps lets go at once where this is left
        for step in steps:
            score += step.reward
            number += 1
            if on_step is not None:
                on_step(step)
    return score, number


def agent_of(run: RunDir) -> DSRLAgent:
    """The agent of a run's newest checkpoint, frozen.

    Raises RunError where there is no usable checkpoint, or the run is a baseline's.
    """
    protocol_of(run)
    if run.config.get("method") == DQN_METHOD:
        raise RunError(f"{run.path} is a baseline's run, which has no symbolic agent, but can play")
    agent, _ = load_agent(run)
    assert isinstance(agent, DSRLAgent)
    return agent


def player_of(run: RunDir, protocol: Protocol, build: BuildAgent | None) -> tuple[PlayGame, int]:
    """How this run's agent plays one game under `protocol`, and the agent steps it was trained for.

    `build` makes the untrained agent of a run that is not the baseline's, which plays under its own
    wrappers. Raises RunError where it has no usable checkpoint.
    """
    if run.config.get("method") == DQN_METHOD:
        torch.set_num_threads(1)
        network, agent_steps = load_player(run)

        def play(seed: int) -> Game:
            for s in dqn_game(network, protocol, seed):
                yield Played(s.frame, plain_record(s.action), s.reward, s.life_lost, s.last)

        return play, agent_steps
    if build is None:
        raise ValueError(f"{run.path} is no baseline run: say how to build its agent")
    agent, agent_steps = load_agent(run, build)
    if untrained(agent, agent_steps):
        warnings.warn(
            f"{run.path} is untrained: after {agent_steps} agent steps it still acts at random",
            stacklevel=2,
        )
    return frozen_play(agent, make_env(protocol)), agent_steps


def frozen_play(agent: Agent, env: GameEnv) -> PlayGame:
    """How an agent plays that learns no more: one game at a time.

    The steps of a game raise ValueError once another has begun.
    """
    player, begun = Frozen(agent), 0

    def play(seed: int) -> Game:
        nonlocal begun
        begun += 1
        mine = begun
        for step in game(player, env, seed):
            yield step
            if begun != mine:
                raise ValueError("another game of this agent has begun: load the run for each")

    return play


def untrained(agent: Agent, agent_steps: int) -> bool:
    """Whether it has learned nothing yet: it was never trained, or has not opened its eyes."""
    return agent_steps == 0 or (isinstance(agent, DSRLAgent) and agent.perception is None)
