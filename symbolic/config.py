"""What can be set of the learner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LearnerConfig:
    """How the symbolic learner learns.

    ``discount`` per agent step, ``encounter_discount`` from one encounter back to the one
    before; ``trace_decay`` is lambda; ``step_size`` is shared among the active cells;
    ``epsilon`` the share of random actions once ``epsilon_steps`` agent steps of learning have
    faded it from 1; ``curiosity`` the standard deviation of noise on what was never tried;
    ``refresh_every`` agent steps between looks at what is controlled (ten times as often until
    something is).
    """

    discount: float = 0.99
    encounter_discount: float = 0.95
    trace_decay: float = 0.8
    step_size: float = 0.01
    epsilon: float = 0.01
    epsilon_steps: int = 1000
    curiosity: float = 0.5
    refresh_every: int = 500

    def __post_init__(self) -> None:
        for name in ("discount", "encounter_discount", "trace_decay", "step_size", "epsilon"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1], not {value}")
        if self.curiosity < 0:
            raise ValueError(f"curiosity must not be negative, not {self.curiosity}")
        if self.epsilon_steps < 1 or self.refresh_every < 1:
            raise ValueError("epsilon_steps and refresh_every must be at least 1 agent step")
