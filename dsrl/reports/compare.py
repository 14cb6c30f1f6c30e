"""Comparing runs from their CSV files alone: tables and learning curves.

Runs are put together only where method, budget, the user's own rules and the whole protocol agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.envs import Protocol
from dsrl.experiments import resolve_game
from dsrl.reports.comparison_page import markdown
from dsrl.reports.plots import Panel, learning_curves
from dsrl.reports.statistics import (
    bootstrap_interval,
    interquartile_mean,
    steps_to_threshold,
)
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.runs.run_record import Comparison, RunRecord, read_run, title_of


class Compared(NamedTuple):
    """A page, and its tables: the rows of groups.csv and of runs.csv."""

    page: str
    groups: list[dict[str, Any]]
    runs: list[dict[str, Any]]


def compare(
    runs: Sequence[str | Path], out: str | Path, thresholds: Sequence[float] | None = None
) -> str:
    """Write comparison.md, groups.csv, runs.csv, episodes.csv and learning_curves.png to `out`.

    Returns the markdown. Takes and raises what `compared` does.
    """
    return compared(runs, out, thresholds).page


def compared(
    runs: Sequence[str | Path], out: str | Path, thresholds: Sequence[float] | None = None
) -> Compared:
    """The same with the rows. `thresholds` are the scores whose first reaching is reported
    (default: the game's own). Raises RunError where a run cannot be read, ValueError without runs.
    """
    paths = list(dict.fromkeys(Path(run).resolve() for run in runs))
    if not paths:
        raise ValueError("give at least one run to compare")
    comparison = Comparison(thresholds=None if thresholds is None else tuple(thresholds))
    for path in paths:
        record = read_run(path)
        comparison.groups.setdefault(record.group, []).append(record)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    groups, rows = group_rows(comparison), run_rows(comparison)
    text = markdown(comparison, groups, rows)
    write_atomic(out / "groups.csv", csv_bytes(groups))
    write_atomic(out / "runs.csv", csv_bytes(rows))
    write_atomic(out / "episodes.csv", csv_bytes(episode_rows(comparison)))
    write_atomic(out / "learning_curves.png", learning_curves(_panels(comparison)))
    write_atomic(out / "comparison.md", text.encode())
    return Compared(text, groups, rows)


def group_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a group: scores over its runs, and steps to each threshold (median over runs)."""
    rows = []
    for group, runs in comparison.groups.items():
        means = np.array([r.evaluation.returns.mean() for r in runs if r.evaluation])
        interval = bootstrap_interval(means)
        row: dict[str, Any] = {
            **comparison.columns_of(group),
            "agent_steps": group.agent_steps,
            "runs": len(runs),
            "evaluated_runs": len(means),
            "games": _games(runs),
            "return_mean": _rounded(means.mean()) if len(means) else None,
            "return_sd": _rounded(means.std(ddof=1)) if len(means) > 1 else None,
            "return_iqm": _rounded(interquartile_mean(means)) if len(means) else None,
            "iqm_low": _rounded(interval[0]) if interval else None,
            "iqm_high": _rounded(interval[1]) if interval else None,
        }
        for threshold in comparison.thresholds_of(group):
            steps = [steps_to_threshold(r.agent_steps, r.returns, threshold) for r in runs]
            row |= {
                f"steps_to_{threshold:g}": _median(steps),
                f"runs_reaching_{threshold:g}": sum(s is not None for s in steps),
            }
        rows.append(row)
    return rows


def run_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a run: the evaluation that counts, and the steps to each threshold."""
    rows = []
    for group, runs in comparison.groups.items():
        for run in runs:
            evaluation = run.evaluation
            row: dict[str, Any] = {
                "run": run.name,
                **comparison.columns_of(group),
                "seed": run.seed,
                "agent_steps": group.agent_steps,
                "agent_steps_trained": evaluation.agent_steps if evaluation else None,
                "episodes": len(evaluation.returns) if evaluation else None,
                "evaluation_seed": evaluation.seed if evaluation else None,
                "return_mean": _rounded(evaluation.returns.mean()) if evaluation else None,
                "return_sd": _rounded(_sd(evaluation.returns)) if evaluation else None,
            }
            for threshold in comparison.thresholds_of(group):
                row[f"steps_to_{threshold:g}"] = steps_to_threshold(
                    run.agent_steps, run.returns, threshold
                )
            rows.append(row)
    return rows


def episode_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a finished training episode: what the learning curves are drawn from."""
    return [
        {
            "run": run.name,
            **comparison.columns_of(group),
            "seed": run.seed,
            "agent_steps": int(steps),
            "return": float(score),
        }
        for group, runs in comparison.groups.items()
        for run in runs
        for steps, score in zip(run.agent_steps, run.returns, strict=True)
    ]


def _panels(comparison: Comparison) -> list[Panel]:
    """The learning curves to draw: a panel a protocol, a curve a group."""
    panels: dict[Protocol, Panel] = {}
    for group, runs in comparison.groups.items():
        protocol = group.protocol
        published = resolve_game(protocol.game).published_dqn
        panel = panels.setdefault(protocol, Panel(title_of(protocol), published, {}))
        number = f"{len(runs)} run" + "s" * (len(runs) != 1)
        label = f"{group.label} ({group.agent_steps:,} steps, {number})"
        panel.curves[label] = [(run.agent_steps, run.returns) for run in runs]
    return list(panels.values())


def _games(runs: Sequence[RunRecord]) -> int | str | None:
    """Of each run's evaluation, or the fewest and the most."""
    numbers = {len(r.evaluation.returns) for r in runs if r.evaluation}
    if len(numbers) < 2:
        return next(iter(numbers), None)
    return f"{min(numbers)} to {max(numbers)}"


def _median(steps: list[int | None]) -> int | None:
    """Median with "never" above every number; None where that is the median."""
    value = np.median([np.inf if s is None else s for s in steps])
    return int(value) if np.isfinite(value) else None


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _rounded(value: float) -> float:
    return round(float(value), 4)
