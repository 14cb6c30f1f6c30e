"""What a run's model of its game says, and how right it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.dsrl import DSRLAgent
from dsrl.runs.names import NO_NAMES, Names, called
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import load_agent

SCENES = 200  # that imagination is started from
WITHIN = 4.0  # pixels: an imagined place that is nearer is right


class ModelReport(NamedTuple):
    """The laws as lines, who obeys, one-step counts, and open-loop errors by kind and steps ahead:
    (median pixels, share within `WITHIN`, how many). Kinds have the model's own numbers, in
    ``names`` too."""

    lines: tuple[str, ...]
    obeys: tuple[int, ...]
    foretelling: dict[str, int]
    open_loop: dict[tuple[int, int], tuple[float, float, int]]
    names: Names = NO_NAMES

    @property
    def summary(self) -> list[str]:
        """What stands before the laws."""
        c = self.foretelling
        lines = [
            "obeys the actions: " + (", ".join(f"kind {k}" for k in self.obeys) or "nothing"),
            f"places a step ahead {c['places']}: within a pixel {c['places_right']}, "
            f"{c['places'] - c['changes']} if all just went on",
            f"rewards {c['rewards']}: foretold {c['rewards_foretold']}, "
            f"falsely {c['rewards_false']}",
            f"changes of velocity {c['changes']}: right {c['changes_right']}, "
            f"falsely {c['changes_false']}",
            f"flips {c['flips']}: foretold {c['flips_foretold']}, falsely {c['flips_false']}",
        ]
        for (kind, steps), (median, share, many) in sorted(self.open_loop.items()):
            lines.append(
                f"kind {kind} after {steps} imagined steps: {median:.1f} pixels off in the "
                f"median, within {WITHIN:g} in {share:.0%} of {many}"
            )
        return [self._named(line) for line in lines]

    def rules(self, kind: int | None) -> list[str]:
        """The laws of one kind and of the scene, or all."""
        wanted = ("scene:", f"kind {kind}:")
        lines = [line for line in self.lines if kind is None or line.startswith(wanted)]
        return [self._named(line) for line in lines]

    def _named(self, line: str) -> str:
        """The same with its name behind each kind that has one."""
        return re.sub(r"\bkind ?(\d+)", lambda m: called(int(m[1]), self.names, m[0]), line)

    def to_json(self) -> dict[str, Any]:
        """All of it; open-loop rows are kind, steps, median, share, number."""
        rows = [[*key, *value] for key, value in sorted(self.open_loop.items())]
        return {
            "obeys": list(self.obeys), "foretelling": self.foretelling, "open_loop": rows,
            "rules": list(self.lines), **({"names": dict(self.names)} if self.names else {}),
        }  # fmt: skip


def modelling_agent(path: Path) -> DSRLAgent:
    """Of the newest checkpoint of a run. RunError where it has no model or knows nothing yet."""
    run = RunDir.open(path)
    agent, _ = load_agent(run)
    if not isinstance(agent, DSRLAgent) or agent.config.learns != "model":
        raise RunError(f"{path} has no model: train it with --learner model")
    if not agent.learner.model.known:
        raise RunError(f"{path} does not know yet what obeys the actions: train it for longer")
    return agent


def model_report(agent: DSRLAgent, names: Names = NO_NAMES) -> ModelReport:
    """Of an agent that learns a model; ``names`` of kinds as perception numbers them."""
    from symbolic.model.foretelling import open_loop  # slow to import: they compile
    from symbolic.model.printing import rules_of

    model = agent.learner.model
    told = model.memory.episodes()
    errors = open_loop(told, model.laws, SCENES, np.random.default_rng(0))
    return ModelReport(
        tuple(rules_of(model.laws)),
        tuple(np.flatnonzero(model.laws.obeys).tolist()),
        dict(agent.learner.foretelling.counts),
        {
            key: (float(np.median(e)), float(np.mean(np.array(e) <= WITHIN)), len(e))
            for key, e in errors.items()
        },
        {own: names[seen] for own, seen in enumerate(model.reader.kinds) if seen in names},
    )
