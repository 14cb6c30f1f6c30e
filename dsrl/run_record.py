"""What a comparison reads of runs, and which of them belong together."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.envs import Protocol
from dsrl.experiments import resolve_game
from dsrl.rundir import RunDir, RunError

LABELS = {"dqn": "SB3 DQN", "dsrl": "DSRL"}


class Group(NamedTuple):
    """What runs must share to be averaged; `agent_steps` is the budget."""

    protocol: Protocol
    method: str
    agent_steps: int

    @property
    def label(self) -> str:
        """The method as tables and plots name it."""
        return LABELS.get(self.method, self.method)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One evaluation of a run: scores of games from reset seeds `seed`, `seed` + 1, ..."""

    agent_steps: int
    seed: int
    returns: np.ndarray


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What a comparison reads of a run.

    `agent_steps` and `returns` (episodes,) are those of finished training episodes;
    `evaluation` is the newest, None where the run was not evaluated.
    """

    name: str
    group: Group
    seed: int
    agent_steps: np.ndarray
    returns: np.ndarray
    evaluation: Evaluation | None


@dataclass(kw_only=True)
class Comparison:
    """Runs by group, in the order they were given, and the scores asked about."""

    groups: dict[Group, list[RunRecord]] = field(default_factory=dict)
    thresholds: tuple[float, ...] | None = None

    def thresholds_of(self, group: Group) -> tuple[float, ...]:
        """The thresholds given, or else the game's own."""
        own = resolve_game(group.protocol.game).thresholds
        return own if self.thresholds is None else self.thresholds


def read_run(path: str | Path) -> RunRecord:
    """Read one run directory; RunError where it is none or lacks what a comparison needs."""
    run = RunDir.open(path)
    try:
        group = Group(
            Protocol.from_json(run.config["protocol"]),
            str(run.config["method"]),
            int(run.config["agent_steps"]),
        )
        metrics = run.rows("metrics.csv")
        evaluations = [
            Evaluation(
                agent_steps=int(row["agent_steps_trained"]),
                seed=int(row["seed"]),
                returns=np.array(json.loads(row["returns"]), float),
            )
            for row in run.rows("evaluations.csv")
        ]
        return RunRecord(
            name=run.path.name,
            group=group,
            seed=int(run.config["seed"]),
            agent_steps=np.array([int(row["agent_steps"]) for row in metrics], np.int64),
            returns=np.array([float(row["return"]) for row in metrics], float),
            evaluation=evaluations[-1] if evaluations else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path} is not a run that can be compared: {error!r}") from error
