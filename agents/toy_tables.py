"""Three table learners on the symbols of the toy worlds, told apart by three choices each.

What a state is made of (one whole, or one percept for each object), how much each part weighs in
a decision, and which parts a reward is credited to:

- tabular Q: the whole state, one table;
- DSRL (Garnelo et al. 2016): a table for each interaction of kinds over relative positions; all
  objects weigh alike, all are credited;
- SRL+CS (Garcez et al. 2018): the same tables, but near objects weigh most, 1 / distance^2 as in
  the authors' program, and the reward belongs to the object that was met.

Every table is learned by Q-learning of its own: its target is its own best entry in the next
state, or the reward alone where the object is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import gymnasium
import numpy as np

import symbolic.rules
from agents.toy_worlds import MOVES, Policy, ToyState, state_of
from symbolic import Cell, Program, Solver
from symbolic.rules.syntax import read_sources
from symbolic.values.tables import Tables
from symbolic.values.td import q_learning_error

TOY_RULES = Path(symbolic.rules.__file__).with_name("toy.lp")
TIE = 1e-6  # values this close are equal
WHOLE = 0  # the id of a state seen as one percept


class Percept(NamedTuple):
    """One part of a state: its id for the episode, its squared distance, its table's cell."""

    id: int
    kind: str
    distance2: int
    cell: Cell


Weigh = Callable[[list[Percept]], np.ndarray]


def alike(percepts: list[Percept]) -> np.ndarray:
    """The same weight for all, (n,)."""
    return np.ones(len(percepts))


def near_most(percepts: list[Percept]) -> np.ndarray:
    """1 / distance^2, (n,)."""
    return 1.0 / np.array([p.distance2 for p in percepts])


def nearest_alone(percepts: list[Percept]) -> np.ndarray:
    """1 for the nearest objects of each kind (all that are equally near), 0 for others, (n,)."""
    nearest: dict[str, int] = {}
    for p in percepts:
        nearest[p.kind] = min(p.distance2, nearest.get(p.kind, p.distance2))
    return np.array([float(p.distance2 == nearest[p.kind]) for p in percepts])


@dataclass(frozen=True, kw_only=True)
class TableConfig:
    """One learner. `step_size` 1 is exact where a table's own next value is certain."""

    percepts: Literal["whole", "objects"]
    weigh: Weigh
    credit: Literal["all", "met"]
    step_size: float
    discount: float = 0.9  # as in the authors' program
    epsilon: float = 0.1


class TableLearner:
    """Acts and learns on symbolic states; deterministic given the generator passed in."""

    def __init__(self, config: TableConfig, rng: np.random.Generator) -> None:
        self.config = config
        self.tables = Tables(len(MOVES))
        self._rng = rng
        self._solver = Solver(Program(base=read_sources(TOY_RULES)[0]), cells_only=True)

    def see(self, state: ToyState) -> list[Percept]:
        """What the state is made of; cells of objects are derived by toy.lp, one by one."""
        if self.config.percepts == "whole":
            things = sorted((o.kind, o.row, o.column) for o in state.objects)
            key = [value for thing in things for value in thing]
            return [Percept(WHOLE, "", 1, ("state", (*state.agent, *key)))]
        row, column = state.agent
        seen = [(o, o.row - row, o.column - column) for o in state.objects]
        answers = self._solver.solve_batch([(("sees", o.kind, dy, dx),) for o, dy, dx in seen])
        return [
            Percept(o.id, o.kind, dy * dy + dx * dx, answer.cells[0])
            for (o, dy, dx), answer in zip(seen, answers, strict=True)
        ]

    def values(self, percepts: list[Percept]) -> np.ndarray:
        """Q (4,): the weighted sum over the percepts' tables."""
        return np.asarray(self.config.weigh(percepts) @ self._entries(percepts))

    def act(self, percepts: list[Percept], *, explore: bool = False) -> int:
        """The best action, ties broken at random; with `explore` any, now and then."""
        if explore and self._rng.random() < self.config.epsilon:
            return int(self._rng.integers(len(MOVES)))
        values = self.values(percepts)
        return int(self._rng.choice(np.flatnonzero(values >= values.max() - TIE)))

    def learn(
        self, s_tm1: list[Percept], a_tm1: int, r_t: float, s_t: list[Percept], terminated: bool
    ) -> None:
        """One step of Q-learning in the table of every percept of `s_tm1`."""
        rows = self._rows(s_tm1)
        q_tm1 = self.tables.weights[rows]
        q_t = dict(zip((p.id for p in s_t), self._entries(s_t), strict=True))
        for i, percept in enumerate(s_tm1):
            met = percept.id not in q_t
            ends = met or terminated
            delta = q_learning_error(
                q_tm1[i],
                a_tm1,
                r_t if met or self.config.credit == "all" else 0.0,
                0.0 if ends else self.config.discount,
                q_tm1[i] if ends else q_t[percept.id],
            )
            self.tables.weights[rows[i], a_tm1] += self.config.step_size * delta
        self.tables.visits[rows, a_tm1] += 1

    def _rows(self, percepts: list[Percept]) -> np.ndarray:
        return self.tables.rows([p.cell for p in percepts])

    def _entries(self, percepts: list[Percept]) -> np.ndarray:
        rows = self._rows(percepts)  # first: the array grows with new cells
        return self.tables.weights[rows]


LEARNERS = {
    "tabular Q": TableConfig(percepts="whole", weigh=alike, credit="all", step_size=1.0),
    "DSRL": TableConfig(percepts="objects", weigh=alike, credit="all", step_size=0.1),
    "SRL+CS": TableConfig(percepts="objects", weigh=near_most, credit="met", step_size=1.0),
    "SRL+CS, nearest alone": TableConfig(
        percepts="objects", weigh=nearest_alone, credit="met", step_size=1.0
    ),
}


def train_toy_tables(
    config: TableConfig,
    env_id: str,
    agent_steps: int,
    seed: int,
    on_step: Callable[[int, Policy], None],
) -> TableLearner:
    """Train for the whole budget; `on_step(agent steps, greedy policy)` follows every step."""
    learner = TableLearner(config, np.random.default_rng(seed))
    env = gymnasium.make(env_id, disable_env_checker=True)
    _, info = env.reset(seed=seed)
    percepts = learner.see(state_of(info))
    for step in range(1, agent_steps + 1):
        action = learner.act(percepts, explore=True)
        _, reward, terminated, truncated, info = env.step(action)
        after = learner.see(state_of(info))
        learner.learn(percepts, action, float(reward), after, terminated)
        percepts = after
        if terminated or truncated:
            _, info = env.reset()
            percepts = learner.see(state_of(info))
        on_step(step, lambda state: learner.act(learner.see(state)))
    return learner
