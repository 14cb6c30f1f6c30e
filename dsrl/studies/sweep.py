"""Suites: many games by one agent, nothing set by hand; one row a game and seed."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from agents.dsrl import DSRLConfig
from agents.envs import GameEnv, Protocol, make_env
from dsrl.config import TrainConfig
from dsrl.runs.games import frozen_play, total
from dsrl.runs.loop import run, start_episode
from dsrl.runs.rundir import code_commit
from dsrl.runs.train import build_agent
from dsrl.scoring.play import HELD_OUT_SEED
from dsrl.studies.jobs import Progress, Row, as_text, run_jobs

KEYS = ("game", "change", "seed")
TERMS = ("agent_steps", "learner", "eyes", "frozen_games", "sticky")
COLUMNS = (
    *KEYS, "sticky", "agent_steps", "score", "score_sd", "frozen_games", "reward",
    "reward_last_half", "chance", "chance_last_half", "episodes", "learner", "eyes", "look_steps",
    "foretelling", "cpu_seconds", "commit", "fault",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SweepJob:
    """One game from its first step on. What counts is all reward within ``agent_steps``, or the
    mean of so many ``episodes`` of frozen play after them, from `HELD_OUT_SEED` on. ``change`` is
    the word for what its protocol's arguments make other than usual."""

    protocol: Protocol
    change: str = ""
    agent: DSRLConfig
    seed: int
    agent_steps: int
    episodes: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.protocol.game, self.change, str(self.seed))

    @property
    def terms(self) -> Row:
        """What the rows of one table have in common, as they have it."""
        agent = self.agent
        games, sticky = self.episodes or None, self.protocol.sticky or None
        found = (self.agent_steps, agent.learns, agent.eyes, games, sticky)
        return dict(zip(TERMS, map(as_text, found), strict=True))

    @property
    def label(self) -> str:
        changed = f", {self.change} changed" if self.change else ""
        return f"{self.protocol.game}{changed}, seed {self.seed}"


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
    for step in islice(steps, job.agent_steps):
        rewards.append(step.after.reward)
        episodes += step.after.last
    learner = getattr(agent, "learner", None)
    counts = getattr(learner, "foretelling", None)
    told = {
        "score": sum(rewards),
        "reward": sum(rewards),
        "reward_last_half": _last_half(rewards),
        "episodes": episodes,
        "foretelling": None if counts is None else counts.get_state(),
    }
    if job.episodes:
        frozen = frozen_play(agent, env)
        returns = [total(frozen(HELD_OUT_SEED + i))[0] for i in range(job.episodes)]
        told["score"] = mean(returns)
        told["score_sd"] = stdev(returns) if job.episodes > 1 else None
    else:
        chance = rewards_by_chance(env, job.agent_steps, job.seed)
        told |= {"chance": sum(chance), "chance_last_half": _last_half(chance)}
    env.close()
    return told


def rewards_by_chance(env: GameEnv, agent_steps: int, seed: int) -> list[float]:
    """What each step brings to one who acts by chance: no learner at all."""
    rng = np.random.default_rng(seed)
    env.reset(seed=seed)
    rewards = []
    for action in rng.integers(env.action_space.n, size=agent_steps).tolist():
        _, reward, terminated, truncated, _ = env.step(action)
        rewards.append(reward)
        if terminated or truncated:
            env.reset()
    return rewards


def _last_half(rewards: Sequence[float]) -> float:
    return sum(rewards[len(rewards) // 2 :])
