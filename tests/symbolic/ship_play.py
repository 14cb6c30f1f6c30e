"""The range with something that watches it, and ways to play there."""

from collections.abc import Iterable, Iterator
from copy import deepcopy

import numpy as np
from ship_world import (
    ACTIONS,
    FALTER,
    FIRE,
    LEFT,
    LOWEST,
    REST,
    RIGHT,
    SHIP,
    SHIP_Y,
    TARGET,
    ShipWorld,
)

from symbolic import Program, Solver, SymbolicObject
from symbolic.dynamics.drifts import Drifts
from symbolic.dynamics.ranges import Ranges
from symbolic.shooting.missiles import Missiles

X = 1
SOLVER = Solver(Program.load())
ROUND = 24  # steps: a shot is over by then
SHIP_AT_80 = SymbolicObject(1, SHIP, SHIP_Y, 80, 0, 0, 8, 12)


def target(x: int, y: int = LOWEST, kind: int = TARGET, id_: int = 10) -> SymbolicObject:
    return SymbolicObject(id_, kind, y, x, 0, 0, 8, 8)


class Play:
    """A world, and what watches it."""

    def __init__(self, most: int = 1) -> None:
        self.world, self.drifts = ShipWorld(most), Drifts(Ranges())
        self.missiles = Missiles(ACTIONS, SOLVER)
        self.passed_on: list[float] = []
        self.see(self.world.objects(), REST, 0.0, learning=False)  # what is there is not new

    def run(self, actions: Iterable[int], learning: bool = True) -> Iterator[float]:
        """The rewards that no flight accounts for."""
        for action in actions:
            reward = self.world.step(action)
            yield self.see(self.world.objects(), action, reward, learning)

    def see(
        self, seen: list[SymbolicObject], action: int, reward: float, learning: bool = True
    ) -> float:
        """One step, the ship first; the reward that no flight accounts for."""
        self.drifts.observe(seen)
        return self.missiles.observe(seen, seen[0], X, self.drifts, action, reward, learning)


def rounds(firing: Iterable[int]) -> Iterator[int]:
    """Each of these actions, and a while of moving about."""
    rng = np.random.default_rng(0)
    for action in firing:
        yield action
        yield from rng.choice([REST, LEFT, RIGHT], ROUND - 1).tolist()


def hunting(world: ShipWorld, firing: Iterable[int]) -> Iterator[int]:
    """Each of these actions, in turns where the column will be and well beside it."""
    for turn, action in enumerate(firing):
        yield action
        aside = 20 * (turn % 2)
        for _ in range(ROUND - 1):
            far = world.column + 4 * world.way + aside - world.ship
            yield REST if abs(far) < 3 else RIGHT if far > 0 else LEFT


def copy_of(play: Play) -> Play:
    again = Play()
    again.world, again.drifts = deepcopy(play.world), deepcopy(play.drifts)
    again.missiles.set_state(deepcopy(play.missiles.get_state()))
    return again


def experienced_play() -> Play:
    """80 rounds, half of them on target."""
    play = Play()
    play.passed_on = list(play.run(hunting(play.world, [FIRE, FIRE, FALTER, FALTER] * 20)))
    return play
