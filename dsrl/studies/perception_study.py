"""The study of perception (thesis chapter 6): every method by beta and game, one row a job.

Jobs run in processes of one thread each. A row is written as soon as its job is done and is never
computed again, so a study can be stopped at any time and resumed.
"""

import csv
import json
import multiprocessing
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.envs import Protocol
from dsrl.experiments import GAMES, default_agent, resolve_game, short_name
from dsrl.progress import Stopped, StopRequests
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.scoring.perception_measures import measure
from dsrl.scoring.play import HELD_OUT_SEED, play, random_frames
from dsrl.studies.perception_methods import (
    BEST,
    BETAS,
    CLASSIC,
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
Progress = Callable[[int, int, str], None]


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
            config = replace(config, objectness_nats=1e-9)
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
    rows = _read(table, resume)
    done = {tuple(row[name] for name in KEY) for row in rows}
    left = [job for job in jobs if job.key not in done]
    out.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")
    total = len(jobs)
    with (
        StopRequests() as stop,
        ProcessPoolExecutor(processes, spawn, initializer=_one_thread) as pool,
    ):
        futures = {pool.submit(run_job, job): job for job in left}
        waiting: set[Future[dict[str, Any]]] = set(futures)
        while waiting:
            finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                rows.append(_written(future.result()))
                write_atomic(table, csv_bytes(rows, COLUMNS))
                if progress is not None:
                    job = futures[future]
                    note = f"{job.method} {'' if job.beta is None else job.beta}"
                    progress(total - len(waiting), total, note)
            if stop.received is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in multiprocessing.active_children():
                    worker.terminate()
                raise Stopped(
                    f"stopped; {table} holds {len(rows)} rows: go on with --resume", stop.received
                )
    return table


def _one_thread() -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides


def _read(table: Path, resume: bool) -> list[dict[str, str]]:
    if not table.exists():
        return []
    if not resume:
        raise FileExistsError(f"{table} exists: go on with --resume, or name another --out")
    with table.open(newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{table} has other columns than this study: name another --out")
        return list(reader)


def _written(row: dict[str, Any]) -> dict[str, str]:
    """A row as it stands in the file."""
    return {name: _text(row.get(name)) for name in COLUMNS}


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
