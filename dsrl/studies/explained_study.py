"""How much of what moves in any game the eyes of latents explain by their drawing.

For games without a memory map: of the pixels of held-out random play that are off the background
and changed within `NEAR` frames, the share that the decoder draws as they are; and beside it, how
much is drawn where nothing is. The control is the same dictionary behind an encoder that never
learned.
"""

import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.envs import Protocol
from dsrl.experiments import resolve_game
from dsrl.runs.rundir import code_commit
from dsrl.scoring.play import play, random_frames
from dsrl.studies.jobs import Progress, Row, as_text, run_jobs
from dsrl.studies.latent_study import KEY, STICKY, Job
from perception.detection import LatentConfig, LatentEyes, train_latents

PLAY_SEED = 17000  # nothing was chosen by it; those below were looked at
NEAR = 4  # frames
FLASH = 0.25  # share of the picture that moves
COLUMNS = (
    "game", "training_seed", "eyes", "play_seed", "frames", "flashes", "moving_pixels", "explained",
    "drawn_on_nothing", "sprites", "kinds", "objects", "training_cpu_seconds", "commit",
)  # fmt: skip


class Explained(NamedTuple):
    """Of pixels a frame on average: moving off the background, those of them drawn as they are, and
    drawn off the background where the frame shows it. And objects read. `flashes` are the frames
    that were left out of these."""

    moving: float
    right: float
    on_nothing: float
    objects: float
    flashes: int


def run_study(
    table: Path,
    games: list[str],
    seeds: int,
    train_frames: int = 2000,
    score_frames: int = 300,
    processes: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
) -> list[Row]:
    """All rows of the table. Raises as `run_jobs`."""
    jobs = [
        Job(resolve_game(game).id, seed, train_frames, score_frames, (PLAY_SEED,), None)
        for game in games
        for seed in range(seeds)
    ]
    return run_jobs(table, COLUMNS, KEY, jobs, run_one, processes, resume, progress)


def run_one(job: Job) -> list[Row]:
    """The rows of one training."""
    protocol = Protocol(game=job.game)
    frames = random_frames(protocol, job.train_frames, job.training_seed)
    started = time.process_time()
    latents = train_latents(frames, LatentConfig(), job.training_seed)
    seconds = time.process_time() - started
    played = play(replace(protocol, sticky=STICKY), PLAY_SEED)
    seen = np.stack([o.frame for o in islice(played, job.score_frames)])
    rows = []
    for name, eyes in (("latents", latents), ("untrained", latents.untrained(job.training_seed))):
        found = explained(eyes, seen)
        row = {
            "game": job.game, "training_seed": job.training_seed, "eyes": name,
            "play_seed": PLAY_SEED, "frames": len(seen), "flashes": found.flashes,
            "moving_pixels": found.moving,
            "explained": found.right / found.moving if found.moving else None,
            "drawn_on_nothing": found.on_nothing, "sprites": len(eyes.dictionary),
            "kinds": len(eyes.kinds), "objects": found.objects,
            "training_cpu_seconds": seconds if name == "latents" else "", "commit": code_commit(),
        }  # fmt: skip
        rows.append({column: as_text(row[column]) for column in COLUMNS})
    return rows


def explained(eyes: LatentEyes, frames: np.ndarray) -> Explained:
    """Of (N, H, W, 3) uint8 frames of play in order. ValueError unless N is above 2 `NEAR`."""
    if len(frames) <= 2 * NEAR:
        raise ValueError(f"give more than {2 * NEAR} frames, not {len(frames)}")
    limit = eyes.config.difference
    sums, flashes = np.zeros(4), 0
    for n in range(NEAR, len(frames) - NEAR):
        frame = frames[n]
        changed = (frame != frames[n - NEAR]) | (frame != frames[n + NEAR])
        off = _apart(frame, eyes.background) > limit
        moves = off & changed.any(axis=2)
        if moves.mean() > FLASH:
            flashes += 1
            continue
        drawn = eyes.reconstruct(frame)
        right = _apart(frame, drawn) <= limit
        on_nothing = ~off & (_apart(drawn, eyes.background) > limit)
        sums += [moves.sum(), (moves & right).sum(), on_nothing.sum(), len(eyes(frame))]
    moving, right, nothing, objects = sums / max(1, len(frames) - 2 * NEAR - flashes)
    return Explained(float(moving), float(right), float(nothing), float(objects), flashes)


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(one.astype(np.int16) - other).max(axis=2))
