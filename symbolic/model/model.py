"""The relational model: remembers what happened, knows the laws, and says when they are due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symbolic.model.config import ModelConfig
from symbolic.model.control import obeying
from symbolic.model.laws import Laws, laws_of, laws_state, no_laws
from symbolic.model.learning import gains_of, learn, moving
from symbolic.model.memory import UNKNOWN, Memory, places_after
from symbolic.model.scene import SceneReader

SETTLED = 2_000  # transitions: from then on, who obeys is asked at every fourth fit
SMOOTH = 0.5  # share of the newest measurement in a gain


class RelationalModel:
    """Laws of motion, survival, reward and end, learned in counts from all that is remembered."""

    def __init__(self, actions: int, config: ModelConfig, seed: int) -> None:
        self.config, self.actions = config, actions
        self.reader = SceneReader(config.most_kinds)
        self.memory = Memory(config.memory_steps)
        self.laws: Laws = no_laws(1, actions)
        self.gains: dict[int, float] = {}
        self.observed = 0  # transitions, those forgotten too
        self._fitted = 0  # transitions at the last fit
        self._fits = 0
        self._rng = np.random.default_rng([seed, 2])

    @property
    def known(self) -> bool:
        """Whether there are laws, and something that obeys."""
        return bool(self.laws.obeys.any())

    def observe(
        self,
        before: tuple[np.ndarray, np.ndarray],
        after: tuple[np.ndarray, np.ndarray] | None,
        acts: tuple[int, int],
        reward: float,
    ) -> None:
        """One transition between scenes (rows, ids); None where the episode ended instead.

        ``acts`` are the action and the one before it, -1 for none.
        """
        rows, ids = before
        became = np.full(len(ids), UNKNOWN) if after is None else places_after(ids, after[1])
        self.memory.add(rows, became, *acts, reward, after is None)
        self.observed += 1

    def cut(self, scene: np.ndarray, acts: tuple[int, int]) -> None:
        """Play breaks off at a scene, with these actions, though the episode has not ended: it was
        seen, and what came of it was not."""
        self.memory.add(scene, np.full(len(scene), UNKNOWN), *acts, 0.0, False, cut=True)

    def due(self) -> bool:
        """Whether enough is new for the laws to be learned anew."""
        config = self.config
        if self.observed < config.first_fit_steps:
            return False
        wait = config.first_fit_steps if self.observed < 400 else config.refit_steps
        return self.observed - self._fitted >= max(wait, self.observed // 8)

    def fit(self, now: np.ndarray) -> None:
        """Learn all laws; ``now`` is the scene where play stands, empty after an end."""
        told = self.memory.episodes(now)
        kinds = max(1, len(self.reader.kinds))
        if self.observed < SETTLED or self._fits % 4 == 0 or not self.known:
            for kind, gain in gains_of(told, moving(told, kinds), self.actions).items():
                self.gains[kind] = SMOOTH * gain + (1 - SMOOTH) * self.gains.get(kind, gain)
        mine = set(np.flatnonzero(self.laws.obeys).tolist())
        obeys = obeying(self.gains, mine, self.config.obey_nats)
        self.laws = learn(told, kinds, self.actions, obeys, self.config, self._rng)
        self._fitted = self.observed
        self._fits += 1

    def fits(self, scene: np.ndarray) -> bool:
        """Whether the laws know all kinds of a scene."""
        return len(scene) == 0 or int(scene[:, 0].max()) < self.laws.kinds

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly."""
        return {
            "reader": self.reader.get_state(),
            "memory": self.memory.get_state(),
            "laws": laws_state(self.laws),
            "gains": [[kind, gain] for kind, gain in self.gains.items()],
            "observed": self.observed,
            "fitted": self._fitted,
            "fits": self._fits,
            "rng": self._rng.bit_generator.state,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.reader.set_state(state["reader"])
        self.memory.set_state(state["memory"])
        self.laws = laws_of(state["laws"])
        self.gains = {int(kind): float(gain) for kind, gain in state["gains"]}
        self.observed, self._fitted = int(state["observed"]), int(state["fitted"])
        self._fits = int(state["fits"])
        self._rng.bit_generator.state = state["rng"]
