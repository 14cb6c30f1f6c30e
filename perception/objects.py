"""What perception hands on. Positions are centres, in native pixels, row before column."""

from typing import NamedTuple


class Detection(NamedTuple):
    """One object in one frame."""

    kind: int
    y: float
    x: float
    height: float
    width: float
    score: float  # nats of evidence for it (latents), its area in pixels (pixels, classic)
    look: int = 0  # which of its kind's looks it has


class Object(NamedTuple):
    """One object followed through time; dy and dx in pixels per agent step."""

    id: int
    kind: int
    y: float
    x: float
    dy: float
    dx: float
    height: float
    width: float
