"""How fast the eyes of pixels and the classic peer learn and see, in turns, one thread."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from agents.envs import Protocol
from dsrl.experiments import GAMES
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.scoring.perception_measures import Eyes
from dsrl.scoring.play import HELD_OUT_SEED, play, random_frames
from perception.pixels import PixelConfig, train_pixels
from perception.pixels.classic import train_classic

BATCH, TURNS = 500, 3  # frames in a turn, and turns of each


def bench_perception(out: Path, frames: int = 2_000) -> Iterator[dict[str, Any]]:
    """Rows by game, each as soon as it is measured; the table is written at the end.

    Training on `frames` observations in seconds, and frames/s of detecting and tracking with a
    batch of one: pixels, classic, and their ratio.
    """
    torch.set_num_threads(1)
    rows = []
    for name, game in GAMES.items():
        if game.truth is not None:
            rows.append(_row(name, Protocol(game=game.id), frames))
            yield rows[-1]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, csv_bytes(rows))


def _row(name: str, protocol: Protocol, frames: int) -> dict[str, Any]:
    played = random_frames(protocol, frames, 0)
    row: dict[str, Any] = {"game": name}
    eyes: dict[str, Eyes] = {}
    start = time.perf_counter()
    eyes["pixels"] = train_pixels(played, PixelConfig())
    row["pixels_train_seconds"] = round(time.perf_counter() - start, 1)
    start = time.perf_counter()
    eyes["classic"] = train_classic(played, 0)
    row["classic_train_seconds"] = round(time.perf_counter() - start, 1)
    seen = [o.frame for o in islice(play(protocol, HELD_OUT_SEED), BATCH)]
    seconds = dict.fromkeys(eyes, 0.0)
    for _ in range(TURNS):
        for method, each in eyes.items():
            start = time.perf_counter()
            for frame in seen:
                each.track(each(frame))
            seconds[method] += time.perf_counter() - start
    for method, spent in seconds.items():
        row[f"{method}_frames_per_second"] = round(TURNS * BATCH / spent)
    row["pixels_over_classic"] = round(seconds["classic"] / seconds["pixels"], 2)
    return row
