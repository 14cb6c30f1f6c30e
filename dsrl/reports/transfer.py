"""Transfer: what trained runs keep of their score in the other variants of their game.

Each run plays every variant as it is (zero-shot) and, where asked for, after learning on there.
A row is written as soon as it is known and is never played again, so a study can be stopped at any
moment, gone on with by the same command, and given more runs and variants.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent import Progress
from agents.envs import Protocol, make_env
from dsrl.config import differences
from dsrl.progress import Stopped
from dsrl.reports.transfer_page import heat_map, markdown
from dsrl.reports.transfer_plan import (
    RANDOM_METHOD,
    Job,
    Player,
    TransferSettings,
    plan,
    shared_protocol,
    trained_player,
)
from dsrl.runs.evaluate import play_random_game
from dsrl.runs.files import is_free, write_atomic
from dsrl.runs.games import frozen_play, player_of, total
from dsrl.runs.loop import run as play_on
from dsrl.runs.loop import start_episode
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import BuildAgent, build_agent, load_agent

TABLE, PAGE, PICTURE = "transfer.csv", "transfer.md", "transfer.png"
STEPS_A_NOTE = 100
Say = Callable[[str], None]
ScoreGame = Callable[[int], tuple[float, int]]
"""Plays one game from a reset seed; returns (raw score, agent steps)."""


def transfer(
    runs: Sequence[str | Path],
    out: str | Path,
    *,
    modes: Sequence[int] | None = None,
    difficulties: Sequence[int] | None = None,
    episodes: int = 5,
    seed: int = 3000,
    most_steps: int = 5_000,
    adapt_steps: int = 0,
    build: BuildAgent = build_agent,
    progress: Progress | None = None,
) -> str:
    """Play what transfer.csv in `out` lacks, then write transfer.md and transfer.png of all rows.

    Returns the markdown. `modes` and `difficulties` are all of the game's where None; `progress`
    hears of games played. The runs are only read.
    Raises RunError where a run is untrained or cannot be read, or `out` is of other settings or
    holds rows of another run of the same name; ValueError on a mode or difficulty the game lacks;
    Stopped on Ctrl-C (what was finished is kept).
    """
    paths = dict.fromkeys(Path(run).resolve() for run in runs)
    players = [trained_player(path, build) for path in paths]
    settings = TransferSettings(
        protocol=shared_protocol(players), episodes=episodes, seed=seed, most_steps=most_steps
    )
    jobs = plan(settings, players, modes, difficulties, adapt_steps)
    directory = _open(Path(out), settings)
    directory.lock()
    try:
        _refuse_other_runs(directory, players)
        _play(directory, settings, jobs, build, progress or (lambda done, total, note: None))
        rows = directory.rows(TABLE)
        write_atomic(directory.path / PICTURE, heat_map(rows))
        text = markdown(settings, rows)
        write_atomic(directory.path / PAGE, text.encode())
    except KeyboardInterrupt:
        done = len(directory.rows(TABLE))
        message = f"stopped; {directory.path / TABLE} holds {done} rows: the same command goes on"
        raise Stopped(message, signal.SIGINT) from None
    finally:
        directory.unlock()
    return text


def share_kept(score: float, floor: float, original: float, original_floor: float) -> float | None:
    """(score - floor) / (original - original_floor): 1 is all that was learned, 0 is chance.

    The floors are the random policy's scores in the variant and in the original. None where the
    run is not above chance in the original, so that there is nothing to keep.
    """
    learned = original - original_floor
    return (score - floor) / learned if learned > 0 else None


def _open(path: Path, settings: TransferSettings) -> RunDir:
    if is_free(path):
        return RunDir.create(path, settings.to_json())
    if not path.is_dir():
        raise RunError(f"{path} is a file: give another --out")
    directory = RunDir.open(path)
    if different := differences(directory.config, settings.to_json()):
        raise RunError(
            f"{path} has other settings: {'; '.join(different)}. "
            "Give the same settings, or name another --out"
        )
    return directory


def _refuse_other_runs(directory: RunDir, players: Sequence[Player]) -> None:
    """Runs are told apart by name: one that was trained further or anew must not be mixed in."""
    for player in players:
        own = (str(player.agent_steps_trained), player.config_sha256)
        for row in directory.rows(TABLE):
            if row["run"] == player.name and own != (
                row["agent_steps_trained"],
                row["config_sha256"],
            ):
                raise RunError(
                    f"{directory.path} holds rows of another {player.name}, trained for "
                    f"{row['agent_steps_trained']} agent steps: name another --out"
                )


def _play(
    directory: RunDir,
    settings: TransferSettings,
    jobs: Sequence[Job],
    build: BuildAgent,
    progress: Progress,
) -> None:
    """Play the jobs that have no row yet, and append their rows."""
    scores = {_key(row): float(row["mean"]) for row in directory.rows(TABLE)}
    games = settings.episodes
    for number, job in enumerate(jobs):
        if job.key in scores:
            continue
        done = number * games
        name = f"{job.player.name or RANDOM_METHOD}, mode {job.variant.mode}, "
        name += f"difficulty {job.variant.difficulty}"

        def say(note: str, done: int = done, name: str = name) -> None:
            progress(done, len(jobs) * games, f"{name}{note}")

        say("")
        play = _player(job, settings.protocol_of(job.variant), build, say)
        returns = []
        for i in range(games):
            returns.append(play(settings.seed + i)[0])
            progress(done + i + 1, len(jobs) * games, name)
        row = _row(job, settings, returns, scores)
        directory.append(TABLE, row)
        scores[job.key] = row["mean"]
    progress(len(jobs) * games, len(jobs) * games, "")


def _player(job: Job, protocol: Protocol, build: BuildAgent, say: Say) -> ScoreGame:
    """How a job plays one game: each job loads its run afresh, so that none leans on another."""
    run = job.player.run
    if run is None:
        env = make_env(protocol)
        return lambda seed: play_random_game(env, seed)
    if job.adapt_steps:
        return _adapted(run, protocol, job.adapt_steps, build, say)
    play, _ = player_of(run, protocol, build)
    return lambda seed: total(play(seed))


def _adapted(
    run: RunDir, protocol: Protocol, adapt_steps: int, build: BuildAgent, say: Say
) -> ScoreGame:
    """Let the run's newest agent learn on under `protocol`, in memory, and then play."""
    agent, _ = load_agent(run, build, training=True)
    env = make_env(protocol)
    begin = start_episode(agent, env, int(run.config["seed"]))  # as its training began
    for step, _ in enumerate(islice(play_on(agent, env, begin), adapt_steps)):
        if step % STEPS_A_NOTE == 0:
            say(f": learning, step {step:,} of {adapt_steps:,}")
    play = frozen_play(agent, env)
    return lambda seed: total(play(seed))


def _row(
    job: Job,
    settings: TransferSettings,
    returns: Sequence[float],
    scores: Mapping[tuple[str, ...], float],
) -> dict[str, Any]:
    """A finished row; `scores` are the means of the rows before it, by key."""
    player, chance = job.player, Player(RANDOM_METHOD)
    mean = round(float(np.mean(returns)), 4)
    known = {**scores, job.key: mean}  # the original's share is of its own score
    share = None
    if player.run:
        own = known[Job(player, settings.original).key]
        floors = [known[Job(chance, v).key] for v in (job.variant, settings.original)]
        share = share_kept(mean, floors[0], own, floors[1])
    return {
        "run": player.name,
        "method": player.method,
        "agent_steps_trained": player.agent_steps_trained,
        "config_sha256": player.config_sha256,
        "game": settings.protocol.game,
        **job.variant._asdict(),
        "adapt_steps": job.adapt_steps,
        "episodes": len(returns),
        "mean": mean,
        "sd": round(float(np.std(returns, ddof=1)), 4) if len(returns) > 1 else None,
        "share_kept": None if share is None else round(share, 4),
        "returns": json.dumps(returns),
    }


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    """The key of the job that a row is of."""
    return row["run"], row["mode"], row["difficulty"], row["adapt_steps"]
