"""What a step of a learner costs, by how many objects there are: a fleet above, hail from it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from agents.dsrl import LEARNERS
from symbolic import Program, Solver, SymbolicObject
from symbolic.config import LearnerConfig
from symbolic.learner import Learner
from symbolic.model_learner import ModelLearner
from symbolic.model_learner_config import ModelLearnerConfig

__all__ = ["LEARNERS", "Cost", "compared", "growth"]
LEFT, RIGHT, FIRE = 1, 2, 3
ACTIONS = 4
ME, FLEET, HAIL, SHOT = range(4)  # kinds
WIDE, HIGH, GROUND = 160, 210, 190  # pixels
HAIL_EVERY = 10  # objects: one of so many falls
WARM_UP = 1000  # steps: until then it does not know what obeys, and what can be sent


class Range:
    """A shooting range of so many objects, the controlled one among them, for ever full."""

    def __init__(self, objects: int, seed: int = 0) -> None:
        if objects < 5:
            raise ValueError(f"the range needs at least 5 objects, not {objects}")
        self._draw = random.Random(seed)
        hail = max(1, objects // HAIL_EVERY)
        self._fleet = [
            (20 + 16 * (i // 8) % 128, 20 + 14 * (i % 8)) for i in range(objects - hail - 2)
        ]
        self._hail = [[self._draw.randrange(20, GROUND), self._column()] for _ in range(hail)]
        self._me, self._way, self._shot, self._ids = WIDE // 2, 0, [0, 0], objects
        self._time = 0

    def _column(self) -> int:
        return self._draw.randrange(16, WIDE - 16)

    def step(self, action: int) -> tuple[list[SymbolicObject], float]:
        """What is seen after an action, and the reward: a shot that reached the top."""
        self._time += 1
        self._way = {LEFT: -2, RIGHT: 2}.get(action, 0)
        self._me = min(WIDE - 16, max(16, self._me + self._way))
        self._shot[0] -= 8
        flown = self._shot[0] < 10
        if flown and action == FIRE:
            self._shot, self._ids = [GROUND - 12, self._me], self._ids + 1
        for bomb in self._hail:
            bomb[0] += 4
            if bomb[0] > HIGH:
                bomb[:] = [self._draw.randrange(20, 60), self._column()]
        return list(self._objects()), float(flown and self._time % 4 == 0)

    def _objects(self) -> Iterator[SymbolicObject]:
        yield SymbolicObject(0, ME, GROUND, self._me, 0, self._way, 8, 8)
        drift = self._time // 8 % 32
        for i, (y, x) in enumerate(self._fleet):
            yield SymbolicObject(1 + i, FLEET, y, x + min(drift, 32 - drift), 0, 0, 8, 8)
        for i, (y, x) in enumerate(self._hail):
            yield SymbolicObject(1 + len(self._fleet) + i, HAIL, y, x, 4, 0, 6, 2)
        if self._shot[0] >= 10:
            y, x = self._shot
            yield SymbolicObject(self._ids, SHOT, y, x, -8, 0, 6, 2)


def learner_costs(learns: str, objects: int, steps: int = 500) -> np.ndarray:
    """CPU milliseconds of each step (steps,), learning included, once what obeys is known;
    ``learns`` is tables or model, as for `dsrl train --learner`."""
    world, solver = Range(objects), Solver(Program.load())
    learner: Learner | ModelLearner
    if learns == "model":
        learner = ModelLearner(ACTIONS, ModelLearnerConfig(), solver, seed=0)
    else:
        learner = Learner(ACTIONS, LearnerConfig(), solver, seed=0)
    seen, reward = world.step(0)
    costs = []
    for _ in range(WARM_UP + steps):
        start = time.process_time()
        action = learner.step(seen, reward).action
        costs.append((time.process_time() - start) * 1e3)
        seen, reward = world.step(action)
    return np.array(costs[WARM_UP:])


class Cost(NamedTuple):
    """A step of a learner among so many objects: CPU milliseconds in the median and of one step in
    1,000, and how many times the median of the first learner that is."""

    learner: str
    objects: int
    median_ms: float
    worst_ms: float
    times_of_first: float

    def __str__(self) -> str:
        return (
            f"{self.learner:7}{self.objects:4} objects{self.median_ms:8.2f} ms a step, "
            f"one in 1,000 {self.worst_ms:.1f}; {self.times_of_first:.1f} times the first learner's"
        )


def compared(learners: Sequence[str], objects: Sequence[int]) -> Iterator[Cost]:
    """Each learner among each number of objects, the first being the others' peer."""
    peers: dict[int, float] = {}
    for learner in learners:
        for many in objects:
            costs = learner_costs(learner, many)
            median, worst = np.quantile(costs, (0.5, 0.999)).tolist()
            yield Cost(learner, many, median, worst, median / peers.setdefault(many, median))


def growth(objects: Sequence[int], costs: Sequence[float]) -> float:
    """The exponent of growth: 1 is linear (least squares between logarithms)."""
    return float(np.polyfit(np.log(objects), np.log(costs), 1)[0])
