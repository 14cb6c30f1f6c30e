"""A small learner with every kind of state, to try the loop with: tabular Q on screen hashes.

Run as a program it trains into a run directory: ``python table_agent.py PATH STEPS [--resume]``.
"""

import sys
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.agent import Progress, StepRecord, Timestep
from agents.dsrl import DSRLConfig
from agents.envs import GameEnv, Protocol
from dsrl.config import TrainConfig
from dsrl.progress import Stopped
from dsrl.runs.train import train

KEYS = 64


class TableAgent:
    """Q(0) on one of 64 keys, half random."""

    def __init__(self, actions: int, seed: int) -> None:
        self.table = np.zeros((KEYS, actions), np.float32)
        self.rng = np.random.default_rng(seed)
        self.previous: tuple[int, int] | None = None
        self.last_record: StepRecord | None = None
        self.learning = True
        self.progress: Progress | None = None

    def step(self, t: Timestep) -> int:
        key = zlib.crc32(t.frame[::4, ::4].tobytes()) % KEYS
        if self.previous is not None and self.learning:
            target = t.reward + (0.0 if t.last else 0.9 * float(self.table[key].max()))
            self.table[self.previous] += 0.1 * (target - self.table[self.previous])
        greedy = not self.learning or bool(self.rng.random() < 0.5)
        values = self.table[key] + self.rng.normal(size=self.table.shape[1]) * 1e-3
        action = int(values.argmax() if greedy else self.rng.integers(len(values)))
        self.previous = (key, action)
        if self.progress:
            self.progress(1, 1, "")
        shares = tuple(float(v) for v in values)
        objects = ((1, 0, key, 80, 0, 1, 4, 2), (2, 1, 100, 140, -2, 0, 16, 4))
        cells = ((f"screen({key})", shares),)
        self.last_record = StepRecord(objects, (), cells, shares, action, greedy, "table")
        return action

    def reset(self) -> None:
        self.previous = None

    def get_state(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "rng": self.rng.bit_generator.state,
            "previous": self.previous,
            "note": b"bytes",
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.table = np.array(state["table"])
        self.rng.bit_generator.state = state["rng"]
        self.previous = tuple(state["previous"]) if state["previous"] else None


def build(config: TrainConfig, env: GameEnv) -> TableAgent:
    return TableAgent(len(env.action_meanings), config.seed)


def config(agent_steps: int, checkpoint_every: int = 50, **changes: Any) -> TrainConfig:
    """Breakout from few no-ops and with a short limit, so that there are episodes to end."""
    protocol = Protocol(game="ALE/Breakout-v5", sticky=0.25, max_episode_emulator_frames=300)
    settings = {"agent_steps": agent_steps, "checkpoint_every": checkpoint_every, "seed": 3}
    settings |= {"protocol": protocol, "agent": DSRLConfig()}
    return TrainConfig(**(settings | changes))


if __name__ == "__main__":
    try:
        train(
            config(int(sys.argv[2])),
            sys.argv[1],
            resume="--resume" in sys.argv,
            build=build,
            show=False,
        )
    except Stopped as stopped:
        print(stopped)
        sys.exit(stopped.exit_status)
