"""Suites: many games by one agent, nothing set by hand; one row a game and seed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.dsrl import DSRLConfig
from agents.envs import Protocol, make_env
from dsrl.config import TrainConfig
from dsrl.runs.loop import run, start_episode
from dsrl.runs.rundir import code_commit
from dsrl.runs.train import build_agent
from dsrl.studies.jobs import Progress, Row, as_text, run_jobs

KEYS = ("game", "seed")
COLUMNS = (
    *KEYS, "agent_steps", "score", "score_last_half", "episodes", "learner", "eyes", "look_steps",
    "foretelling", "cpu_seconds", "commit", "fault",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SweepJob:
    """One game from its first step on: what counts is all reward within ``agent_steps``."""

    protocol: Protocol
    agent: DSRLConfig
    seed: int
    agent_steps: int

    @property
    def key(self) -> tuple[str, ...]:
        return (self.protocol.game, str(self.seed))

    @property
    def label(self) -> str:
        return f"{self.protocol.game}, seed {self.seed}"


def sweep(
    table: Path,
    jobs: list[SweepJob],
    processes: int,
    resume: bool,
    progress: Progress | None = None,
) -> list[Row]:
    """Play all jobs that the table lacks; a game that fails is a row that says why.

    Raises as `run_jobs` does.
    """
    return run_jobs(table, COLUMNS, KEYS, jobs, play, processes, resume, progress)


def play(job: SweepJob) -> list[Row]:
    """The row of one job."""
    began = time.process_time()
    told: dict[str, Any] = dict.fromkeys(COLUMNS)
    agent = job.agent
    told |= dict(zip(KEYS, job.key, strict=True))
    told |= {"agent_steps": job.agent_steps, "learner": agent.learns, "eyes": agent.eyes}
    told |= {"look_steps": agent.look_steps, "commit": code_commit()}
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
    env.close()
    learner = getattr(agent, "learner", None)
    counts = getattr(learner, "foretelling", None)
    return {
        "score": sum(rewards),
        "score_last_half": sum(rewards[len(rewards) // 2 :]),
        "episodes": episodes,
        "foretelling": None if counts is None else counts.get_state(),
    }


def table_of(rows: list[Row]) -> list[str]:
    """A line a game: mean over its seeds, and each."""
    games = dict.fromkeys(row["game"] for row in rows)
    lines = []
    for game in games:
        of = [row for row in rows if row["game"] == game]
        scores = [float(row["score"]) for row in of if not row["fault"]]
        faults = [row["fault"] for row in of if row["fault"]]
        mean = f"{sum(scores) / len(scores):8.1f}" if scores else "       -"
        lines.append(f"{game:28} {mean}  {' '.join(f'{s:g}' for s in scores)} {' '.join(faults)}")
    return lines
