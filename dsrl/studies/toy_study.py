"""The experiment of Garnelo et al. 2016 and Garcez et al. 2018: learn on one layout, play another.

Jobs run in processes of one thread each. The rows of a job are written as soon as it is done and
are never computed again, so a study can be stopped at any time and resumed.
"""

import csv
import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.toy_dqn import train_toy_dqn
from agents.toy_tables import LEARNERS, train_toy_tables
from agents.toy_values import best_return
from agents.toy_worlds import (
    IDS,
    MAX_STEPS,
    MOVES,
    Layout,
    Policy,
    ToyState,
    is_over,
    move,
    random_layout,
    regular_layout,
)
from dsrl.progress import Stopped, StopRequests
from dsrl.runs.files import csv_bytes, write_atomic

KINDS = 2  # with crosses alone every collection is correct
DQN, DQN_SEEDS = "SB3 DQN", 3
METHODS = (*LEARNERS, DQN)
LAYOUTS: tuple[Layout, ...] = ("regular", "random")
AGENT_STEPS = 30_000
MARKS = (1_000, 3_000, 10_000)  # agent steps after which a policy is tested, beside the last
TEST_GAMES, CURVE_GAMES = 100, 25  # after the last step; before
TEST_SEED = 5_000  # of the first test game
RANDOM_MOVES = (0.0, 0.1)  # shares of the tests: the greedy policy, and as in training
TABLE = "toy.csv"
COLUMNS = (
    "method", "trained_on", "tested_on", "seed", "agent_steps", "random_moves", "games", "crosses",
    "circles", "correct_percent", "mean_return", "best_return",
)  # fmt: skip
Row = dict[str, str]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Job:
    """One training, tested on both layouts along the way, in `games` games at its end."""

    method: str
    trained_on: Layout
    seed: int
    agent_steps: int = AGENT_STEPS
    games: int = TEST_GAMES

    @property
    def key(self) -> tuple[str, str, str]:
        """What its rows say of it."""
        return self.method, self.trained_on, str(self.seed)


class Games(NamedTuple):
    """What a policy did in the test games, and the best that could be done, summed."""

    games: int
    crosses: int
    circles: int
    best: float

    @property
    def correct_percent(self) -> float | None:
        """Crosses of all objects taken; None where nothing was."""
        taken = self.crosses + self.circles
        return 100 * self.crosses / taken if taken else None


def plan(seeds: int) -> list[Job]:
    """Every method, layout and seed; DQN, which is slow, on `DQN_SEEDS` at most."""
    if seeds < 1:
        raise ValueError(f"seeds must be at least 1, got {seeds}")
    count = {method: min(seeds, DQN_SEEDS) if method == DQN else seeds for method in METHODS}
    return [Job(m, layout, s) for m in METHODS for layout in LAYOUTS for s in range(count[m])]


def play_games(policy: Policy, layout: Layout, random_moves: float, games: int) -> Games:
    """Play test games by the functions that the environment is made of, without pictures."""
    crosses = circles = 0
    best = 0.0
    for game in range(games):
        rng = np.random.default_rng(TEST_SEED + game)
        state = random_layout(KINDS, rng) if layout == "random" else regular_layout(KINDS)
        best += best_return(state)
        for kind in _taken(policy, state, random_moves, rng):
            crosses += kind == "cross"
            circles += kind == "circle"
    return Games(games, crosses, circles, best)


def _taken(
    policy: Policy, state: ToyState, random_moves: float, rng: np.random.Generator
) -> list[str]:
    """The kinds of the objects taken in one game."""
    taken = []
    for _ in range(MAX_STEPS):
        chance = rng.random() < random_moves
        action = int(rng.integers(len(MOVES))) if chance else policy(state)
        state, kind = move(state, action)
        if kind is not None:
            taken.append(kind)
        if is_over(state):
            break
    return taken


def run_job(job: Job) -> list[Row]:
    """All rows of one training."""
    rows: list[Row] = []

    def test(steps: int, policy: Policy) -> None:
        last = steps == job.agent_steps
        if not (last or steps in MARKS):
            return
        count = job.games if last else CURVE_GAMES
        for layout in LAYOUTS:
            for share in RANDOM_MOVES if last else RANDOM_MOVES[:1]:
                games = play_games(policy, layout, share, count)
                rows.append(_row(job, layout, steps, share, games))

    env_id = IDS[KINDS, job.trained_on]
    if job.method == DQN:
        train_toy_dqn(env_id, job.agent_steps, job.seed, test)
    else:
        train_toy_tables(LEARNERS[job.method], env_id, job.agent_steps, job.seed, test)
    return rows


def _row(job: Job, layout: Layout, steps: int, random_moves: float, games: Games) -> Row:
    correct = games.correct_percent
    values = (
        job.method, job.trained_on, layout, job.seed, steps, random_moves, games.games,
        games.crosses, games.circles, "" if correct is None else f"{correct:.2f}",
        f"{(games.crosses - games.circles) / games.games:.3f}", f"{games.best / games.games:.3f}",
    )  # fmt: skip
    return dict(zip(COLUMNS, map(str, values), strict=True))


def study_toy(
    out: Path, jobs: Sequence[Job], processes: int, resume: bool, progress: Progress | None = None
) -> list[Row]:
    """Run the jobs that have no rows yet; all rows, in the order of the jobs.

    Raises FileExistsError where the table exists and ``resume`` was not asked for, ValueError
    where it is not one of ours, Stopped after a signal (what was done is kept).
    """
    table = out / TABLE
    rows = _read(table, resume)
    done = {job_of(row) for row in rows}
    left = [job for job in jobs if job.key not in done]
    order = {job.key: number for number, job in enumerate(jobs)}
    out.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")
    with (
        StopRequests() as stop,
        ProcessPoolExecutor(processes, spawn, initializer=_ignore_interrupts) as pool,
    ):
        futures = {pool.submit(run_job, job): job for job in left}
        waiting: set[Future[list[Row]]] = set(futures)
        while waiting:
            finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                rows += future.result()
                rows.sort(key=lambda row: order.get(job_of(row), len(jobs)))
                write_atomic(table, csv_bytes(rows, COLUMNS))
                if progress is not None:
                    progress(len(jobs) - len(waiting), len(jobs), futures[future].method)
            if stop.received is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in multiprocessing.active_children():
                    worker.terminate()
                raise Stopped(f"stopped; go on with --resume --out {out}", stop.received)
    return rows


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides


def _read(table: Path, resume: bool) -> list[Row]:
    if not table.exists():
        return []
    if not resume:
        raise FileExistsError(f"{table} exists: go on with --resume, or name another --out")
    with table.open(newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{table} has other columns than this study: name another --out")
        return list(reader)


def job_of(row: Row) -> tuple[str, str, str]:
    """What tells the training behind a row from others."""
    return row["method"], row["trained_on"], row["seed"]
