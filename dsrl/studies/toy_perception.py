"""Whether the eyes of pixels, without labels, find the shapes of the toy worlds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import gymnasium
import numpy as np

from agents.toy_pictures import SPRITE, TILE
from agents.toy_worlds import IDS, MOVES, Layout, ToyState, state_of
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.scoring.ground_truth import match
from dsrl.scoring.play import HELD_OUT_SEED
from dsrl.scoring.true_objects import TrueObject
from dsrl.studies.jobs import Row
from dsrl.studies.toy_study import KINDS, LAYOUTS
from perception import Detection
from perception.pixels import PixelConfig, train_pixels

FRAMES, SCORE_FRAMES = 2_000, 300  # observations of random play: to learn from, to score on
PERCEPTION_TABLE = "perception.csv"
PERCEPTION_COLUMNS = (
    "trained_on", "tested_on", "seed", "frames", "score_frames", "f1", "type_purity", "kinds",
)  # fmt: skip


class Seen(NamedTuple):
    """How well detections agree with the truth."""

    f1: float
    type_purity: float  # share of what was found whose kind mostly stands for its true name
    kinds: int


def random_play(layout: Layout, seed: int) -> Iterator[tuple[np.ndarray, ToyState]]:
    """Endless observations of random play with the truth behind them."""
    env = gymnasium.make(IDS[KINDS, layout], disable_env_checker=True)
    rng = np.random.default_rng(seed)
    frame, info = env.reset(seed=seed)
    while True:
        yield frame, state_of(info)
        frame, _, terminated, truncated, info = env.step(int(rng.integers(len(MOVES))))
        if terminated or truncated:
            frame, info = env.reset()


def true_shapes(state: ToyState) -> list[TrueObject]:
    """What is drawn of a state, by the centres of its cells."""
    shapes = [("agent", *state.agent), *((o.kind, o.row, o.column) for o in state.objects)]
    middle = (TILE - 1) / 2
    return [
        TrueObject(name, row * TILE + middle, column * TILE + middle, SPRITE, SPRITE)
        for name, row, column in shapes
    ]


def score(
    eyes: Callable[[np.ndarray], list[Detection]],
    observations: Iterable[tuple[np.ndarray, ToyState]],
) -> Seen:
    """Detections within 4 pixels of a true centre are found, one to one."""
    pairs: Counter[tuple[int, str]] = Counter()
    shown = seen = 0
    for frame, state in observations:
        true, detections = true_shapes(state), eyes(frame)
        shown, seen = shown + len(true), seen + len(detections)
        pairs.update((m.seen.kind, m.true.name) for m in match(true, detections))
    kinds = {kind for kind, _ in pairs}
    pure = sum(max(n for (k, _), n in pairs.items() if k == kind) for kind in kinds)
    found = pairs.total()
    return Seen(2 * found / max(shown + seen, 1), pure / max(found, 1), len(kinds))


def write_perception(out: Path, seed: int = 0) -> Path:
    """Train on either layout and score on both, held out; a table that exists is left alone."""
    table = out / PERCEPTION_TABLE
    if not table.exists():
        rows = [row for layout in LAYOUTS for row in _trained_on(layout, seed)]
        write_atomic(table, csv_bytes(rows, PERCEPTION_COLUMNS))
    return table


def _trained_on(layout: Layout, seed: int) -> Iterator[Row]:
    play = random_play(layout, seed)
    frames = np.stack([next(play)[0] for _ in range(FRAMES)])
    eyes = train_pixels(frames, PixelConfig())
    for tested_on in LAYOUTS:
        held_out = random_play(tested_on, HELD_OUT_SEED)
        seen = score(eyes, (next(held_out) for _ in range(SCORE_FRAMES)))
        values = (
            layout, tested_on, seed, FRAMES, SCORE_FRAMES, f"{seen.f1:.4f}",
            f"{seen.type_purity:.4f}", seen.kinds,
        )  # fmt: skip
        yield dict(zip(PERCEPTION_COLUMNS, map(str, values), strict=True))
