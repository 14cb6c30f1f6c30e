"""What a comparison reads of runs, and which of them belong together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.envs import Protocol
from dsrl.config import METHOD, eyes_in
from dsrl.experiments import resolve_game, short_name
from dsrl.runs.rundir import RunDir, RunError

LABELS = {"dqn": "SB3 DQN", "dsrl": "DSRL"}


class Group(NamedTuple):
    """What runs must share to be averaged; `agent_steps` is the budget.

    `background` names the user's own rules and their content (`background_of`), `tables` the run
    whose tables it began with, and theirs (`tables_of`), `eyes` what it saw with.
    """

    protocol: Protocol
    method: str
    agent_steps: int
    background: str | None = None
    tables: str | None = None
    eyes: str | None = None

    @property
    def label(self) -> str:
        """The method as tables and plots name it, with what it was given beforehand."""
        given = [
            self.eyes and f"eyes of {self.eyes}", self.background,
            self.tables and f"tables of {self.tables}",
        ]  # fmt: skip
        return ", ".join([LABELS.get(self.method, self.method), *filter(None, given)])

    @property
    def columns(self) -> dict[str, Any]:
        """What sets it apart, by column; None where it does not apply or is not set."""
        protocol = self.protocol
        return {
            "game": protocol.game,
            "mode": protocol.mode,
            "difficulty": protocol.difficulty,
            "sticky": protocol.sticky if protocol.emulated else None,
            "method": self.method,
            "background": self.background,
            "tables": self.tables,
            "eyes": self.eyes,
        }


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
    `evaluation` is the one that counts (`chosen`), None where the run was not evaluated, and
    `evaluations` says how many there are of as many agent steps.
    """

    name: str
    group: Group
    seed: int
    agent_steps: np.ndarray
    returns: np.ndarray
    evaluation: Evaluation | None
    evaluations: int = 0


@dataclass(kw_only=True)
class Comparison:
    """Runs by group, in the order they were given, and the scores asked about."""

    groups: dict[Group, list[RunRecord]] = field(default_factory=dict)
    thresholds: tuple[float, ...] | None = None

    def thresholds_of(self, group: Group) -> tuple[float, ...]:
        """The thresholds given, or else the game's own."""
        own = resolve_game(group.protocol.game).thresholds
        return own if self.thresholds is None else self.thresholds

    def columns_of(self, group: Group) -> dict[str, Any]:
        """The group's columns without those that are set in no group."""
        used = {k for g in self.groups for k, value in g.columns.items() if value is not None}
        return {name: value for name, value in group.columns.items() if name in used}


def title_of(protocol: Protocol) -> str:
    """A protocol in the heading of a table or plot: the game, switches that are set, sticky."""
    if not protocol.emulated:
        return short_name(protocol.game)
    switches = "".join(f", {name} {value}" for name, value in protocol.variant.items())
    return f"{short_name(protocol.game)}{switches}, sticky {protocol.sticky:g}"


def background_of(config: Mapping[str, Any]) -> str | None:
    """The user's rules in a run's config.json as `file name@hash`, None where it has none.

    The hash is of the text of the file and of those it includes, wherever they lay.
    """
    sources = config.get("background")
    if not sources:
        return None
    texts = json.dumps([source["text"] for source in sources])
    return f"{Path(sources[0]['path']).name}@{hashlib.sha256(texts.encode()).hexdigest()[:8]}"


def tables_of(config: Mapping[str, Any]) -> str | None:
    """The run whose tables a run began with as `name@hash of the tables`, None without any."""
    tables = config.get("tables")
    return f"{tables['run']}@{tables['sha256'][:8]}" if tables else None


def eyes_of(config: Mapping[str, Any]) -> str | None:
    """The eyes that a run sees with, None where it has no objects to see (DQN)."""
    return eyes_in(config["agent"]) if config.get("method") == METHOD else None


def evaluations_of(run: RunDir) -> list[Evaluation]:
    """A run's evaluations, the newest last."""
    return [
        Evaluation(
            agent_steps=int(row["agent_steps_trained"]),
            seed=int(row["seed"]),
            returns=np.array(json.loads(row["returns"]), float),
        )
        for row in run.rows("evaluations.csv")
    ]


def chosen(evaluations: Sequence[Evaluation]) -> Evaluation | None:
    """Of the newest agent the evaluation with most games, of those the latest; None of none.

    So a look at a game or two takes no figure's place.
    """
    latest_first = reversed(evaluations)
    return max(latest_first, key=lambda each: (each.agent_steps, len(each.returns)), default=None)


def read_run(path: str | Path) -> RunRecord:
    """Read one run directory; RunError where it is none or lacks what a comparison needs."""
    run = RunDir.open(path)
    try:
        group = Group(
            Protocol.from_json(run.config["protocol"]),
            str(run.config["method"]),
            int(run.config["agent_steps"]),
            background_of(run.config),
            tables_of(run.config),
            eyes_of(run.config),
        )
        metrics = run.rows("metrics.csv")
        evaluations = evaluations_of(run)
        counts = chosen(evaluations)
        return RunRecord(
            name=run.path.name,
            group=group,
            seed=int(run.config["seed"]),
            agent_steps=np.array([int(row["agent_steps"]) for row in metrics], np.int64),
            returns=np.array([float(row["return"]) for row in metrics], float),
            evaluation=counts,
            evaluations=sum(
                counts is not None and e.agent_steps == counts.agent_steps for e in evaluations
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path} is not a run that can be compared: {error!r}") from error
