"""Worlds of crosses and circles on a grid, as gymnasium environments and as pure functions.

After the game of Garnelo et al. 2016 and environments 10 (regular) and 11 (random) of the program
published with Garcez et al. 2018. The agent, a plus, walks over a grid within walls; crosses are
to be taken, circles to be avoided, and what it steps on is gone. Importing this registers

    DSRL/CrossCircle-v0   DSRL/CrossCircleGrid-v0   crosses and circles; random, regular places
    DSRL/Cross-v0         DSRL/CrossGrid-v0         crosses alone

Places are (row, column), row 0 on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, get_args

import gymnasium
import numpy as np
from gymnasium import spaces

from agents.toy_pictures import draw

Layout = Literal["regular", "random"]
Place = tuple[int, int]

SIDE = 7  # cells
MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))
ACTION_MEANINGS = ("UP", "DOWN", "LEFT", "RIGHT")
REWARDS = {"cross": 1.0, "circle": -1.0}  # of stepping on one
START = (SIDE // 2, SIDE // 2)
OBJECTS = ((SIDE + 1) // 2) ** 2  # of the regular layout, and as many of a random one
STEPS_PER_SECOND = 8  # where play is shown
MAX_STEPS = 100  # a walk over the whole grid takes at most 2 (49 - 1) = 96
IDS: dict[tuple[int, Layout], str] = {  # by (kinds, layout)
    (2, "random"): "DSRL/CrossCircle-v0",
    (2, "regular"): "DSRL/CrossCircleGrid-v0",
    (1, "random"): "DSRL/Cross-v0",
    (1, "regular"): "DSRL/CrossGrid-v0",
}


class ToyObject(NamedTuple):
    """A cross or a circle; the id stays the same for an episode."""

    id: int
    kind: str
    row: int
    column: int


class ToyState(NamedTuple):
    """All there is to know."""

    agent: Place
    objects: tuple[ToyObject, ...]


Policy = Callable[[ToyState], int]


def regular_layout(kinds: int) -> ToyState:
    """An object in every second row and column; two kinds alternate like a chess board."""
    places = [(row, column) for row in range(0, SIDE, 2) for column in range(0, SIDE, 2)]
    circles = [kinds == 2 and (row + column) % 4 == 0 for row, column in places]
    return ToyState(START, _objects(places, circles))


def random_layout(kinds: int, rng: np.random.Generator) -> ToyState:
    """As many objects of each kind as in the regular layout, each in a free cell of its own."""
    cells = [(r, c) for r in range(SIDE) for c in range(SIDE) if (r, c) != START]
    drawn = rng.permutation(len(cells))[:OBJECTS]
    circles = [kinds == 2 and number < OBJECTS // 2 for number in range(OBJECTS)]
    return ToyState(START, _objects([cells[i] for i in drawn], circles))


def _objects(places: list[Place], circles: list[bool]) -> tuple[ToyObject, ...]:
    return tuple(
        ToyObject(number, "circle" if circle else "cross", *place)
        for number, (place, circle) in enumerate(zip(places, circles, strict=True))
    )


def destination(place: Place, action: int, side: int = SIDE) -> Place:
    """Where a move leads: one cell on, or nowhere at a wall."""
    (row, column), (down, right) = place, MOVES[action]
    return min(max(row + down, 0), side - 1), min(max(column + right, 0), side - 1)


def move(state: ToyState, action: int, side: int = SIDE) -> tuple[ToyState, str | None]:
    """The next state, and the kind of the object taken, if any."""
    agent = destination(state.agent, action, side)
    met = [o for o in state.objects if (o.row, o.column) == agent]
    left = tuple(o for o in state.objects if o not in met) if met else state.objects
    return ToyState(agent, left), met[0].kind if met else None


def state_of(info: Mapping[str, Any]) -> ToyState:
    """The state behind an environment's `info`."""
    return ToyState(info["agent"], info["objects"])


def is_over(state: ToyState) -> bool:
    """Whether every cross is taken."""
    return all(o.kind != "cross" for o in state.objects)


class CrossCircleEnv(gymnasium.Env[np.ndarray, int]):
    """The game; observations are pictures, uint8 (112, 112, 3).

    An episode ends when every cross is taken (registered ids stop it after `MAX_STEPS` too); the
    next one starts in the middle again, with a new layout where it is random. Every `info` holds
    the truth, for scoring and for learners on symbols: `agent` (row, column), `objects`
    (`ToyObject`s) and `taken`, the kind just taken or "". Raises ValueError on an unknown layout
    or number of kinds.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": STEPS_PER_SECOND}  # noqa: RUF012 (gymnasium's form)

    def __init__(
        self, kinds: int = 2, layout: Layout = "random", render_mode: str | None = None
    ) -> None:
        if kinds not in (1, 2):
            raise ValueError(f"kinds must be 1 (crosses) or 2 (crosses and circles), got {kinds}")
        if layout not in get_args(Layout):
            raise ValueError(f"layout must be one of {get_args(Layout)}, got {layout!r}")
        self.kinds, self.layout, self.render_mode = kinds, layout, render_mode
        self.state = regular_layout(kinds)
        self.action_space: spaces.Discrete = spaces.Discrete(len(MOVES))  # type: ignore[assignment]
        self.observation_space = spaces.Box(0, 255, self.picture().shape, np.uint8)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; `seed` restarts all chance."""
        super().reset(seed=seed)
        random = self.layout == "random"
        self.state = (
            random_layout(self.kinds, self.np_random) if random else regular_layout(self.kinds)
        )
        return self.picture(), self._info(None)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Move one cell. Raises ValueError on an action there is not."""
        if not self.action_space.contains(action):
            raise ValueError(f"action must be in 0..3 {ACTION_MEANINGS}, got {action!r}")
        self.state, taken = move(self.state, int(action))
        reward = REWARDS[taken] if taken else 0.0
        return self.picture(), reward, is_over(self.state), False, self._info(taken)

    def render(self) -> np.ndarray | None:
        """The observation again."""
        return self.picture() if self.render_mode == "rgb_array" else None

    def picture(self) -> np.ndarray:
        """What is to be seen now."""
        shapes = [(o.kind, o.row, o.column) for o in self.state.objects]
        return draw([*shapes, ("agent", *self.state.agent)], SIDE)

    def _info(self, taken: str | None) -> dict[str, Any]:
        return {"agent": self.state.agent, "objects": self.state.objects, "taken": taken or ""}


for (_kinds, _layout), _id in IDS.items():
    gymnasium.register(
        id=_id,
        entry_point="agents.toy_worlds:CrossCircleEnv",
        kwargs={"kinds": _kinds, "layout": _layout},
        max_episode_steps=MAX_STEPS,
    )
