"""The study of the thesis's latent spaces (Sherburn 2017, chapters 5 and 6) beside controls.

A job trains one network on random play to its plateau, keeps its weights, and scores what its
latents say of place and type on held-out play, random and trained. A job that fails is a row that
says so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from agents.envs import Protocol
from dsrl.config import METHOD
from dsrl.experiments import resolve_game, short_name
from dsrl.runs.rundir import RunDir, code_commit
from dsrl.runs.train import load_agent
from dsrl.studies.jobs import Progress, Row, as_text, run_jobs
from dsrl.studies.plays import RANDOM, TRAINED, load, recorded
from dsrl.studies.thesis_methods import (
    BETAS,
    METHODS,
    NO_BETA,
    UNTRAINED,
    fitting_of,
    latent_space,
)
from dsrl.studies.thesis_networks import network_file, save_network
from dsrl.studies.thesis_peers import PEERS, Read
from dsrl.studies.thesis_readings import Scenes, calibrated, figures
from perception.gaussian_eyes.reader import Reader
from perception.gaussian_eyes.readout import Measure
from perception.gaussian_eyes.training import train_network
from perception.models.gaussian import GaussianVAE, build_gaussian
from perception.models.inputs import pictures
from perception.training.fitting import evaluate

TABLE = "perception.csv"
KEY = ("game", "method", "beta", "seed")
COLUMNS = (
    *KEY, "measure", "play", "frames", "average_precision", "form", "threshold", "f1", "precision",
    "recall", "f1_own_threshold", "wide_f1", "typed_f1", "typed_f1_few_labels",
    "typed_by_name", "found_by_name",
    "centre_error_pixels", "bce_nats", "kl_nats", "epochs", "training_cpu_seconds",
    "scoring_cpu_seconds", "train_frames", "failed", "commit",
)  # fmt: skip
OTHER_SEED = 2000  # of the play that thresholds and names come from
SCORED_SEED = 9000  # of the play that is scored
OTHER_FRAMES = 400
LOSS_FRAMES = 50  # of the scored play, whose nats are taken


class Job(NamedTuple):
    """One training, with all that is scored of it. `trained` says whether there is such play."""

    game: str
    method: str
    beta: float
    seed: int
    train_frames: int
    epochs: int | None
    updates: int | None
    folder: Path
    trained: bool

    @property
    def key(self) -> tuple[str, ...]:
        """What its rows hold in the key columns."""
        return self.game, self.method, f"{self.beta:g}" if self.beta else "", str(self.seed)

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.game}, {self.method}, beta {self.beta:g}, seed {self.seed}"


def plan(
    games: Sequence[str],
    methods: Sequence[str],
    betas: Sequence[float],
    seeds: int,
    train_frames: int,
    epochs: int | None,
    updates: int | None,
    folder: Path,
    trained: Sequence[str] = (),
) -> list[Job]:
    """Every method at the first beta on every seed, then at the others on the first seed.

    Raises ValueError for an unknown method or a game whose memory is not known.
    """
    jobs = []
    for name in games:
        if resolve_game(name).truth is None:
            raise ValueError(f"{name} has no table of its memory to score by")
        game = short_name(resolve_game(name).id)
        for number, beta in enumerate(betas):
            for method in methods:
                free = method not in METHODS or latent_space(method, beta).beta == NO_BETA
                if number and free:
                    continue
                for seed in range(1 if number else seeds):
                    used = NO_BETA if free else beta
                    with_trained = game in trained
                    how = train_frames, epochs, updates, folder, with_trained
                    jobs.append(Job(game, method, used, seed, *how))
    return jobs


def every_method() -> tuple[str, ...]:
    """Methods, controls and peers."""
    return (*METHODS, *UNTRAINED, *PEERS)


def run_study(
    folder: Path,
    games: Sequence[str],
    methods: Sequence[str] = (),
    betas: Sequence[float] = BETAS,
    seeds: int = 3,
    train_frames: int = 2_000,
    score_frames: int = 600,
    epochs: int | None = None,
    updates: int | None = None,
    agents: Sequence[Path] = (),
    processes: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
) -> list[Row]:
    """All rows of `folder`'s table. `agents` are runs of `train` whose play is scored too.

    Raises as `run_jobs`; ValueError for a method, a game or a run that cannot be.
    """
    for name, number in (
        ("seeds", seeds), ("train_frames", train_frames), ("frames", score_frames),
        ("epochs", 1 if epochs is None else epochs), ("updates", 1 if updates is None else updates),
    ):  # fmt: skip
        if number < 1:
            raise ValueError(f"{name} must be at least 1, got {number}")
    unknown = sorted(set(methods) - set(every_method()))
    if unknown:
        raise ValueError(f"unknown methods {unknown}: choose of {', '.join(every_method())}")
    players = {short_name(run.config["protocol"]["game"]): run for run in map(_run, agents)}
    trained = tuple(players)
    chosen = methods or every_method()
    jobs = plan(games, chosen, betas, seeds, train_frames, epochs, updates, folder, trained)
    for game in dict.fromkeys(job.game for job in jobs):
        protocol = Protocol(game=resolve_game(game).id)
        for seed in range(seeds):
            recorded(play_file(folder, game, RANDOM, seed), protocol, train_frames, seed)
        recorded(play_file(folder, game, RANDOM, OTHER_SEED), protocol, OTHER_FRAMES, OTHER_SEED)
        recorded(play_file(folder, game, RANDOM, SCORED_SEED), protocol, score_frames, SCORED_SEED)
        if game in players:
            agent, _ = load_agent(players[game])
            file = play_file(folder, game, TRAINED, SCORED_SEED)
            recorded(file, protocol, score_frames, SCORED_SEED, agent)
    return run_jobs(folder / TABLE, COLUMNS, KEY, jobs, run_one, processes, resume, progress)


def _run(path: Path) -> RunDir:
    run = RunDir.open(path)
    if run.config.get("method") != METHOD:
        raise ValueError(f"{path} is no run of `dsrl train`: its agent cannot play")
    return run


def play_file(folder: Path, game: str, player: str, seed: int) -> Path:
    """Where a play of the study is kept."""
    return folder / "plays" / f"{game}-{player}-{seed}.npz"


def run_one(job: Job) -> list[Row]:
    """The rows of one job, by measure and play."""
    frames = load(play_file(job.folder, job.game, RANDOM, job.seed)).frames
    common: dict[str, object] = dict(zip(KEY, job.key, strict=True))
    common |= {"train_frames": len(frames), "commit": code_commit()}
    began = time.process_time()
    try:
        readers, about = _readers(job, frames)
    except (FloatingPointError, ValueError) as error:
        return [_row({**common, "failed": str(error)})]
    common |= about | {"training_cpu_seconds": time.process_time() - began}
    return [_row({**common, **scores}) for scores in _scored(job, frames, readers)]


def _readers(job: Job, frames: np.ndarray) -> tuple[Mapping[str, Read], dict[str, object]]:
    """What reads frames, by measure, and what is known of its training."""
    if job.method in PEERS:
        return PEERS[job.method](frames, job.seed), {}
    model, epochs = _network(job, frames)
    held_out = load(play_file(job.folder, job.game, RANDOM, SCORED_SEED)).frames[:LOSS_FRAMES]
    scores = evaluate(model, pictures(held_out, model.config))
    about: dict[str, object] = {
        "bce_nats": scores.bce,
        "kl_nats": scores.kl,
        "epochs": epochs or None,
    }
    readers: dict[str, Read] = {m: Reader.of(model, frames, m) for m in get_args(Measure)}
    return readers, about


def _network(job: Job, frames: np.ndarray) -> tuple[GaussianVAE, int]:
    """The network of a job and the epochs it was trained for; its weights are kept."""
    config = latent_space(job.method, job.beta or BETAS[0])
    if job.method in UNTRAINED:
        return build_gaussian(config, job.seed), 0
    fitting = fitting_of(config, job.epochs, job.updates)
    model, history = train_network(frames, config, fitting, job.seed)
    save_network(network_file(job.folder, *job.key), model, history)
    return model, len(history)


def _scored(job: Job, frames: np.ndarray, readers: Mapping[str, Read]) -> list[dict[str, object]]:
    truth = resolve_game(job.game).truth
    assert truth is not None, "plan() refuses such games"
    other = Scenes.of(load(play_file(job.folder, job.game, RANDOM, OTHER_SEED)), truth)
    players = (RANDOM, TRAINED) if job.trained else (RANDOM,)
    rows: list[dict[str, object]] = []
    for measure, read in readers.items():
        began = time.process_time()
        how = calibrated(read, frames, other, job.seed)
        for player in players:
            scored = Scenes.of(load(play_file(job.folder, job.game, player, SCORED_SEED)), truth)
            row = {"measure": measure, "play": player, **figures(read, how, scored)}
            rows.append(row | {"scoring_cpu_seconds": time.process_time() - began})
            began = time.process_time()
    return rows


def _row(values: Mapping[str, object]) -> Row:
    """A row as it stands in the file."""
    return {column: as_text(values.get(column)) for column in COLUMNS}
