"""What is measured of eyes on held-out play, against the console's memory."""

import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from dsrl.scoring.ground_truth import Score
from dsrl.scoring.memory_map import Truth
from dsrl.scoring.play import Observation
from perception import Detection, Object


class Eyes(Protocol):
    """What is scored: eyes, a control or a peer."""

    def __call__(self, frame: np.ndarray) -> list[Detection]: ...
    def track(self, detections: list[Detection]) -> list[Object]: ...
    def reset(self) -> None: ...


def score_objects(eyes: Eyes, observations: Iterable[Observation], truth: Truth) -> dict[str, Any]:
    """Detections, types and tracks against the memory, and frames/s with a batch of one."""
    score, rate = counted(eyes, observations, truth)
    return {**score.summary(), "frames_per_second": rate}


def counted(
    eyes: Eyes,
    observations: Iterable[Observation],
    truth: Truth,
    called: Mapping[int, str] = MappingProxyType({}),
) -> tuple[Score, float | None]:
    """The counts behind `score_objects`, where kinds are `called` so, and its frames a CPU second,
    the tracker included."""
    score, seconds = Score(truth=truth, called=called), 0.0
    for seen in observations:
        if seen.first:
            eyes.reset()
            score.new_episode()
        start = time.process_time()
        objects = eyes.track(eyes(seen.frame))
        seconds += time.process_time() - start
        score.add(seen.memory, objects)
    return score, score.frames / seconds if seconds else None
