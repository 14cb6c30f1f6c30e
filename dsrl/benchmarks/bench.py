"""Speeds, measured side by side: DSRL against SB3's DQN and the bare emulator.

A whole DSRL training run is cut into parts, and after each part DQN trains for a while; then
DSRL, DQN and the bare emulator play in turns. What changes on the machine meanwhile so falls on
all of them, and ratios are of seconds per step spent in the same span of time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gymnasium
import numpy as np
import torch

from agents.agent import Agent, Timestep
from agents.baselines import DQNConfig, DQNPlayer, build_dqn, make_dqn_env
from agents.envs import Protocol, make_env
from dsrl.config import TrainConfig
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.runs.loop import run, start_episode
from dsrl.runs.rundir import RunDir
from dsrl.runs.stage_clock import StageClock
from dsrl.runs.train import BuildAgent, Training, build_agent, load_agent

ROUNDS = 5
ACTING_STEPS = 400  # of each player, each round
DQN_STEPS = 400
DQN_WARM_UP = 200
STAGES = {
    "emulator": ("agents.envs:AtariEnv.step", "agents.envs:AtariEnv.reset"),
    "train perception": ("agents.dsrl:eyes_from",),
    "detect": (
        "perception.detection.eyes:LatentEyes.__call__",
        "perception.pixels.eyes:PixelEyes.__call__",
        "perception.dense.eyes:DenseEyes.__call__",
    ),
    "track": ("perception.tracking:Tracker.step",),
    "rules": ("symbolic.rules.solver:Solver.solve", "symbolic.rules.solver:Solver.solve_batch"),
}
Say = Callable[[str], None]


class Stopwatch:
    """Steps and seconds of something measured in parts."""

    def __init__(self) -> None:
        self.steps = 0
        self.seconds = 0.0

    def add(self, play: Callable[[int], Any], steps: int) -> None:
        """Time `play(steps)`."""
        began = time.perf_counter()
        play(steps)
        self.seconds += time.perf_counter() - began
        self.steps += steps

    @property
    def rate(self) -> float:
        """Steps per second."""
        return self.steps / self.seconds


def bench(
    config: TrainConfig,
    *,
    build: BuildAgent = build_agent,
    rounds: int = ROUNDS,
    out: str | Path | None = None,
    say: Say = print,
) -> dict[str, float]:
    """Train as `config` says, play, and return each speed by name; `out` also gets them as CSV.

    Training counts everything a run does: perception's training, log and checkpoints.
    Raises ValueError where the budget is smaller than the number of rounds, and for a toy world.
    """
    if not config.protocol.emulated:
        raise ValueError(f"{config.protocol.game} has no emulator to measure players by")
    if not 1 <= rounds <= config.agent_steps:
        raise ValueError(f"rounds must be in 1..{config.agent_steps}, got {rounds}")
    say(f"{config.protocol.describe()}\n{torch.get_num_threads()} threads for each")
    clock = StageClock(STAGES)
    with TemporaryDirectory() as folder:
        directory = RunDir.create(Path(folder) / "run", config.to_json())
        training = Training(directory, config, build)
        with clock.running():
            speeds = _training_speeds(training, rounds, say)
        speeds |= _stages("training", clock, config.agent_steps / speeds["training_dsrl"])
        agent, _ = load_agent(directory, build)
    speeds |= _acting_speeds(agent, config.protocol, rounds, say)
    for name, speed in speeds.items():
        say(f"{name:32} {speed:10.4g} {_unit(name)}")
    if out is not None:
        rows = [{"name": n, "value": f"{v:.6g}", "unit": _unit(n)} for n, v in speeds.items()]
        write_atomic(Path(out), csv_bytes(rows))
    return speeds


def _training_speeds(training: Training, rounds: int, say: Say) -> dict[str, float]:
    """Train both in turns; DSRL its whole budget."""
    dsrl, dqn, learner = Stopwatch(), Stopwatch(), _DQNLearner(training.config.protocol)
    dsrl.add(lambda _: training.begin(), 0)
    steps = training.steps()

    def train_on(n: int) -> None:
        for _ in range(n):
            next(steps)

    budget = training.config.agent_steps
    ends = [budget * (part + 1) // rounds for part in range(rounds)]
    for end in ends:
        dsrl.add(train_on, end - dsrl.steps)
        dqn.add(learner.train, DQN_STEPS)
        say(f"training: {end}/{budget} steps, {dsrl.rate:.0f}/s, DQN {dqn.rate:.0f}/s")
    dsrl.add(lambda _: training.save(), 0)
    training.log.close()
    return {
        "training_dsrl": dsrl.rate,
        "training_dqn": dqn.rate,
        "training_dsrl_over_dqn": dsrl.rate / dqn.rate,
    }


class _DQNLearner:
    """SB3's DQN in the midst of learning, with as many threads as there were before."""

    def __init__(self, protocol: Protocol) -> None:
        threads = torch.get_num_threads()
        # a small buffer, and exploration over from the start, as it is for most of a run
        config = DQNConfig(
            agent_steps=DQN_WARM_UP,
            threads=threads,
            buffer_size=10_000,
            exploration_fraction=1e-6,
        )
        self._threads = threads
        self.model = build_dqn(protocol, config)
        self.model.learn(DQN_WARM_UP)

    def train(self, agent_steps: int) -> None:
        before = torch.get_num_threads()
        torch.set_num_threads(self._threads)
        self.model.learn(agent_steps, reset_num_timesteps=False)
        torch.set_num_threads(before)


def _acting_speeds(agent: Agent, protocol: Protocol, rounds: int, say: Say) -> dict[str, float]:
    """Play without learning, in turns with DQN and the bare emulator."""
    clock = StageClock(STAGES)
    players = {
        "dsrl": _dsrl_player(agent, protocol),
        "dqn": _dqn_player(protocol),
        "bare_emulator": _bare_emulator(protocol),
    }
    watches = {name: Stopwatch() for name in players}
    for part in range(rounds):
        for name, play in players.items():
            with clock.running():
                watches[name].add(play, ACTING_STEPS)
        so_far = ", ".join(f"{name} {watch.rate:.0f}/s" for name, watch in watches.items())
        say(f"acting: round {part + 1}/{rounds}: {so_far}")
    rates = {name: watch.rate for name, watch in watches.items()}
    speeds = {f"acting_{name}": rate for name, rate in rates.items()}
    speeds["acting_dsrl_over_dqn"] = rates["dsrl"] / rates["dqn"]
    speeds["acting_dsrl_over_emulator"] = rates["dsrl"] / rates["bare_emulator"]
    if clock.seconds["detect"]:
        speeds["detecting_frames"] = clock.calls["detect"] / clock.seconds["detect"]
    return speeds | _stages("acting", clock, watches["dsrl"].seconds)


def _dsrl_player(agent: Agent, protocol: Protocol) -> Callable[[int], None]:
    env = make_env(protocol)
    timestep: list[Timestep] = [start_episode(agent, env, seed=0)]

    def play(steps: int) -> None:
        for _, step in zip(range(steps), run(agent, env, timestep[0]), strict=False):
            timestep[0] = step.after

    return play


def _dqn_player(protocol: Protocol) -> Callable[[int], None]:
    config = DQNConfig(agent_steps=1, buffer_size=1, threads=torch.get_num_threads())
    model = build_dqn(protocol, config)
    player, env = DQNPlayer.from_model(model), make_dqn_env(protocol)
    observation = [env.reset(seed=0)[0]]

    def play(steps: int) -> None:
        for _ in range(steps):
            observation[0], _, terminated, truncated, _ = env.step(player.act(observation[0]))
            if terminated or truncated:
                observation[0] = env.reset()[0]
                player.reset()

    return play


def _bare_emulator(protocol: Protocol) -> Callable[[int], None]:
    """The emulator alone: no screen is read, actions are random."""
    ale: Any = gymnasium.make(protocol.game, frameskip=1).unwrapped.ale  # type: ignore[attr-defined]
    actions, rng = ale.getMinimalActionSet(), np.random.default_rng(0)

    def play(steps: int) -> None:
        for choice in rng.integers(len(actions), size=steps).tolist():
            for _ in range(protocol.frame_skip):
                ale.act(actions[choice])
            if ale.game_over():
                ale.reset_game()

    return play


def _stages(span: str, clock: StageClock, seconds: float) -> dict[str, float]:
    """Share of each stage in `seconds`; what no stage accounts for is the agent and the loop."""
    shares = {name: used / seconds for name, used in clock.seconds.items()}
    shares["decide, learn and log"] = 1 - sum(shares.values())
    return {f"{span}_share_{name}": share for name, share in shares.items()}


def _unit(name: str) -> str:
    if "_share_" in name:
        return "of the time"
    if "_over_" in name:
        return "times"
    return "frames/s" if name == "detecting_frames" else "agent steps/s"
