"""Suites: many games by one agent, nothing set by hand; one row a game and seed."""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from agents.dsrl import DSRLConfig
from agents.envs import Protocol, make_env
from dsrl.config import TrainConfig
from dsrl.experiments import HUMAN, RANDOM
from dsrl.runs.games import frozen_play, total
from dsrl.runs.loop import run, start_episode
from dsrl.runs.rundir import code_commit
from dsrl.runs.train import build_agent
from dsrl.scoring.play import HELD_OUT_SEED
from dsrl.studies.jobs import Progress, Row, as_text, run_jobs
from dsrl.studies.normalised import INTERVAL, Scores, aggregates, human_normalised

Published = Mapping[str, Mapping[str, float]]
"""Scores of others by game and method."""
KEYS = ("game", "seed")
TERMS = ("agent_steps", "learner", "eyes", "frozen_games")
COLUMNS = (
    *KEYS, "agent_steps", "score", "score_sd", "frozen_games", "reward", "reward_last_half",
    "episodes", "learner", "eyes", "look_steps", "foretelling", "cpu_seconds", "commit", "fault",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SweepJob:
    """One game from its first step on. What counts is all reward within ``agent_steps``, or the
    mean of so many ``episodes`` of frozen play after them, from `HELD_OUT_SEED` on."""

    protocol: Protocol
    agent: DSRLConfig
    seed: int
    agent_steps: int
    episodes: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.protocol.game, str(self.seed))

    @property
    def terms(self) -> Row:
        """What the rows of one table have in common, as they have it."""
        found = (self.agent_steps, self.agent.learns, self.agent.eyes, self.episodes or None)
        return dict(zip(TERMS, map(as_text, found), strict=True))

    @property
    def label(self) -> str:
        return f"{self.protocol.game}, seed {self.seed}"


def refuse_others(rows: list[Row], jobs: list[SweepJob]) -> None:
    """ValueError where a table's rows were played on other terms than these jobs will be."""
    wanted = {name: {job.terms[name] for job in jobs} for name in TERMS}
    for row in rows:
        for name in TERMS:
            if row[name] not in wanted[name]:
                raise ValueError(
                    f"the table has {row['game']} with {name} {row[name] or 0}, not "
                    f"{' or '.join(wanted[name]) or 0}: name another --out"
                )


def sweep(
    table: Path,
    jobs: list[SweepJob],
    processes: int,
    resume: bool,
    progress: Progress | None = None,
) -> list[Row]:
    """Play all jobs that the table lacks; a game that fails is a row that says why.

    Raises as `run_jobs` does, and ValueError where the table's games were played on other terms.
    """
    if resume and table.exists():
        with table.open(newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) == COLUMNS:
                refuse_others(list(reader), jobs)
    return run_jobs(table, COLUMNS, KEYS, jobs, play, processes, resume, progress)


def play(job: SweepJob) -> list[Row]:
    """The row of one job."""
    began = time.process_time()
    told: dict[str, Any] = dict.fromkeys(COLUMNS)
    agent = job.agent
    told |= dict(zip(KEYS, job.key, strict=True))
    told |= {**job.terms, "look_steps": agent.look_steps, "commit": code_commit()}
    try:
        told |= _played(job)
    except Exception as error:  # of any game: the others go on
        told["fault"] = f"{type(error).__name__}: {error}"
    told["cpu_seconds"] = round(time.process_time() - began)
    return [{name: as_text(value) for name, value in told.items()}]


def _played(job: SweepJob) -> dict[str, Any]:
    config = TrainConfig(
        protocol=job.protocol, agent=job.agent, seed=job.seed, agent_steps=job.agent_steps
    )
    env = make_env(job.protocol)
    agent = build_agent(config, env)
    rewards, episodes = [], 0
    steps = run(agent, env, start_episode(agent, env, job.seed))
    for _, step in zip(range(job.agent_steps), steps, strict=False):
        rewards.append(step.after.reward)
        episodes += step.after.last
    learner = getattr(agent, "learner", None)
    counts = getattr(learner, "foretelling", None)
    told = {
        "score": sum(rewards),
        "reward": sum(rewards),
        "reward_last_half": sum(rewards[len(rewards) // 2 :]),
        "episodes": episodes,
        "foretelling": None if counts is None else counts.get_state(),
    }
    if job.episodes:
        frozen = frozen_play(agent, env)
        returns = [total(frozen(HELD_OUT_SEED + i))[0] for i in range(job.episodes)]
        told["score"] = mean(returns)
        told["score_sd"] = stdev(returns) if job.episodes > 1 else None
    env.close()
    return told


def table_of(rows: list[Row], published: Published | None = None) -> list[str]:
    """A line a game: mean over its seeds, and each; where scores of others are ``published``, their
    and random play's and a person's beside it, and all games as one number for each."""
    games: dict[str, list[Row]] = {}
    for row in rows:
        games.setdefault(row["game"], []).append(row)
    scores = {g: [float(r["score"]) for r in of if not r["fault"]] for g, of in games.items()}
    methods = list(next(iter(published.values()))) if published else []
    lines = []
    if methods:
        lines.append(f"{'':28} {'ours':>10} " + " ".join(f"{each:>12}" for each in methods))
    for game, of in games.items():
        one = f"{mean(scores[game]):10.1f}" if scores[game] else f"{'-':>10}"
        others = [f"{published[game][each]:12.1f}" for each in methods] if published else []
        each = [] if len(scores[game]) < 2 else [f"{s:g}" for s in scores[game]]
        faults = [row["fault"] for row in of if row["fault"]]
        lines.append(" ".join([f"{game:28}", one, *others, *each, *faults]))
    known = {game: each for game, each in scores.items() if each}
    if published and known:
        lines += _as_one_number(known, published)
    return lines


def _as_one_number(scores: Scores, published: Published) -> list[str]:
    """Of these games alone, ours with its intervals, and the methods'."""
    ours = aggregates(human_normalised(scores, published))
    lines = [f"of {len(scores)} of {len(published)} games, 0 is random play and 1 a person:"]
    methods = [m for m in next(iter(published.values())) if m not in (RANDOM, HUMAN)]
    theirs = {
        method: aggregates(
            human_normalised({game: [published[game][method]] for game in scores}, published)
        )
        for method in methods
    }
    for name, (value, low, high) in ours.items():
        line = f"{name:7} {value:.3f}"
        if low < high:  # a run alone has no spread
            line += f" ({INTERVAL} %: {low:.3f} to {high:.3f})"
        if name != "iqm":  # of runs, which are not published in this table
            others = ", ".join(f"{method} {theirs[method][name].value:.2f}" for method in methods)
            line += f"; {others}"
        lines.append(line)
    return lines
