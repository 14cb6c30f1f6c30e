"""One coin at rest, five actions: whether a learner finds out what it moves, and goes there.

``python -m dsrl.studies.coin_at_rest [--ideas 0]`` prints coins of each thousand of steps.
"""

import argparse
from typing import NamedTuple

import numpy as np

from symbolic import Program, Solver
from symbolic.facts import SymbolicObject
from symbolic.model_learner import ModelLearner
from symbolic.model_learner_config import ModelLearnerConfig
from symbolic.search.search import SearchConfig

STEP = 6  # pixels that an action moves me
SIZE = 8  # of me and of the coin
WAYS = ((0, 0), (-STEP, 0), (STEP, 0), (0, -STEP), (0, STEP))
ME, COIN = 5, 2  # kinds
THOUSANDS = 3


class Step(NamedTuple):
    """One of play: what was done, how each action was valued, and what it brought."""

    action: int
    values: list[float]
    signal: float


class CoinWorld:
    """I move by STEP within walls ``side`` apart; a coin that is touched is put elsewhere, +1."""

    def __init__(self, seed: int, side: int = 160) -> None:
        self.rng, self.side = np.random.default_rng(seed), side
        self.y = self.x = side // 2
        self.coins = 0
        self._put()

    def _put(self) -> None:
        y, x = self.rng.integers(10, self.side - 10, 2).tolist()
        self.coin: tuple[int, int] = y, x

    def objects(self) -> list[SymbolicObject]:
        """Me and the coin; another coin is another thing."""
        return [
            SymbolicObject(0, ME, self.y, self.x, 0, 0, SIZE, SIZE),
            SymbolicObject(1 + self.coins, COIN, *self.coin, 0, 0, SIZE, SIZE),
        ]

    def step(self, action: int) -> float:
        """The signal of an action."""
        dy, dx = WAYS[action]
        least, most = SIZE // 2, self.side - SIZE // 2
        self.y, self.x = (min(max(p + d, least), most) for p, d in ((self.y, dy), (self.x, dx)))
        if max(abs(self.y - self.coin[0]), abs(self.x - self.coin[1])) >= SIZE:
            return 0.0
        self.coins += 1
        self._put()
        return 1.0


def play(agent: ModelLearner, world: CoinWorld, steps: int, signal: float = 0.0) -> list[Step]:
    """So many steps, ``signal`` being that of the step before."""
    done = []
    for _ in range(steps):
        decision = agent.step(world.objects(), signal)
        signal = world.step(decision.action)
        done.append(Step(decision.action, decision.values.tolist(), signal))
    return done


def main() -> None:
    """Prints a line a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ideas", type=int, default=SearchConfig().ideas, help="plans to things")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked = parser.parse_args()
    config = ModelLearnerConfig(search=SearchConfig(ideas=asked.ideas))
    for seed in asked.seeds:
        learner = ModelLearner(len(WAYS), config, Solver(Program.load()), seed)
        done = play(learner, CoinWorld(seed), 1000 * THOUSANDS)
        coins = np.reshape([step.signal for step in done], (THOUSANDS, -1)).sum(axis=1)
        each = ", ".join(map(str, coins.astype(int)))
        print(f"seed {seed}: {each} coins in each thousand of steps", flush=True)


if __name__ == "__main__":
    main()
