"""Every number that shapes the eyes, the network's latent space among them."""

from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from perception.gaussian_eyes.readout import Form, Measure
from perception.models.gaussian_config import GaussianConfig
from perception.tracking import TrackerConfig
from perception.training.fitting import FittingConfig

WHOLE_FRAMES = FittingConfig(  # of thesis 4.6; to a plateau within half a minute of one core
    epochs=24,
    updates_per_epoch=200,
    batch_size=2,
    learning_rate=6e-3,
    annealing=0.9,
    plateau_epochs=2,
    plateau_factor=0.5,
    patience_epochs=4,
    least_gain_nats=5.0,
)


@dataclass(frozen=True, kw_only=True)
class GaussianEyesConfig(TrackerConfig):
    """`latent` is the latent space (its beta has no default), `fitting` how it is trained."""

    latent: GaussianConfig
    fitting: FittingConfig = field(default_factory=lambda: WHOLE_FRAMES)
    measure: Measure = "departure"  # from each position's median over play, or nats from the prior
    form: Form = "peaks"  # a thing is what is nearest to a peak, or what hangs together
    threshold: float | None = None  # of the objectness; None: found from play, without labels
    clusters: int = 12  # of spectra, the kinds

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.measure not in get_args(Measure):
            raise ValueError(f"measure {self.measure!r} is unknown: choose of {get_args(Measure)}")
        if self.form not in get_args(Form):
            raise ValueError(f"form {self.form!r} is unknown: choose of {get_args(Form)}")
        if self.threshold is not None and not self.threshold > 0:
            raise ValueError(f"threshold must be above 0, got {self.threshold}")
        if self.clusters < 1:
            raise ValueError(f"clusters must be at least 1, got {self.clusters}")

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "GaussianEyesConfig":
        """The inverse of `to_json`."""
        latent = GaussianConfig.from_json(values["latent"])
        fitting = FittingConfig(**values["fitting"])
        return cls(**{**values, "latent": latent, "fitting": fitting})
