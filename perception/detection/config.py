"""Every number that shapes the eyes."""

from dataclasses import asdict, dataclass
from typing import Any

from perception.tracking import TrackerConfig


@dataclass(frozen=True, kw_only=True)
class LatentConfig(TrackerConfig):
    """Lengths in pixels, colours in levels of 255, chances and shares in 0..1."""

    updates: int = 1500  # of the encoder, each on `batch_size` dreams
    batch_size: int = 4
    elbo_updates: int = 200  # then, of fine-tuning by the ELBO of real frames
    learning_rate: float = 3e-3
    filters: int = 24  # of the first two layers; the others have a third more
    presence: float = 0.25  # chance above which a cell holds something
    max_sprites: int = 128
    max_side: int = 64  # of a square as large as the largest sprite
    repeats: int = 4  # times a patch must be met, elsewhere or anew, to be a sprite
    alike: float = 0.7  # share of their pixels two patches have in common to be one sprite
    difference: int = 12  # levels from the background that are no noise
    occupied: float = 0.01  # prior chance that a cell holds something
    scale: float = 0.02  # of the Laplace likelihood, colours in 0..1
    grow_every: int = 10  # steps of play between looks for what is not explained; 0 is never
    grow_after: int = 40  # sightings of it, after which the dictionary grows; then twice as many
    grow_updates: int = 400  # of the encoder when the dictionary grows

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("updates", "batch_size", "filters", "max_sprites", "repeats", "difference",
                     "grow_after", "grow_updates"):  # fmt: skip
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("presence", "alike", "occupied"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, got {getattr(self, name)}")
        for name in ("learning_rate", "scale"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if self.max_side < 8:
            raise ValueError(f"max_side must be at least 8, got {self.max_side}")
        for name in ("grow_every", "elbo_updates"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "LatentConfig":
        """The inverse of `to_json`."""
        return cls(**values)
