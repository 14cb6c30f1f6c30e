"""What can be set of the relational model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """How laws are learned.

    At most ``most_kinds`` kinds are told apart; the last ``memory_steps`` agent steps are learned
    from, at first after ``first_fit_steps`` and then again after ``refit_steps``, or an eighth of
    all that was seen if that is more. A tree is grown on all steps in which something happened and
    on ``thinned_to`` of the others. A split must save ``split_nats``, an outcome told apart
    costs ``outcome_nats``; a kind obeys if the actions save ``obey_nats`` a step of its motion.
    """

    most_kinds: int = 16
    memory_steps: int = 12_000
    first_fit_steps: int = 100
    refit_steps: int = 250
    thinned_to: int = 2_500
    split_nats: float = 5.0
    outcome_nats: float = 2.0
    obey_nats: float = 0.05

    def __post_init__(self) -> None:
        for name in ("most_kinds", "memory_steps", "first_fit_steps", "refit_steps", "thinned_to"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("split_nats", "outcome_nats", "obey_nats"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
