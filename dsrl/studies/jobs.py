"""Many trainings beside each other, whose rows go to one table.

Jobs run in processes of one thread each. The rows of a job are written as soon as it is done and
are never computed again, so a study can be stopped at any time and resumed.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from threadpoolctl import threadpool_limits

from dsrl.progress import Stopped, StopRequests
from dsrl.runs.files import csv_bytes, write_atomic

Row = dict[str, str]
Progress = Callable[[int, int, str], None]  # jobs done, jobs in all, the one that was done last


class Job(Protocol):
    """One training. ``key`` is what its rows hold in the key columns, ``label`` is for people."""

    @property
    def key(self) -> tuple[str, ...]: ...

    @property
    def label(self) -> str: ...


AnyJob = TypeVar("AnyJob", bound=Job)


def run_jobs(
    table: Path,
    columns: Sequence[str],
    key_columns: Sequence[str],
    jobs: Sequence[AnyJob],
    run: Callable[[AnyJob], list[Row]],
    processes: int,
    resume: bool,
    progress: Progress | None = None,
) -> list[Row]:
    """Run the jobs that have no rows in the table yet; all its rows, in the order of the jobs.

    Raises FileExistsError where the table exists and ``resume`` was not asked for, ValueError
    where it has other columns, Stopped after a signal (what was done is kept).
    """
    rows = _read(table, columns, resume)
    order = {job.key: number for number, job in enumerate(jobs)}
    done = {_key(row, key_columns) for row in rows}
    left = [job for job in jobs if job.key not in done]
    table.parent.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")
    with (
        StopRequests() as stop,
        ProcessPoolExecutor(processes, spawn, initializer=_one_thread) as pool,
    ):
        futures = {pool.submit(run, job): job for job in left}
        waiting: set[Future[list[Row]]] = set(futures)
        while waiting:
            finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            for count, future in enumerate(finished, len(jobs) - len(waiting) - len(finished) + 1):
                rows += future.result()
                rows.sort(key=lambda row: order.get(_key(row, key_columns), len(jobs)))
                write_atomic(table, csv_bytes(rows, columns))
                if progress is not None:
                    progress(count, len(jobs), futures[future].label)
            if stop.received is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in multiprocessing.active_children():
                    worker.terminate()
                raise Stopped(
                    f"stopped; {table} holds {len(rows)} rows: go on with --resume", stop.received
                )
    return rows


def _key(row: Row, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in columns)


def _one_thread() -> None:
    torch.set_num_threads(1)
    threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides


def _read(table: Path, columns: Sequence[str], resume: bool) -> list[Row]:
    if not table.exists():
        return []
    if not resume:
        raise FileExistsError(f"{table} exists: go on with --resume, or name another --out")
    with table.open(newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != tuple(columns):
            raise ValueError(f"{table} has other columns than this study: name another --out")
        return list(reader)


def as_text(value: Any) -> str:
    """A value as it stands in a cell of a table."""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
