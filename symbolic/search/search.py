"""Search over action sequences: the best first action, and the plan that it begins.

Random shooting with the last plan shifted and mutated, as in model-predictive control (Richards
2005; Nagabandi et al. 2018), actions held for some steps. Shapes: P plans, H steps, A actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

SHORTEST = 8  # agent steps: shorter plans foresee nothing
Imagine = Callable[[np.ndarray], np.ndarray]
"""Plans (P, H) int64 to the return that each is imagined to bring, (P,)."""


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """How futures are searched.

    ``plans`` of ``horizon`` agent steps are imagined for a decision; in every other one an action
    is held for ``long_hold`` steps in the mean, else for ``short_hold``. ``mutated`` is the share
    of plans that are the last plan with a piece changed. Where the model leaves something to
    chance, a plan is judged by ``samples`` futures. Beside them, a plan goes to each of the
    ``ideas`` nearest things, fewer where there are many actions. ``discount`` is per agent step.
    At most ``work`` looks from one thing to another are imagined for a decision, but for what
    chance asks again: in a crowd there are fewer plans, then shorter ones.
    """

    plans: int = 64
    horizon: int = 64
    short_hold: float = 5.0
    long_hold: float = 10.0
    mutated: float = 0.25
    samples: int = 4
    ideas: int = 6
    discount: float = 0.99
    work: int = 1_000_000

    def __post_init__(self) -> None:
        if self.plans < 2 or self.horizon < 1:
            raise ValueError("plans must be at least 2 and horizon at least 1")
        if self.ideas < 0:
            raise ValueError(f"ideas must be at least 0, not {self.ideas}")
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, not {self.samples}")
        if self.work < 1:
            raise ValueError(f"work must be at least 1, not {self.work}")
        if min(self.short_hold, self.long_hold) < 1:
            raise ValueError("an action is held for 1 agent step at least")
        for name in ("mutated", "discount"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1], not {getattr(self, name)}")


class Choice(NamedTuple):
    """What a search found: the best plan, the best return by first action (A,), -inf where no plan
    began with it, and the best plan that begins with another action (the runner-up)."""

    plan: np.ndarray
    values: np.ndarray
    runner_up: np.ndarray | None

    @property
    def action(self) -> int:
        """The first of the best plan."""
        return int(self.plan[0])


def _shifted(plan: np.ndarray, horizon: int) -> np.ndarray:
    """The plan without its first step, its last action held on to the ``horizon``, (horizon,)."""
    rest = plan[1 : horizon + 1]
    return np.concatenate([rest, np.full(horizon - len(rest), plan[-1])])


class PlanSearch:
    """Keeps the last plan from one decision to the next."""

    def __init__(self, actions: int, config: SearchConfig, seed: int) -> None:
        self.actions, self.config = actions, config
        self._rng = np.random.default_rng([seed, 3])
        self._plan: np.ndarray | None = None

    def forget(self) -> None:
        """What was planned is void."""
        self._plan = None

    def size(self, effort: int) -> tuple[int, int]:
        """How many plans, and of how many steps, where a step takes so many looks."""
        config = self.config
        room = config.work // max(1, effort)
        plans = min(config.plans, max(2 * self.actions, room // config.horizon))
        return plans, min(config.horizon, max(SHORTEST, room // plans))

    def __call__(
        self,
        imagine: Imagine,
        size: tuple[int, int],
        ideas: np.ndarray | None = None,
        begins: int | None = None,
    ) -> Choice:
        """Imagine so many plans of so many steps, and ``ideas`` (I, H) of the caller's beside them,
        as long as they; choose the best; ties are broken by chance. Where it is asked how a plan
        ``begins``, all begin with that action."""
        plans = self._drawn(*size)
        if ideas is not None:
            plans = np.concatenate([plans, ideas])
        if begins is not None:
            plans[:, 0] = begins
        returns = imagine(plans) + 1e-6 * self._rng.random(len(plans))
        first = plans[:, 0]
        values = np.full(self.actions, -np.inf)
        np.maximum.at(values, first, returns)
        best = int(returns.argmax())
        self._plan = plans[best]
        others = np.flatnonzero(first != first[best])
        second = plans[others[returns[others].argmax()]] if len(others) else None
        return Choice(self._plan, values, second)

    def _drawn(self, many: int, horizon: int) -> np.ndarray:
        """Each action for ever, the last plan shifted, the same with a piece changed, and plans of
        held actions, (many, horizon)."""
        config, rng, actions = self.config, self._rng, self.actions
        plans = rng.integers(actions, size=(many, horizon))
        hold = np.where(np.arange(many) % 2, config.long_hold, config.short_hold)
        held = rng.random(plans.shape) < (1 - 1 / hold)[:, None]
        for h in range(1, horizon):
            plans[held[:, h], h] = plans[held[:, h], h - 1]
        constant = min(actions, many // 3)
        plans[:constant] = rng.permutation(actions)[:constant, None]
        if self._plan is not None:
            most = min(many, constant + 1 + int(config.mutated * many))
            plans[constant:most] = _shifted(self._plan, horizon)
            for plan in plans[constant + 1 : most]:
                at, length = rng.integers(horizon), rng.integers(1, int(config.long_hold) + 1)
                plan[at : at + length] = rng.integers(actions)
        return plans

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly."""
        plan = None if self._plan is None else self._plan.copy()
        return {"rng": self._rng.bit_generator.state, "plan": plan}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self._rng.bit_generator.state = state["rng"]
        self._plan = None if state["plan"] is None else np.array(state["plan"])
