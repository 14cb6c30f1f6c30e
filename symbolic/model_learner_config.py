"""What can be set of the learner that imagines."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbolic.model.config import ModelConfig
from symbolic.search.search import SearchConfig


@dataclass(frozen=True, kw_only=True)
class ExplorationConfig:
    """What is done for the sake of knowing, in learning alone.

    ``curiosity`` is the worth of a step on a tile of ``tile_pixels`` never visited, falling with
    the root of the visits, halved after ``fade_steps`` of learning, and so on hyperbolically;
    ``tries`` the worth of touching a kind never touched, gone after three touches. ``epsilon`` is
    the share of random actions at first; it falls to a fifth within ``epsilon_steps``.
    """

    curiosity: float = 0.05
    tile_pixels: float = 16.0
    fade_steps: int = 2_000
    tries: float = 1.0
    epsilon: float = 0.05
    epsilon_steps: int = 5_000

    def __post_init__(self) -> None:
        if min(self.curiosity, self.tries) < 0:
            raise ValueError("curiosity and tries must not be negative")
        if not self.tile_pixels > 0 or self.fade_steps < 1 or self.epsilon_steps < 1:
            raise ValueError("tile_pixels, fade_steps and epsilon_steps must be above 0")
        if not 0.0 <= self.epsilon <= 1.0:
            raise ValueError(f"epsilon must lie in [0, 1], not {self.epsilon}")


@dataclass(frozen=True, kw_only=True)
class ValuesConfig:
    """How tables learn what imagined futures leave out: ``step_size`` is shared among the active
    cells, ``trace_decay`` is lambda."""

    step_size: float = 0.01
    trace_decay: float = 0.8

    def __post_init__(self) -> None:
        for name in ("step_size", "trace_decay"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1], not {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class ModelLearnerConfig:
    """The parts of the learner that imagines."""

    model: ModelConfig = field(default_factory=ModelConfig)
    search: SearchConfig = field(default_factory=SearchConfig)
    values: ValuesConfig = field(default_factory=ValuesConfig)
    exploration: ExplorationConfig = field(default_factory=ExplorationConfig)
