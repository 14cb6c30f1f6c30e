"""Every number of the eyes of pixels that is not learned from the frames."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from perception.tracking import TrackerConfig


@dataclass(frozen=True, kw_only=True)
class PixelConfig(TrackerConfig):
    """Lengths in native pixels."""

    max_kinds: int = 32  # those met in play and never in training among them

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_kinds < 1:
            raise ValueError(f"max_kinds must be at least 1, got {self.max_kinds}")

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
