"""What the loop and an agent say to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

Progress = Callable[[int, int, str], None]
"""Hears of (done, total, note)."""


class Timestep(NamedTuple):
    """What the agent is shown before one decision.

    `frame` is uint8 (H, W, 3), `reward` the raw score gained since the last decision. On the
    `last` step of an episode the returned action is ignored; where it was cut short (`truncated`)
    the game would have gone on from this frame.
    """

    frame: np.ndarray
    reward: float
    first: bool
    last: bool
    life_lost: bool = False
    truncated: bool = False


class StepRecord(NamedTuple):
    """What the symbolic state log keeps of one decision.

    `objects` are (id, kind, y, x, dy, dx, height, width) in whole pixels, `facts` the relation
    atoms worth showing, `cells` each active cell with its contribution to every action's value;
    `values` are the sums of those contributions. `percepts` are the facts that the rules were
    asked about, each with the ids of the objects it is about.
    """

    objects: tuple[tuple[int, ...], ...]
    facts: tuple[str, ...]
    cells: tuple[tuple[str, tuple[float, ...]], ...]
    values: tuple[float, ...]
    action: int
    greedy: bool
    reason: str
    percepts: tuple[tuple[str, tuple[int, ...]], ...] = ()


class Agent(Protocol):
    """A player that may learn while it plays."""

    last_record: StepRecord | None
    """The log entry of the step just taken; None where there is nothing symbolic to say."""
    learning: bool
    """False: act by what was learned, neither learning nor exploring."""
    progress: Progress | None
    """Told how far a step is that takes long, such as one in which perception is trained."""

    def step(self, t: Timestep) -> int:
        """Choose an action and, in training, learn from what the last one brought."""
        ...

    def reset(self) -> None:
        """Forget the episode (tracks, traces), keep what was learned."""
        ...

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly: nested JSON values, arrays and bytes."""
        ...

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        ...
