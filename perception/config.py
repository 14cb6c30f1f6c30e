"""What can be set about perception; every other fact is learned from the frames."""

from dataclasses import asdict, dataclass, fields
from typing import Any

REGULARISERS = ("neuron", "winner_takes_all")


@dataclass(frozen=True, kw_only=True)
class PerceptionConfig:
    """Settings of the encoder, its training and the tracker.

    `beta` weighs the KL term against the reconstruction and has no default: it decides what counts
    as an object. A reconstruction weight would be 1/beta, so there is none.
    """

    beta: float
    regulariser: str = "neuron"  # "neuron" (thesis 5.2.2) or "winner_takes_all" (thesis 5.4)
    gamma: float | None = None  # weight of the competition between filters, winner_takes_all only
    latent_filters: int = 4  # 1 = the single latent filter of thesis 5.1
    hidden_filters: int = 16
    updates: int = 400
    batch_size: int = 64  # windows an update
    window_cells: int = 10  # side of a training window, in cells of 4 pixels
    learning_rate: float = 3e-3
    objectness_nats: float = 0.5  # a cell whose KL is above this may hold an object
    max_kinds: int = 32
    coast_steps: int = 3  # agent steps an unseen track is kept
    gate_pixels: float = 28.0  # farthest a detection may lie from where its track was expected

    def __post_init__(self) -> None:
        if self.regulariser not in REGULARISERS:
            raise ValueError(
                f"regulariser {self.regulariser!r} is unknown: choose one of {REGULARISERS}"
            )
        if (self.gamma is None) != (self.regulariser == "neuron"):
            raise ValueError("gamma belongs to regulariser 'winner_takes_all': give both or none")
        for name in ("beta", "learning_rate", "objectness_nats", "gate_pixels"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if self.gamma is not None and not self.gamma >= 0:
            raise ValueError(f"gamma must be at least 0, got {self.gamma}")
        for name in ("latent_filters", "hidden_filters", "updates", "batch_size", "max_kinds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.window_cells < 4:
            raise ValueError(f"window_cells must be at least 4, got {self.window_cells}")
        if self.coast_steps < 0:
            raise ValueError(f"coast_steps must be at least 0, got {self.coast_steps}")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "PerceptionConfig":
        """Raise ValueError where `values` names a setting that does not exist."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"unknown perception settings {unknown}")
        return cls(**values)
