"""Every number that shapes the eyes."""

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from perception.tracking import TrackerConfig


@dataclass(frozen=True, kw_only=True)
class DreamConfig:
    """Of what dreams are made: chances and shares in 0..1, lengths in pixels, colours in levels."""

    dropped: float = 0.15  # chance that a piece of play is left out,
    moved: float = 0.4  # moved a little
    exchanged: float = 0.1  # or of another type
    fewest_more: int = 3  # further pieces, anywhere
    most_more: int = 13
    beside: float = 0.4  # of these, laid upon or against another
    most_strangers: int = 3  # shapes that are of no sprite, anywhere
    most_bites: int = 16  # out of what wears away
    cut: float = 0.12  # of all pieces, without a part of them,
    tinted: float = 0.3  # or in another tint
    tint: float = 0.1  # of the colours, at most, either way
    brightness: float = 0.15  # of the whole picture's in half of the dreams, likewise
    noise: float = 12.0  # levels, in half of the dreams
    seen: float = 0.25  # share of its pixels that must show for a piece to be in the answer

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not 0 <= value < math.inf or (value > 1 and each.name in CHANCES):
                limits = "between 0 and 1" if each.name in CHANCES else "at least 0"
                raise ValueError(f"dreams.{each.name} must be {limits}, got {value}")
        if self.most_more < self.fewest_more:
            raise ValueError(
                f"dreams.most_more must be at least fewest_more, {self.fewest_more}, "
                f"got {self.most_more}"
            )


CHANCES = (
    "dropped", "moved", "exchanged", "beside", "cut", "tinted", "tint", "brightness", "seen"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class KindConfig:
    """How sprites become kinds by the tracks that show them."""

    still: float = 0.04  # tracks that move in a smaller share of their steps stand
    patience: float = 6.0  # moves that a track must have left out to stand for certain
    rare: float = 0.05  # of a look's steps, what moves (or stands) in so small a share is misread
    mixing: float = 0.1  # share of a look's steps on tracks of another, both ways, that joins them,
    mostly: float = 0.5  # or one way alone
    apart: float = 0.7  # log height or width: what moves is one kind up to there
    shortest: int = 3  # steps: shorter tracks tell too little
    doubt: float = 4.0  # nats: the most that one frame tells against a kind
    unseen: float = 10.0  # nats against a kind of which training showed nothing

    def __post_init__(self) -> None:
        for each in fields(self):
            if not getattr(self, each.name) > 0:
                value = getattr(self, each.name)
                raise ValueError(f"kinds.{each.name} must be above 0, got {value}")


@dataclass(frozen=True, kw_only=True)
class LatentConfig(TrackerConfig):
    """Lengths in pixels, colours in levels of 255, chances and shares in 0..1."""

    updates: int = 4000  # of the encoder, each on `batch_size` dreams
    batch_size: int = 4
    elbo_updates: int = 0  # then, of fine-tuning by the ELBO of real frames (see the page)
    elbo_rate: float = 1e-4  # learning rate of these
    learning_rate: float = 3e-3
    filters: int = 24  # of the first two layers; the others have a third more
    presence: float = 0.25  # chance above which a cell holds something
    proposed: float = 0.02  # above which a type or an offset is tried on the frame; 1: none is
    twice: float = 6.0  # pixels: two small ones of a colour so near are one, in a maximum of frames
    max_sprites: int = 128
    max_side: int = 64  # of a square as large as the largest sprite
    repeats: int = 4  # times a patch must be met, elsewhere or anew, to be a sprite
    alike: float = 0.95  # share of their pixels two patches have in common to be one sprite
    shown: float = 0.7  # share that must show of the larger of two things in one patch
    difference: int = 12  # levels from the background that are no noise
    occupied: float = 0.01  # prior chance that a cell holds something
    scale: float = 0.02  # of the Laplace likelihood, colours in 0..1
    grow_every: int = 10  # steps of play between looks for what is not explained; 0 is never
    drawn: float = 0.9  # share of a patch's pixels drawn as they are that explains it
    grow_after: int = 40  # sightings of it, after which the dictionary grows; then twice as many
    grow_updates: int = 800  # of the encoder when the dictionary grows
    dreams: DreamConfig = field(default_factory=DreamConfig)
    kinds: KindConfig = field(default_factory=KindConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("updates", "batch_size", "filters", "max_sprites", "repeats", "difference",
                     "grow_after", "grow_updates"):  # fmt: skip
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("presence", "alike", "shown", "drawn", "occupied"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, got {getattr(self, name)}")
        for name in ("learning_rate", "elbo_rate", "scale"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be above 0 and finite, got {getattr(self, name)}")
        if not 0 < self.proposed <= 1:
            raise ValueError(f"proposed must be above 0 and at most 1, got {self.proposed}")
        if not 0 <= self.twice < math.inf:
            raise ValueError(f"twice must be at least 0 and finite, got {self.twice}")
        if self.max_side < 8:
            raise ValueError(f"max_side must be at least 8, got {self.max_side}")
        for name in ("grow_every", "elbo_updates"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "LatentConfig":
        """The inverse of `to_json`; what was written before `proposed` was there left all to q."""
        values = {"proposed": 1.0, **values}
        parts = {"dreams": DreamConfig, "kinds": KindConfig}
        inner = {name: part(**values.get(name, {})) for name, part in parts.items()}
        return cls(**{**values, **inner})
