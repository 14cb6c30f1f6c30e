"""Every number of the eyes of pixels that is not learned from the frames."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PixelConfig:
    """Lengths in native pixels."""

    max_kinds: int = 32  # those met in play and never in training among them
    coast_steps: int = 3  # agent steps an unseen track is kept
    gate_pixels: float = 28.0  # farthest a detection may lie from where its track was expected

    def __post_init__(self) -> None:
        if self.max_kinds < 1:
            raise ValueError(f"max_kinds must be at least 1, got {self.max_kinds}")
        if self.coast_steps < 0:
            raise ValueError(f"coast_steps must be at least 0, got {self.coast_steps}")
        if not self.gate_pixels > 0:
            raise ValueError(f"gate_pixels must be above 0, got {self.gate_pixels}")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "PixelConfig":
        """The inverse of `to_json`.

        Of what a run from before `--perception pixels` kept it takes the settings there still are:
        those of the network that was trained beside decided nothing.
        """
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})
