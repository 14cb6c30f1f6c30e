"""What a step of the learner costs, by how many objects there are: a fleet above, hail from it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

import numpy as np

from symbolic import Program, Solver, SymbolicObject
from symbolic.config import LearnerConfig
from symbolic.learner import Learner

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


def learner_cost(objects: int, steps: int = 500) -> float:
    """Milliseconds a step, learning included, once everything there is to know is known."""
    world = Range(objects)
    learner = Learner(ACTIONS, LearnerConfig(), Solver(Program.load()), seed=0)
    seen, reward = world.step(0)
    start = 0.0
    for step in range(WARM_UP + steps):
        if step == WARM_UP:
            start = time.process_time()
        seen, reward = world.step(learner.step(seen, reward).action)
    return (time.process_time() - start) / steps * 1e3


def growth(objects: Sequence[int], costs: Sequence[float]) -> float:
    """The exponent of growth: 1 is linear (least squares between logarithms)."""
    return float(np.polyfit(np.log(objects), np.log(costs), 1)[0])
