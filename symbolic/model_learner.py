"""The learner that imagines: a relational model learned in counts, and a search over it.

Q(s, a) = the best imagined future that begins with a + sum of the active cells' entries for a
          + advice of a user's rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symbolic.advice import advised, ways_by
from symbolic.asking import Asked, ask
from symbolic.decisions import FORESEEN, IMAGINED, OTHERWISE, Decision
from symbolic.dynamics.ranges import Ranges
from symbolic.facts import SymbolicObject, fact_text
from symbolic.model.approaches import approaches
from symbolic.model.features import there
from symbolic.model.foretelling import Foretelling
from symbolic.model.imagine import Wishes, future, rollouts, tile_of, touching
from symbolic.model.laws import size_of
from symbolic.model.model import RelationalModel
from symbolic.model.scene import KIND
from symbolic.model.step import effort, me_in
from symbolic.model.telling import TOLD
from symbolic.model_learner_config import ModelLearnerConfig
from symbolic.rules.grounder import cell_name
from symbolic.rules.solver import Solver
from symbolic.search.search import Choice, PlanSearch
from symbolic.values.cells import CellValues

SCREEN = (64, 64)  # tiles that visits are counted on
NO_ACTION = -1


class _Last(NamedTuple):
    """The step before: its scene, the action, and the action before that; its active cells, and
    its values, None where nothing was imagined."""

    rows: np.ndarray
    ids: np.ndarray
    action: int
    before: int
    cells: np.ndarray
    values: np.ndarray | None


class ModelLearner:
    """Objects in, the first action of the best imagined future out; one call a step."""

    def __init__(self, actions: int, config: ModelLearnerConfig, solver: Solver, seed: int) -> None:
        self.actions, self.config = actions, config
        self.learning = True
        self.informed = True  # whether rewards are told; nothing is learned of where they are not
        self.steps = 0
        self.model = RelationalModel(actions, config.model, seed)
        self.search = PlanSearch(actions, config.search, seed)
        values = config.values
        self.cells = CellValues(
            actions, config.search.discount, values.trace_decay, values.step_size
        )
        self.tables = self.cells.tables
        self.ranges = Ranges()
        self.visits = np.zeros(SCREEN)
        self.touches = np.zeros(config.model.most_kinds)
        self.foretelling = Foretelling()
        self._solver = solver
        self._rng = np.random.default_rng([seed, 4])
        self._last: _Last | None = None
        self.start_episode()

    @property
    def obeyed(self) -> bool:
        """Whether something was found to obey the actions."""
        return self.model.known

    def start_episode(self) -> None:
        """Forget what was under way, keep what was learned."""
        if self.learning and (last := self._last) is not None:  # it was cut short
            self.model.cut(last.rows, (last.action, last.before))
        self._last = None
        self._touched: set[int] = set()
        self.model.reader.start_episode()
        self.search.forget()
        self.cells.start_episode()

    def step(
        self,
        objects: Sequence[SymbolicObject],
        signal: float,
        forced: int | None = None,
        lost: float = 0.0,
        attributes: Sequence[tuple[int, int]] = (),
    ) -> Decision:
        """Take in a state and the signal of the step that led to it; choose an action.

        A ``forced`` action is learned from like a chosen one; ``lost`` is the worth of a life that
        the step cost. ``attributes`` are facts of the state beside its objects: what a latent of a
        dense encoder says, (latent, value).
        """
        objects = sorted(objects, key=lambda o: o.id)
        rows, ids = self.model.reader(objects)
        last, gained = self._last, 0.0
        if self.learning:
            self.ranges.observe(objects)
            if last is not None:
                self._observe(last, (rows, ids), signal - lost)
            if self.model.due():
                self.model.fit(rows)
            gained = self._count(rows, ids)
            self.steps += 1
        before = NO_ACTION if last is None else last.action
        answer, percepts = self._asked(objects, rows, ids, attributes)
        cells, entries = self.cells.look(answer.cells)
        advice = advised(answer.relations, self.ways, self.steps)
        known = entries.sum(axis=0) + sum(part for _, part in advice)
        choice = None
        if forced is None and self.sees_itself(rows):
            choice = self._searched(self.search, rows, before, self._wishes(), self._rng, known)
        imagined, values = np.zeros(self.actions), known
        if choice is not None:
            found = np.isfinite(choice.values)
            values = np.where(found, choice.values, choice.values[found].min())
            imagined = values - known
        if self.learning and last is not None and last.values is not None and choice is not None:
            brought = signal - lost + gained  # imagined futures count both
            self.cells.learn(last.cells, last.values, last.action, brought, values)
        action, why = self._chosen(choice, forced)
        if why is not None:
            self.search.forget()
        if self.learning and choice is not None:
            self.cells.follow(cells, values, action)
        else:
            self.cells.start_episode()
        self._last = _Last(rows, ids, action, before, cells, None if choice is None else values)
        foreseen = () if choice is None else self._foreseen(rows, before, choice)
        parts = zip(map(cell_name, answer.cells), entries, strict=True)
        return Decision(
            action=action,
            values=values,
            contributions=((IMAGINED, imagined), *parts, *advice),
            relations=(*answer.relations, *foreseen),
            greedy=why is None,
            reason=why or "best",
            percepts=tuple((fact_text(each.fact), each.ids) for each in percepts),
        )

    def _asked(
        self,
        objects: Sequence[SymbolicObject],
        rows: np.ndarray,
        ids: np.ndarray,
        attributes: Sequence[tuple[int, int]],
    ) -> Asked:
        """What the rules say, from the first that obeys, along the axis on which it moves most."""
        me, extent, axis = None, (0, 0), self._axis()
        if self.sees_itself(rows):
            mine = int(ids[me_in(rows, self.model.laws)])
            me = next(o for o in objects if o.id == mine)
            extent = self.ranges.extent(me.kind, axis)
        return ask(self._solver, objects, me, axis, extent, attributes)

    def _axis(self) -> int:
        """On which what obeys moves most: 0 is y, 1 is x."""
        return int(np.ptp(self.model.laws.effects, axis=0).argmax())

    def ways(self) -> np.ndarray | None:
        """(A,) which way each action moves what obeys along the axis on which it moves most: -1, 0
        or 1; None where nothing does."""
        return ways_by(self.model.laws.effects[:, self._axis()]) if self.model.known else None

    def _chosen(self, choice: Choice | None, forced: int | None) -> tuple[int, str | None]:
        """The action, and why where it is not for being best."""
        if forced is not None:
            return forced, "chosen before"
        if self.learning and self._rng.random() < self._epsilon():
            return int(self._rng.integers(self.actions)), "explores"
        if choice is None:
            anything = int(self._rng.integers(self.actions))
            return anything, "nothing is known to obey: tries anything"
        return choice.action, None

    def _epsilon(self) -> float:
        explores = self.config.exploration
        return explores.epsilon * max(0.2, 1.0 - self.steps / explores.epsilon_steps)

    def sees_itself(self, rows: np.ndarray) -> bool:
        """Whether the laws know all of a scene, and something in it obeys."""
        return self.model.known and self.model.fits(rows) and me_in(rows, self.model.laws) >= 0

    def best_plan(self, rows: np.ndarray, before: int, action: int) -> tuple[np.ndarray, float]:
        """The best plan found that begins with ``action``, and its return. Nothing is tried for the
        sake of knowing, and the same is found whenever it is asked."""
        search = PlanSearch(self.actions, self.config.search, 0)
        wishes = self._wishes()._replace(curiosity=0.0, tries=0.0)
        rng = np.random.default_rng(0)
        beside = np.zeros(self.actions)
        choice = self._searched(search, rows, before, wishes, rng, beside, action)
        return choice.plan, float(choice.values[action])

    def _searched(
        self,
        search: PlanSearch,
        rows: np.ndarray,
        before: int,
        wishes: Wishes,
        rng: np.random.Generator,
        known: np.ndarray,
        begins: int | None = None,
    ) -> Choice:
        """The best plan, where what is ``known`` (A,) of its first action counts as well."""
        config, laws = self.config.search, self.model.laws
        luck = rng.random((config.horizon, 3))

        def imagine(plans: np.ndarray) -> np.ndarray:
            returns = rollouts(
                rows, before, plans, laws, config.discount, wishes, luck, config.samples
            )
            return returns + known[plans[:, 0]]

        plans, horizon = search.size(effort(rows, laws))
        most = min(config.ideas, plans // (2 * self.actions))
        ideas = approaches(rows, before, horizon, most, laws)
        return search(imagine, (plans, horizon), ideas, begins)

    def _wishes(self) -> Wishes:
        """What is worth trying, in learning alone."""
        explores, curious, tries = self.config.exploration, 0.0, 0.0
        if self.learning:
            curious = explores.curiosity / (1.0 + self.steps / explores.fade_steps)
            tries = explores.tries
        return Wishes(self.visits, self.touches, explores.tile_pixels, curious, tries)

    def _foreseen(self, rows: np.ndarray, before: int, choice: Choice) -> tuple[str, ...]:
        """Facts on what the choice counts on, and on the best plan that begins otherwise: steps
        ahead and hundredths of a mean reward."""
        facts: list[tuple[str | int, ...]] = []
        for name, plan in ((FORESEEN, choice.plan), (OTHERWISE, choice.runner_up)):
            if plan is None:
                continue
            _, rewards, _ = future(rows, before, plan, self.model.laws)
            facts += [
                (name, int(plan[0]), h + 1, round(100 * float(rewards[h])))
                for h in np.flatnonzero(np.abs(rewards) >= TOLD).tolist()
            ]
        return tuple(map(fact_text, facts))

    def _count(self, rows: np.ndarray, ids: np.ndarray) -> float:
        """Where I am, and what I began to touch; what that was worth for the sake of knowing."""
        if not self.model.fits(rows):
            return 0.0
        me = me_in(rows, self.model.laws)
        if me < 0:
            return 0.0
        wishes = self._wishes()
        tile = tile_of(rows, me, wishes.tile, self.visits)
        gained = wishes.curiosity / np.sqrt(1.0 + self.visits[tile])
        self.visits[tile] += 1
        beside = [
            j for j in range(len(rows)) if j != me and there(rows, j) and touching(rows, me, j)
        ]
        for j in beside:
            if int(ids[j]) not in self._touched:
                kind = int(rows[j, KIND])
                gained += wishes.tries * max(0.0, 1 - self.touches[kind] / 3)
                self.touches[kind] += 1
        self._touched = {int(ids[j]) for j in beside}
        return float(gained)

    def end(self, signal: float, lost: float = 0.0) -> None:
        """The episode is over; ``signal`` came with its last step, which may have cost a life."""
        last = self._last
        if self.learning and last is not None:
            self._observe(last, None, signal - lost)
            if last.values is not None:
                nothing = np.zeros(self.actions)
                self.cells.learn(last.cells, last.values, last.action, signal - lost, nothing)
        self._last = None
        self.start_episode()

    def _observe(
        self, last: _Last, now: tuple[np.ndarray, np.ndarray] | None, reward: float
    ) -> None:
        before, acts = (last.rows, last.ids), (last.action, last.before)
        if self.model.known and self.model.fits(last.rows):
            self.foretelling.add(before, now, acts, reward, self.model.laws)
        self.model.observe(before, now, acts, reward)

    def told(self) -> dict[str, float]:
        """What it knows and how it explores in training, by name, to be plotted.

        ``obeying_kinds`` counts those that obey the actions, ``controlled_kind`` is the first (-1:
        none); ``laws`` are trees of the model, ``leaves`` those of all its trees; ``cells`` counts
        rows of its tables; ``epsilon`` is the share of random actions, ``curiosity`` the worth of
        a step where it never was.
        """
        mine = np.flatnonzero(self.model.laws.obeys)
        laws, leaves = size_of(self.model.laws)
        return {
            "obeying_kinds": float(len(mine)),
            "controlled_kind": float(self.model.reader.kinds[mine[0]]) if len(mine) else -1.0,
            "laws": float(laws),
            "leaves": float(leaves),
            "cells": float(len(self.tables)),
            "epsilon": self._epsilon(),
            "curiosity": self._wishes().curiosity,
        }

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly."""
        last = self._last
        return {
            "steps": self.steps,
            "rng": self._rng.bit_generator.state,
            "model": self.model.get_state(),
            "search": self.search.get_state(),
            **self.cells.get_state(),
            "ranges": self.ranges.get_state(),
            "visits": self.visits.copy(),
            "touches": self.touches.copy(),
            "foretelling": self.foretelling.get_state(),
            "touched": sorted(self._touched),
            "last": None if last is None else list(last),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.steps = int(state["steps"])
        self._rng.bit_generator.state = state["rng"]
        self.model.set_state(state["model"])
        self.search.set_state(state["search"])
        self.cells.set_state(state)
        self.ranges.set_state(state["ranges"])
        self.visits, self.touches = np.array(state["visits"]), np.array(state["touches"])
        self.foretelling.set_state(state["foretelling"])
        self._touched = {int(each) for each in state["touched"]}
        last = state["last"]
        if last is None:
            self._last = None
        else:
            rows, ids, action, before, cells, values = last
            self._last = _Last(
                np.array(rows),
                np.array(ids),
                int(action),
                int(before),
                np.array(cells),
                None if values is None else np.array(values),
            )
