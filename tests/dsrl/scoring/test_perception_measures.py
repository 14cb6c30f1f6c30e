"""Scoring of eyes made by hand: perfect and blind ones."""

import numpy as np

from dsrl.scoring.memory_map import RamObject, Reading, Truth
from dsrl.scoring.perception_measures import score_objects
from dsrl.scoring.play import Observation
from perception import Detection, Object

SIDE = 40  # pixels of the hand-made screen
BALL, PADDLE = 0, 1  # the channels they are drawn in
WINDOW = (0, 0, SIDE, SIDE)


def thing(name: str, byte: int, height: int) -> RamObject:
    return RamObject(
        name=name, top=Reading(byte), left=Reading(byte + 1), height=height, width=4, window=WINDOW
    )


TRUTH = Truth(objects=(thing("ball", 0, 4), thing("paddle", 2, 8)))


def observation(step: int, first: bool) -> Observation:
    """A red ball that wanders and a green paddle at rest."""
    memory = np.array([4, 4 * (step % 6), 20, 32], np.uint8)
    frame = np.zeros((SIDE, SIDE, 3), np.uint8)
    for channel, height in ((BALL, 4), (PADDLE, 8)):
        top, left = memory[2 * channel : 2 * channel + 2].tolist()
        frame[top : top + height, left : left + 4, channel] = 255
    return Observation(frame, (memory, memory), first)


def play(count: int) -> list[Observation]:
    return [observation(step, first=step % 15 == 0) for step in range(count)]


class HandMadeEyes:
    """Finds exactly what each channel shows."""

    def __init__(self) -> None:
        self.resets = 0

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        found = []
        for kind in (BALL, PADDLE):
            y, x = frame[..., kind].nonzero()
            size = float(np.ptp(y) + 1), float(np.ptp(x) + 1)
            found.append(Detection(kind, float(y.mean()), float(x.mean()), *size, 1.0))
        return found

    def track(self, detections: list[Detection]) -> list[Object]:
        return [Object(d.kind, d.kind, d.y, d.x, 0, 0, d.height, d.width) for d in detections]

    def reset(self) -> None:
        self.resets += 1


class BlindEyes(HandMadeEyes):
    def __call__(self, frame: np.ndarray) -> list[Detection]:
        return []


def test_objects_are_scored_episode_by_episode():
    eyes = HandMadeEyes()
    row = score_objects(eyes, play(45), TRUTH)
    assert (row["f1"], row["type_purity"], row["centre_error_pixels"]) == (1.0, 1.0, 0.0)
    assert row["frames"] == 45
    assert row["frames_per_second"] > 0
    assert eyes.resets == 3


def test_blind_eyes_score_nothing():
    row = score_objects(BlindEyes(), play(15), TRUTH)
    assert (row["f1"], row["recall"], row["type_purity"]) == (0.0, 0.0, None)


def test_without_observations_there_are_the_same_figures():
    some, none = (score_objects(HandMadeEyes(), play(n), TRUTH) for n in (15, 0))
    assert list(some) == list(none)
