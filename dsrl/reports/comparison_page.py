"""A comparison as a markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dsrl.experiments import Game, resolve_game
from dsrl.reports.statistics import WINDOW
from dsrl.runs.run_record import Comparison, Group, title_of

Row = Mapping[str, Any]

READING_GUIDE = (
    "Scores are raw, of the evaluation with most games after most training of each run. Mean ± "
    "sd: over the runs' mean scores; in the table of runs, over the games of its evaluation. IQM: "
    "interquartile mean of the runs' mean scores, with a percentile bootstrap interval over runs. "
    "Steps to a score: agent steps "
    f"when the mean of the last {WINDOW} finished training games first reached it, median over "
    "runs (- if half of them never did), in brackets how many did. Published: rl-baselines3-zoo "
    "`benchmark.md`, without sticky actions; its sd is over the evaluation games of one run."
)


def markdown(comparison: Comparison, groups: Sequence[Row], runs: Sequence[Row]) -> str:
    """The comparison as a page: a table a protocol, a table of the runs, how to read them.

    `groups` are the rows of groups.csv in the order of `comparison.groups`, `runs` those of
    runs.csv.
    """
    parts = ["# Comparison", "![learning curves](learning_curves.png)"]
    summary = dict(zip(comparison.groups, groups, strict=True))
    for protocol in dict.fromkeys(group.protocol for group in comparison.groups):
        rows = {g: row for g, row in summary.items() if g.protocol == protocol}
        parts += [
            f"## {title_of(protocol)}",
            f"Protocol: {protocol.describe()}.",
            _group_table(rows, resolve_game(protocol.game)),
        ]
    parts += ["## Runs", _run_table(runs), READING_GUIDE, *_notes(comparison)]
    return "\n\n".join(parts) + "\n"


def _group_table(rows: Mapping[Group, Row], game: Game) -> str:
    """One line a group; the published figure stands on a line of its own."""
    lines = []
    for group, row in rows.items():
        line = {
            "method": group.label,
            "agent steps": f"{group.agent_steps:,}",
            "runs": f"{row['evaluated_runs']} of {row['runs']}",
            "games a run": row["games"],
            "mean ± sd": _plus_minus(row["return_mean"], row["return_sd"]),
            "IQM [95 %]": _with_interval(row["return_iqm"], row["iqm_low"], row["iqm_high"]),
        }
        for key in [key for key in row if key.startswith("steps_to_")]:
            name = key.removeprefix("steps_to_")
            reached = f"({row[f'runs_reaching_{name}']}/{row['runs']})"
            line[f"steps to {name}"] = f"{_number(row[key])} {reached}"
        lines.append(line)
    if game.published_dqn:
        published = dict.fromkeys(lines[0], "") | {
            "method": "SB3 DQN, published",
            "agent steps": "10,000,000",
            "mean ± sd": _plus_minus(*game.published_dqn),
        }
        lines.append(published)
    return _table(lines)


def _run_table(runs: Sequence[Row]) -> str:
    hidden = ("game", "agent_steps_trained", "return_mean", "return_sd")
    lines = []
    for run in runs:
        line = {key.replace("_", " "): run[key] for key in run if key not in hidden}
        line["mean ± sd"] = _plus_minus(run["return_mean"], run["return_sd"])
        lines.append(line)
    return _table(lines)


def _notes(comparison: Comparison) -> Iterable[str]:
    """What a reader should know before believing a row."""
    if any(group.background for group in comparison.groups):
        yield "A name@hash: rules of one's own by their file, and the hash of their text."
    for group, runs in comparison.groups.items():
        where = f"{title_of(group.protocol)}, {group.label}"
        seeds = [run.seed for run in runs]
        if len(set(seeds)) < len(seeds):
            yield f"Note ({where}): some training seed occurs in more than one run."
        kinds = {(r.evaluation.seed, len(r.evaluation.returns)) for r in runs if r.evaluation}
        if len(kinds) > 1:
            yield f"Note ({where}): runs were evaluated on different seeds or numbers of games."
        for run in runs:
            if run.evaluation and run.evaluations > 1:
                yield (
                    f"Note ({where}): {run.name} has {run.evaluations} evaluations after as many "
                    f"agent steps; the one of {len(run.evaluation.returns)} games is counted."
                )
            if run.evaluation and run.evaluation.agent_steps < group.agent_steps:
                yield (
                    f"Note ({where}): {run.name} was evaluated after "
                    f"{run.evaluation.agent_steps:,} of {group.agent_steps:,} agent steps."
                )


def _table(rows: Sequence[Row]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, ["---"] * len(columns)]
    lines += [[_cell(row.get(column)) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else _number(value)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else f"{value:g}"


def _plus_minus(mean: float | None, sd: float | None) -> str:
    if mean is None:
        return "-"
    return f"{mean:.2f}" if sd is None else f"{mean:.2f} ± {sd:.2f}"


def _with_interval(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if low is None or high is None else f"{value:.2f} [{low:.2f}, {high:.2f}]"
