"""What can be set about perception; every other fact is learned from the frames."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

Decoupling = Literal["neuron", "filter_naive", "filter_weighted", "winner_takes_all", "categorical"]
Colour = Literal["rgb", "red", "green", "blue"]
BatchNorm = Literal["none", "before", "after", "both"]
OF_FILTERS = ("filter_naive", "filter_weighted", "winner_takes_all", "categorical")


@dataclass(frozen=True, kw_only=True)
class PerceptionConfig:
    """Settings of the encoder, its training and the tracker.

    `beta` weighs the KL term against the reconstruction and has no default: it decides what counts
    as an object. A reconstruction weight would be 1/beta, so there is none.
    """

    beta: float
    decoupling: Decoupling = "neuron"  # thesis 5.1.2 and 5.2.2, 5.2.3, 5.2.4, 5.4
    gamma: float | None = None  # weight of the losers' KL, winner_takes_all only
    capacity_nats: float | None = None  # of a window: beta |KL - C|, C rising (Burgess, eq. 8)
    latents: int = 4  # latent filters; 1 = the single filter of thesis 5.1
    colour: Colour = "rgb"  # thesis 5.3: all channels, or one alone
    orthogonality: float = 0.0  # weight of thesis 5.5
    batch_norm: BatchNorm = "none"  # before or after the latent space, thesis 6.10
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
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} {getattr(self, name)!r} is unknown: choose one of {allowed}"
                )
        for name in ("beta", "learning_rate", "objectness_nats", "gate_pixels"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("gamma", "capacity_nats", "orthogonality"):
            if getattr(self, name) is not None and not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        for name in ("latents", "hidden_filters", "updates", "batch_size", "max_kinds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.window_cells < 4:
            raise ValueError(f"window_cells must be at least 4, got {self.window_cells}")
        if self.coast_steps < 0:
            raise ValueError(f"coast_steps must be at least 0, got {self.coast_steps}")
        self._check_sense()

    def _check_sense(self) -> None:
        """Raise ValueError for combinations that mean nothing."""
        if (self.gamma is None) != (self.decoupling != "winner_takes_all"):
            raise ValueError("gamma belongs to decoupling 'winner_takes_all': give both or none")
        if self.latents == 1 and self.decoupling in OF_FILTERS:
            raise ValueError(
                f"decoupling {self.decoupling!r} is between filters, and there is only 1: give "
                "latents of at least 2, or decoupling 'neuron'"
            )
        if self.decoupling == "categorical" and self.capacity_nats is not None:
            raise ValueError(
                "capacity_nats steers the KL of Gaussian latents; a categorical's is bounded by "
                "its prior: leave it out"
            )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "PerceptionConfig":
        """Raise ValueError where `values` names a setting that does not exist."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"unknown perception settings {unknown}")
        return cls(**values)


_CHOICES = {
    "decoupling": get_args(Decoupling),
    "colour": get_args(Colour),
    "batch_norm": get_args(BatchNorm),
}
