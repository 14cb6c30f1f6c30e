"""What the study of perception measures of one trained perception on held-out play."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import cv2
import numpy as np
import torch

from dsrl.scoring.ground_truth import Score, match
from dsrl.scoring.memory_map import Truth
from dsrl.scoring.play import Observation
from dsrl.scoring.true_objects import TrueObject, true_fixtures, true_objects
from perception import Detection, Object, Perception
from perception.losses import bernoulli_nll
from perception.model import CELL, background_logits, padded, to_unit

ACTIVE_NATS = 1.0  # cells above this make the objects that the latents show by themselves
LOOK_EVERY = 10  # observations between looks into the latents, which are slow
LATENT_FIGURES = (
    "latent_f1", "latent_type_purity", "cells_on_objects", "objects_with_cells", "active_cells",
    "bce_nats", "kl_nats", "gain_nats",
)  # fmt: skip
REACH = 1  # cells around a true box whose nats may be its


class Eyes(Protocol):
    """What is scored: the learned perception or a peer."""

    def __call__(self, frame: np.ndarray) -> list[Detection]: ...
    def track(self, detections: list[Detection]) -> list[Object]: ...
    def reset(self) -> None: ...


def measure(eyes: Eyes, observations: Iterable[Observation], truth: Truth) -> dict[str, Any]:
    """Everything in one pass: `score_objects`, and `score_latents` of learned eyes now and then."""
    looked: list[Observation] = []

    def watched() -> Iterator[Observation]:
        for number, seen in enumerate(observations):
            if number % LOOK_EVERY == 0:
                looked.append(seen)
            yield seen

    figures = score_objects(eyes, watched(), truth)
    if isinstance(eyes, Perception):
        figures |= score_latents(eyes, looked, truth)
    return figures


def score_objects(eyes: Eyes, observations: Iterable[Observation], truth: Truth) -> dict[str, Any]:
    """Detections, types and tracks against the memory, and frames/s with a batch of one."""
    score, rate = counted(eyes, observations, truth)
    return {**score.summary(), "frames_per_second": rate}


def counted(
    eyes: Eyes, observations: Iterable[Observation], truth: Truth
) -> tuple[Score, float | None]:
    """The counts behind `score_objects`, and its frames/s, the tracker included."""
    score, seconds = Score(truth=truth), 0.0
    for seen in observations:
        if seen.first:
            eyes.reset()
            score.new_episode()
        start = time.perf_counter()
        objects = eyes.track(eyes(seen.frame))
        seconds += time.perf_counter() - start
        score.add(seen.memory, objects)
    return score, score.frames / seconds if seconds else None


def score_latents(
    perception: Perception, observations: Sequence[Observation], truth: Truth
) -> dict[str, Any]:
    """What the latent space alone says of place and type, and what it costs, nats a frame.

    `latent_f1` is that of `latent_detections`, without a look at the pixels, by the rules of
    `Score`: what lies in displays, fixtures or the wall does not count. `cells_on_objects` is the
    share of active cells at a true object or fixture, displays left out; `objects_with_cells`
    the share of true objects with an active cell. `latent_type_purity` takes the filter with most
    nats over an object for its type: see `balanced_purity`. `gain` is the cross entropy that the
    latents save, against all of them at nought. All None without observations.
    """
    if not observations:
        return dict.fromkeys(LATENT_FIGURES)
    latents = Score(truth=truth)
    on = active = with_cells = there = 0
    types: Counter[tuple[int, str]] = Counter()
    for seen in observations:
        nats = perception.filter_nats(seen.frame)
        is_active = nats.sum(axis=0) > perception.config.objectness_nats
        true = true_objects(truth.objects, seen.memory)
        latents.add(seen.memory, [_as_object(d) for d in latent_detections(nats)])
        places, counted = _cells(true + _others(truth, seen), truth, nats.shape[1:])
        on += int((is_active & places & counted).sum())
        active += int((is_active & counted).sum())
        for thing in true:
            here = _cells([thing], truth, nats.shape[1:])[0]
            there += 1
            with_cells += bool((is_active & here).any())
        for m in match(true, perception(seen.frame)):
            here = _cells([m.true], truth, nats.shape[1:])[0]
            types[int(nats[:, here].sum(axis=1).argmax()), m.true.name] += 1
    figures = (
        latents.summary()["f1"],
        balanced_purity(types),
        on / active if active else None,
        with_cells / there if there else None,
        active / len(observations),
        *_nats(perception, np.stack([seen.frame for seen in observations])),
    )
    return dict(zip(LATENT_FIGURES, figures, strict=True))


def _as_object(seen: Detection) -> Object:
    """In the form that is scored; who is who from frame to frame is not asked here."""
    return Object(0, seen.kind, seen.y, seen.x, 0.0, 0.0, seen.height, seen.width)


def latent_detections(nats_KMN: np.ndarray) -> list[Detection]:
    """Connected active cells: the centre weighed by nats, the filter with most as kind."""
    nats = nats_KMN.sum(axis=0)
    count, parts, boxes, _ = cv2.connectedComponentsWithStats((nats > ACTIVE_NATS).view(np.uint8))
    found = []
    for part in range(1, count):
        rows, columns = (parts == part).nonzero()
        weight = nats[rows, columns]
        y, x = (CELL * np.average(at, weights=weight) + (CELL - 1) / 2 for at in (rows, columns))
        height, width = CELL * boxes[part, [cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH]]
        kind = int(nats_KMN[:, rows, columns].sum(axis=1).argmax())
        found.append(Detection(kind, float(y), float(x), height, width, float(weight.sum())))
    return found


def balanced_purity(types: Counter[tuple[int, str]]) -> float | None:
    """Share of objects under a type that mostly stands for their name, all names weighing the same.

    So one type for everything has one by the number of names, however common one of them is.
    """
    names = sorted({name for _, name in types})
    if not names:
        return None
    total = {name: sum(n for (_, other), n in types.items() if other == name) for name in names}
    best: dict[int, float] = {}
    for (kind, name), n in types.items():
        best[kind] = max(best.get(kind, 0.0), n / total[name])
    return sum(best.values()) / len(names)


def _others(truth: Truth, seen: Observation) -> list[TrueObject]:
    """What else may hold nats: fixtures, what the map ignores, and the wall."""
    grids = truth.fixtures + ((truth.wall,) if truth.wall is not None else ())
    return true_fixtures(grids, seen.memory) + true_objects(truth.ignored, seen.memory)


def _cells(
    things: Sequence[TrueObject], truth: Truth, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Cells within `REACH` of these boxes, and cells outside the displays, bool (M, N) each."""
    near, counted = np.zeros(shape, bool), np.ones(shape, bool)
    for o in things:
        top, left = o.y - (o.height - 1) / 2, o.x - (o.width - 1) / 2
        near[_span(top, o.height), _span(left, o.width)] = True
    for top, left, bottom, right in truth.displays:
        counted[_span(top, bottom - top), _span(left, right - left)] = False
    return near, counted


def _span(start: float, length: float) -> slice:
    """The cells that these pixels lie in, and `REACH` more each way."""
    first, last = int(start // CELL), int((start + length - 1) // CELL)
    return slice(max(0, first - REACH), last + REACH + 1)


def _nats(perception: Perception, frames: np.ndarray) -> tuple[float, float, float]:
    """Cross entropy, KL and gain a frame over the observed colours, batch by batch."""
    model = perception.model
    behind = padded(to_unit(perception.background[None]))
    bce = kl = bare = 0.0
    for start in range(0, len(frames), 16):
        x = padded(to_unit(perception.seen(frames[start : start + 16])))
        with torch.no_grad():
            mu, logvar = model.encode(x - behind)
            code = model.code(mu, logvar)
            drawn, empty = (model.decode(z) + background_logits(behind) for z in (code, 0 * code))
            bce += len(x) * float(bernoulli_nll(drawn, x))
            bare += len(x) * float(bernoulli_nll(empty, x))
            kl += float(model.nats(mu, logvar).sum())
    n = len(frames)
    return bce / n, kl / n, (bare - bce) / n
