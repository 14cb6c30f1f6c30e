"""Learning on one layout and playing another (Garnelo et al. 2016, Garcez et al. 2018)."""

from collections.abc import Sequence
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
from dsrl.studies.jobs import Progress, Row, run_jobs

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
KEY = ("method", "trained_on", "seed")
COLUMNS = (
    "method", "trained_on", "tested_on", "seed", "agent_steps", "random_moves", "games", "crosses",
    "circles", "correct_percent", "mean_return", "best_return",
)  # fmt: skip


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

    @property
    def label(self) -> str:
        """Its method."""
        return self.method


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
    return run_jobs(out / TABLE, COLUMNS, KEY, jobs, run_job, processes, resume, progress)
