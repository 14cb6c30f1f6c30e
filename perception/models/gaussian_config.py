"""Which latent space of thesis chapters 5 and 6 a network has."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from perception.models.architectures import ARCHITECTURES, ArchitectureName

Decoupling = Literal["neuron", "filter_naive", "filter_weighted", "winner_takes_all", "none"]
Colour = Literal["rgb", "luminance"]
BatchNorm = Literal["none", "before", "after", "both"]
BETWEEN_FILTERS = ("filter_naive", "filter_weighted", "winner_takes_all")
CHOICES = {
    "decoupling": get_args(Decoupling),
    "colour": get_args(Colour),
    "batch_norm": get_args(BatchNorm),
    "architecture": get_args(ArchitectureName),
}


@dataclass(frozen=True, kw_only=True)
class GaussianConfig:
    """`beta` weighs the KL term against the reconstruction, both summed over a whole frame, nats.

    It has no default: it decides what counts as an object. With decoupling "none" nothing is drawn
    to a prior and no noise is added, a deterministic autoencoder: beta is 0 there and nowhere else.
    """

    beta: float
    decoupling: Decoupling = "neuron"  # thesis 5.1.2 and 5.2.2, 5.2.3, 5.2.4, 5.4
    latents: int = 8  # filters; 1 is the single filter of thesis 5.1
    gamma: float | None = None  # price of the losers' nats, winner_takes_all only
    capacity_nats: float | None = None  # of a frame: beta |KL - C|, C rising (Burgess 2018, eq. 8)
    orthogonality: float = 0.0  # weight of thesis 5.5, on the latent filters
    batch_norm: BatchNorm = "none"  # before or after the latent space, thesis 6.10
    architecture: ArchitectureName = "shallow"
    colour: Colour = "rgb"  # of the input and of the reconstruction, thesis 5.3

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} {getattr(self, name)!r} is unknown: choose one of {allowed}"
                )
        for name in ("beta", "gamma", "capacity_nats", "orthogonality"):
            if getattr(self, name) is not None and not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if self.latents < 1:
            raise ValueError(f"latents must be at least 1, got {self.latents}")
        self._check_sense()

    def _check_sense(self) -> None:
        """Raise ValueError for combinations that mean nothing."""
        if (self.beta == 0) != (self.decoupling == "none"):
            raise ValueError(
                "beta is 0 with decoupling 'none', which has no KL term, and only there"
            )
        if (self.gamma is None) != (self.decoupling != "winner_takes_all"):
            raise ValueError("gamma belongs to decoupling 'winner_takes_all': give both or none")
        if self.latents == 1 and (self.decoupling in BETWEEN_FILTERS or self.orthogonality):
            raise ValueError(
                f"decoupling {self.decoupling!r} with orthogonality {self.orthogonality:g} is "
                "between filters, and there is only 1: give latents of at least 2"
            )
        if self.capacity_nats is not None and self.decoupling != "neuron":
            raise ValueError("capacity_nats steers the KL of decoupling 'neuron' alone")

    @property
    def channels(self) -> int:
        """Of a picture."""
        return 3 if self.colour == "rgb" else 1

    @property
    def side(self) -> int | None:
        """Rows and columns that pictures are scaled to, None for native pixels."""
        return ARCHITECTURES[self.architecture].side

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "GaussianConfig":
        """The inverse of `to_json`."""
        return cls(**values)
