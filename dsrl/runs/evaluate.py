"""Evaluation: whole games by the greedy policy on seeds that training never used."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.envs import GameEnv
from dsrl.progress import Stopped, StopRequests
from dsrl.runs.files import check_writable
from dsrl.runs.games import Played, game, player_of, total
from dsrl.runs.loop import Player
from dsrl.runs.recording import FOLDER, recorded
from dsrl.runs.rundir import RunDir, protocol_of
from dsrl.runs.scalars import add_evaluation
from dsrl.runs.train import BuildAgent

EVALUATIONS = "evaluations.csv"


def play_game(agent: Player, env: GameEnv, seed: int) -> tuple[float, int]:
    """One whole game (all lives) of an agent; returns (raw score, agent steps)."""
    return total(game(agent, env, seed))


def play_random_game(env: GameEnv, seed: int) -> tuple[float, int]:
    """One whole game of actions drawn evenly; returns (raw score, agent steps)."""
    rng = np.random.default_rng([seed, 1])  # apart from the environment's own
    env.reset(seed=seed)
    score, steps, over = 0.0, 0, False
    while not over:
        _, reward, terminated, truncated, _ = env.step(int(rng.integers(env.action_space.n)))
        score += reward
        steps += 1
        over = terminated or truncated
    return score, steps


class Result(NamedTuple):
    """A game that was played to its end; `score` is raw."""

    seed: int
    score: float
    steps: int


def check_games(episodes: int, seed: int) -> None:
    """ValueError where there are no such games: fewer than one, or a first seed below 0."""
    for name, value, least in (("episodes", episodes, 1), ("seed", seed, 0)):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def play(
    run: RunDir,
    episodes: int = 1,
    seed: int = 1000,
    *,
    build: BuildAgent | None = None,
    record: bool = False,
    on_step: Callable[[Played], None] | None = None,
    on_game: Callable[[int, Result], None] | None = None,
) -> tuple[list[Result], int]:
    """Whole games without learning, game i from reset seed `seed` + i and from nothing else.

    The results, and the agent steps the agent was trained for. `build` makes the untrained agent of
    a run that is not the baseline's (as in `train`); the baseline plays under its own wrappers.
    With `record` each game is kept in the run's folder (`dsrl.runs.recording`).
    Raises RunError where the run cannot be read, ValueError as `check_games`, OSError where a game
    is to be kept and cannot be, Stopped where Ctrl-C or SIGTERM came.
    """
    check_games(episodes, seed)
    play_game, agent_steps = player_of(run, protocol_of(run), build)
    if record:
        check_writable(run.path / FOLDER)
    results: list[Result] = []
    with StopRequests() as stop:

        def heard(step: Played) -> None:
            if stop.received is not None:
                raise Stopped(_stopped(results, record), stop.received)
            if on_step is not None:
                on_step(step)

        for own in range(seed, seed + episodes):
            steps = play_game(own)
            if record:
                steps = recorded(steps, run, own, agent_steps)
            results.append(Result(own, *total(steps, heard)))
            if on_game is not None:
                on_game(len(results) - 1, results[-1])
    return results, agent_steps


def _stopped(results: list[Result], record: bool) -> str:
    kept = "; those are kept" if record and results else ""
    return f"stopped after {len(results)} whole games{kept}"


def evaluate(
    run: str | Path,
    episodes: int = 30,
    seed: int = 1000,
    *,
    build: BuildAgent | None = None,
    record: bool = False,
    on_step: Callable[[Played], None] | None = None,
    on_game: Callable[[int, Result], None] | None = None,
) -> dict[str, Any]:
    """Play `episodes` games greedily (see `play`) and record the result.

    The result is returned and appended to the run's evaluations.csv; every score is raw. Raises as
    `play` does.
    """
    directory = RunDir.open(run)
    check_writable(directory.path / EVALUATIONS)
    began = time.monotonic()
    played, agent_steps = play(
        directory, episodes, seed, build=build, record=record, on_step=on_step, on_game=on_game
    )
    returns = [result.score for result in played]
    steps = sum(result.steps for result in played)
    protocol = protocol_of(directory)
    made: dict[str, Any] = {
        "game": protocol.game,
        "protocol": protocol.to_json(),
        "agent_steps_trained": agent_steps,
        "seed": seed,
        "episodes": episodes,
        "return_mean": float(np.mean(returns)),
        "return_sd": float(np.std(returns, ddof=1)) if episodes > 1 else 0.0,
        "returns": returns,
        "steps_per_second": round(steps / (time.monotonic() - began), 1),
    }
    _record(directory, made)
    add_evaluation(directory, made["return_mean"], steps / episodes, agent_steps)
    return made


def _record(run: RunDir, result: dict[str, Any]) -> None:
    row = {key: value for key, value in result.items() if key not in ("protocol", "game")}
    run.append(EVALUATIONS, row | {"returns": json.dumps(result["returns"])})
