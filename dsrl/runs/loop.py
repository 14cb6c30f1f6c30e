"""The loop between an agent and an environment, as a generator; everything else stands outside."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from agents.agent import StepRecord, Timestep
from agents.envs import GameEnv


class Player(Protocol):
    """The part of an `Agent` that playing asks for."""

    @property
    def last_record(self) -> StepRecord | None: ...

    def step(self, t: Timestep, /) -> int: ...

    def reset(self) -> None: ...


class Step(NamedTuple):
    """One agent step: the decision, and what the environment answered.

    ``emulator_frames`` counts those of the episode so far; None where there is no emulator.
    ``frame`` (H, W, 3) is what was decided on, in so many ``seconds`` of the clock.
    """

    record: StepRecord
    after: Timestep
    emulator_frames: int | None
    frame: np.ndarray
    seconds: float


def start_episode(agent: Player, env: GameEnv, seed: int | None = None) -> Timestep:
    """The first timestep of an episode; a seed restarts all chance of the environment."""
    agent.reset()
    frame, _ = env.reset(seed=seed)
    return Timestep(frame, 0.0, first=True, last=False)


def run(agent: Player, env: GameEnv, timestep: Timestep) -> Iterator[Step]:
    """Plays on from ``timestep``, episode after episode, without end.

    The agent has been shown the last timestep of an episode when the step that led there is
    yielded, so what it has learned is complete wherever the caller stops.
    """
    while True:
        if timestep.last:
            timestep = start_episode(agent, env)
        began, shown = time.perf_counter(), timestep.frame
        action = agent.step(timestep)
        seconds = time.perf_counter() - began
        record = agent.last_record or plain_record(action)
        frame, reward, terminated, truncated, info = env.step(action)
        last = terminated or truncated
        cut = truncated and not terminated
        timestep = Timestep(frame, float(reward), False, last, info["life_lost"], cut)
        if last:
            agent.step(timestep)
        yield Step(record, timestep, info.get("emulator_frames"), shown, seconds)


def plain_record(action: int) -> StepRecord:
    """The record of an agent with nothing symbolic to say."""
    return StepRecord((), (), (), (), action, False, "")


class Tally:
    """Counts steps and episodes, and sums up the episode that is being played."""

    def __init__(self) -> None:
        self.agent_steps = 0
        self.episode = 0
        self.episode_steps = 0
        self.episode_return = 0.0
        self.life_losses = 0
        self.frames_before = 0  # emulator frames of the finished episodes

    def add(self, step: Step) -> dict[str, Any] | None:
        """Counts one step; returns the row for metrics.csv where it ended an episode."""
        self.agent_steps += 1
        self.episode_steps += 1
        self.episode_return += step.after.reward
        self.life_losses += step.after.life_lost
        if not step.after.last:
            return None
        row: dict[str, Any] = {"agent_steps": self.agent_steps}
        if step.emulator_frames is not None:
            self.frames_before += step.emulator_frames
            row["emulator_frames"] = self.frames_before
        row |= {
            "episode": self.episode,
            "return": self.episode_return,
            "length": self.episode_steps,
            "life_losses": self.life_losses,
        }
        self.episode += 1
        self.episode_steps, self.episode_return, self.life_losses = 0, 0.0, 0
        return row

    def get_state(self) -> dict[str, Any]:
        """All counters."""
        return dict(vars(self))

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Takes up counters that ``get_state`` gave."""
        for name in vars(self):
            setattr(self, name, state[name])
