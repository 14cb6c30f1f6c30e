"""What a canvas is: a renderer that an agent drives by actions of a few discrete components.

N pictures, T steps, K components; pictures (N, H, W, C) uint8; actions (N, K) int64, programs
(N, T, K). What an action leaves unused is `UNUSED` once it is *executed*: so an agent is not shown
choices that did nothing, and an earlier executed action says where the brush is. Before the first
step all components are `UNUSED`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numba import njit

UNUSED = -1


class Component(NamedTuple):
    """One of an action's discrete choices; a ``place`` is a cell of a square grid, by rows."""

    name: str
    size: int
    place: bool = False

    @property
    def side(self) -> int:
        """Rows, and columns, of the grid of a place."""
        return round(self.size**0.5)


class Canvas(Protocol):
    """A renderer. All of it is pure: nothing is changed in place, chance is handed in."""

    @property
    def components(self) -> tuple[Component, ...]:
        """In the order in which an agent decides them."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """H, W, C of its pictures."""

    def executed(self, actions_NK: np.ndarray) -> np.ndarray:
        """The actions, `UNUSED` where a component does nothing. Any leading axes; idempotent."""

    def paint(
        self, pictures_NHWC: np.ndarray, before_NK: np.ndarray, actions_NK: np.ndarray
    ) -> np.ndarray:
        """The pictures after an action each; ``before_NK`` are the executed actions before."""

    def begun(self, programs_NTK: np.ndarray) -> np.ndarray:
        """(N, T) bool: where something new is begun, such as a line."""

    def idle_programs(self, num: int, steps: int) -> np.ndarray:
        """(num, steps, K) programs that draw nothing."""

    def random_programs(self, num: int, steps: int, rng: np.random.Generator) -> np.ndarray:
        """(num, steps, K) programs of the kind that is worth learning to invert."""

    def varied(self, programs_NTK: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Each program with one of its decisions, or one step, changed a little: for search."""

    def tidied(self, programs_NTK: np.ndarray) -> np.ndarray:
        """Programs for the same pictures, fewer of them for each: what is learned from."""


def no_actions(canvas: Canvas, num: int) -> np.ndarray:
    """(num, K): before the first step."""
    return np.full((num, len(canvas.components)), UNUSED, np.int64)


def checked_actions(canvas: Canvas, actions: np.ndarray) -> np.ndarray:
    """The actions as int64. Raises ValueError where one has other components than the canvas."""
    sizes = [component.size for component in canvas.components]
    actions = np.asarray(actions, np.int64)
    if actions.shape[-1:] != (len(sizes),):
        raise ValueError(f"actions have {len(sizes)} components, got shape {actions.shape}")
    if actions.size and (actions.min() < UNUSED or (actions >= sizes).any()):
        names = ", ".join(f"{c.name} below {c.size}" for c in canvas.components)
        raise ValueError(f"an action is out of range: {names}")
    return actions


def blank(canvas: Canvas, num: int) -> np.ndarray:
    """(num, H, W, C) pictures with nothing on them."""
    return np.zeros((num, *canvas.shape), np.uint8)


def render_steps(canvas: Canvas, programs_NTK: np.ndarray) -> np.ndarray:
    """(N, T + 1, H, W, C): the blank canvas, and what it shows after each step."""
    num, steps, _ = programs_NTK.shape
    pictures = [blank(canvas, num)]
    executed_NTK = canvas.executed(programs_NTK)
    before_NK = no_actions(canvas, num)
    for t in range(steps):
        pictures.append(canvas.paint(pictures[-1], before_NK, executed_NTK[:, t]))
        before_NK = executed_NTK[:, t]
    return np.stack(pictures, axis=1)


def render(canvas: Canvas, programs_NTK: np.ndarray) -> np.ndarray:
    """(N, H, W, C): what whole programs draw."""
    picture, before_NK = blank(canvas, len(programs_NTK)), no_actions(canvas, len(programs_NTK))
    executed_NTK = canvas.executed(programs_NTK)
    for t in range(programs_NTK.shape[1]):
        picture = canvas.paint(picture, before_NK, executed_NTK[:, t])
        before_NK = executed_NTK[:, t]
    return picture


def previous_actions(canvas: Canvas, programs_NTK: np.ndarray) -> np.ndarray:
    """(N, T, K): at each step the executed action before it."""
    first_N1K = no_actions(canvas, len(programs_NTK))[:, None]
    return np.concatenate([first_N1K, canvas.executed(programs_NTK[:, :-1])], axis=1)


def squared_error(pictures_NHWC: np.ndarray, targets_NHWC: np.ndarray) -> np.ndarray:
    """(N,) mean squared error a pixel, of pixels in [0, 1]."""
    squares_N = np.zeros(len(pictures_NHWC), np.int64)
    flat = pictures_NHWC.reshape(len(squares_N), -1), targets_NHWC.reshape(len(squares_N), -1)
    _sum_squares(*flat, squares_N)
    return squares_N / (255.0**2 * flat[0].shape[1])


@njit(cache=True)
def _sum_squares(
    ones_NP: np.ndarray, others_NP: np.ndarray, squares_N: np.ndarray
) -> None:  # pragma: no cover
    for n in range(len(ones_NP)):
        total = np.int64(0)
        for p in range(ones_NP.shape[1]):
            difference = np.int64(ones_NP[n, p]) - np.int64(others_NP[n, p])
            total += difference * difference
        squares_N[n] = total
