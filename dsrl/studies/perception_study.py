"""The study of perception (thesis chapter 6): every method by beta and game, one row a job."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from agents.envs import Protocol
from dsrl.experiments import GAMES, default_agent, resolve_game, short_name
from dsrl.scoring.perception_measures import measure
from dsrl.scoring.play import HELD_OUT_SEED, play, random_frames
from dsrl.studies.jobs import Progress, Row, as_text, run_jobs
from dsrl.studies.perception_methods import (
    BEST,
    BETAS,
    CLASSIC,
    EVERYWHERE,
    SETTINGS,
    SHARPEST,
    UNGATED,
    settings,
)
from perception import train_perception
from perception.classic import train_classic

KEY = ("method", "beta", "seed", "frames", "score_frames")
FIGURES = (
    "f1", "precision", "recall", "type_purity", "centre_error_pixels", "switches_per_1000",
    "frames_per_second", "train_seconds", "bce_nats", "kl_nats", "gain_nats",
    "latent_f1", "latent_type_purity", "cells_on_objects", "objects_with_cells", "active_cells",
)  # fmt: skip
COLUMNS = (*KEY, "kinds", "failed", *FIGURES, "objects", "fixtures", "wall")


@dataclass(frozen=True)
class Job:
    """One training and its scoring on held-out random play."""

    game: str
    method: str
    beta: float | None
    seed: int
    frames: int
    score_frames: int

    @property
    def key(self) -> tuple[str, ...]:
        """What tells its row from the others of its game."""
        return (
            self.method,
            "" if self.beta is None else f"{self.beta:g}",
            str(self.seed),
            str(self.frames),
            str(self.score_frames),
        )

    @property
    def label(self) -> str:
        """Its method and beta."""
        return f"{self.method} {'' if self.beta is None else self.beta}"


def plan(game: str, frames: int, score_frames: int, seeds: int) -> list[Job]:
    """The best back end and what it is held against on ``seeds`` seeds, then the grid on one.

    So is the method whose latents tell places best.

    Raises ValueError for an unknown game, or one whose memory is not known.
    """
    if resolve_game(game).truth is None:
        known = [name for name, each in GAMES.items() if each.truth is not None]
        raise ValueError(f"{game} has no table of its memory to score by; {', '.join(known)} have")
    name = resolve_game(game).id
    best = default_agent().perception.beta
    jobs = [
        Job(name, method, None if method == CLASSIC else best, seed, frames, score_frames)
        for seed in range(seeds)
        for method in (BEST, CLASSIC, UNGATED)
    ]
    jobs += [Job(name, *SHARPEST, seed, frames, score_frames) for seed in range(1, seeds)]
    grid = [(method, beta) for beta in BETAS for method in SETTINGS]
    return jobs + [Job(name, m, beta, 0, frames, score_frames) for m, beta in grid]


def run_job(job: Job) -> dict[str, Any]:
    """The row of one job, which says so where a training diverges or finds nothing to learn."""
    protocol = Protocol(game=job.game)
    truth = resolve_game(job.game).truth
    assert truth is not None, "plan() refuses such games"
    frames = random_frames(protocol, job.frames, job.seed)
    row: dict[str, Any] = dict(zip(KEY, job.key, strict=True))
    start = time.perf_counter()
    try:
        eyes = _train(job, frames)
    except (FloatingPointError, ValueError) as error:
        return row | {"failed": str(error)}
    row["train_seconds"] = time.perf_counter() - start
    observations = islice(play(protocol, HELD_OUT_SEED), job.score_frames)
    row = measure(eyes, observations, truth) | row
    row["kinds"] = len(eyes.kinds)
    return row


def _train(job: Job, frames: np.ndarray) -> Any:
    if job.method == CLASSIC:
        return train_classic(frames, job.seed)
    if job.method in (BEST, UNGATED):
        config = default_agent().perception
        if job.method == UNGATED:
            config = replace(config, objectness_nats=EVERYWHERE)
        return train_perception(frames, config, job.seed)
    assert job.beta is not None
    return train_perception(frames, settings(job.method, job.beta), job.seed)


def study(
    out: Path, jobs: Sequence[Job], processes: int, resume: bool, progress: Progress | None = None
) -> Path:
    """Run the jobs of one game that have no row yet; the CSV they are in.

    Raises FileExistsError where the CSV exists and ``resume`` was not asked for, ValueError where
    it is not one of ours, Stopped after a signal (what was done is kept).
    """
    table = out / f"{short_name(jobs[0].game)}.csv"
    run_jobs(table, COLUMNS, KEY, jobs, _rows, processes, resume, progress)
    return table


def _rows(job: Job) -> list[Row]:
    return [_written(run_job(job))]


def _written(row: dict[str, Any]) -> Row:
    """A row as it stands in the file."""
    return {name: as_text(row.get(name)) for name in COLUMNS}
