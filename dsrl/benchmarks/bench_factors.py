"""How fast images of known factors are drawn, and how fast the beta-VAE learns from them, in turns,
on one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from dsrl.studies.image_sets import GENERATED
from perception.betavae import BetaVAEConfig, BetaVAETraining
from perception.factors import FactorData

TURNS = 3


def bench_factors(iterations: int = 10) -> Iterator[dict[str, Any]]:
    """A row for each generated data set, as soon as it is measured: images/s drawn in batches as
    they are trained on, images/s of training on a batch that is there already, and the ratio."""
    torch.set_num_threads(1)
    for name, make in GENERATED.items():
        yield {"data": name} | _row(make(), iterations)


def _row(data: FactorData, iterations: int) -> dict[str, Any]:
    config = BetaVAEConfig()
    batch = config.batch_size
    training = BetaVAETraining(config, Kept(data.observation_shape, batch))
    rng = np.random.default_rng(0)

    def draw() -> None:
        data.images(rng.integers(0, len(data), batch))

    def learn() -> None:
        training.step()

    drawing = learning = 0.0
    for _ in range(TURNS):
        drawing += _seconds(draw, iterations)
        learning += _seconds(learn, iterations)
    images = TURNS * iterations * batch
    return {
        "batch": batch,
        "drawn_images_per_second": round(images / drawing),
        "learned_images_per_second": round(images / learning),
        "ratio": round(learning / drawing, 1),
    }


class Kept:
    """One batch, made beforehand: what is measured is the network alone."""

    def __init__(self, observation_shape: tuple[int, int, int], batch: int) -> None:
        self.observation_shape = observation_shape
        rng = np.random.default_rng(0)
        self._images = rng.integers(0, 256, (batch, *observation_shape), np.uint8)

    def __len__(self) -> int:
        return len(self._images)

    def images(self, index: np.ndarray) -> np.ndarray:
        return self._images


def _seconds(each: Callable[[], None], times: int) -> float:
    each()  # the first one makes room
    start = time.perf_counter()
    for _ in range(times):
        each()
    return time.perf_counter() - start
