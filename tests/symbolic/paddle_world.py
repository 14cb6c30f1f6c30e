"""A small court in symbols: a paddle on the right, a ball, a wall on the left that returns it."""

from collections.abc import Callable

import numpy as np

from symbolic import SymbolicObject
from symbolic.decisions import Decision
from symbolic.learner import Learner

PADDLE, BALL, LAMP = 3, 5, 8
ACTIONS = np.array([0, -5, 5, 0, -5, 5])  # rows an action moves the paddle by
TOP, BOTTOM, LEFT, PLANE, OUT = 40, 180, 60, 137, 160  # the ball meets the paddle at PLANE
PAUSE = 6  # steps without a ball


class PaddleWorld:
    """The ball leaves the steeper the farther from the paddle's middle it was struck."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.paddle = self.paddle_was = 110
        self.ids = 10
        self.hits = self.misses = 0
        self.serve()

    def serve(self) -> None:
        self.ids += 1
        self.y, self.x = int(self.rng.integers(TOP, BOTTOM)), 80
        self.dy, self.dx = int(self.rng.integers(-5, 6)), 6
        self.was = (self.y, self.x)
        self.wait = PAUSE

    def step(self, action: int) -> float:
        """Move everything; -1 when the ball got past."""
        self.paddle_was = self.paddle
        self.paddle = int(np.clip(self.paddle + ACTIONS[action], TOP + 8, BOTTOM - 8))
        if self.wait:
            self.wait -= 1
            return 0.0
        self.was = (self.y, self.x)
        self.y, self.x = self.y + self.dy, self.x + self.dx
        if not TOP <= self.y <= BOTTOM:
            self.y = 2 * (TOP if self.y < TOP else BOTTOM) - self.y
            self.dy = -self.dy
        if self.x < LEFT:
            self.x, self.dx = 2 * LEFT - self.x, -self.dx
        if self.dx > 0 and self.was[1] < PLANE <= self.x and abs(self.y - self.paddle) <= 10:
            self.x, self.dx = 2 * PLANE - self.x, -self.dx
            self.dy = int(np.clip(round((self.y - self.paddle) / 2), -5, 5))
            self.hits += 1
        if self.x >= OUT:
            self.misses += 1
            self.serve()
            return -1.0
        return 0.0

    def objects(self) -> list[SymbolicObject]:
        moved = self.paddle - self.paddle_was
        seen = [
            SymbolicObject(1, PADDLE, self.paddle, 140, moved, 0, 16, 4),
            SymbolicObject(2, LAMP, 20, 30, 0, 0, 8, 8),
        ]
        if not self.wait:
            speed = (self.y - self.was[0], self.x - self.was[1])
            seen.append(SymbolicObject(self.ids, BALL, self.y, self.x, *speed, 4, 2))
        return seen


def play(
    world: PaddleWorld,
    learner: Learner,
    steps: int,
    signal: float = 0.0,
    each: Callable[[Decision], None] = lambda decision: None,
) -> float:
    """Let the learner play on; returns the last signal, which it has not heard of yet."""
    for _ in range(steps):
        decision = learner.step(world.objects(), signal)
        each(decision)
        signal = world.step(decision.action)
    return signal
