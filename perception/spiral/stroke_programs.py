"""Programs of strokes by chance: whole ones to learn to invert, and small changes for search.

A program by chance is a few lines drawn without lifting the brush, each of curves that mostly go
on as the last one went, begun at its upper end (of two programs for one picture the agent need
learn one); the steps that are left over jump where the brush is, which does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FLAG, END, CONTROL, SIZE, PRESSURE, RED = range(6)  # components of an action
STROKE, JUMP = 0, 1  # its flag

MOVES = ("end", "control", "both", "size", "pressure", "flag", "insert", "delete", "redraw")
SHARES = np.array([8, 8, 4, 2, 2, 1, 1.5, 1.5, 1]) / 29  # of `MOVES`
REACHES = (1.0, 2.5, 6.0)  # cells: standard deviations of how far a place is moved


@dataclass(frozen=True, kw_only=True)
class ProgramConfig:
    """What programs by chance look like; lengths in shares of the canvas's side."""

    least: int = 2  # strokes of a program, at least; at most what its steps have room for
    lifts: float = 0.12  # probability of a new line after a stroke
    lengths: tuple[float, float] = (0.12, 0.5)  # of a stroke, from and up to
    turn: float = 0.9  # standard deviation, radians, between one stroke and the next
    smooth: float = 0.6  # probability that a stroke leaves in the direction of the one before
    bend: float = 0.25  # standard deviation of control points, in lengths of their stroke
    margin: float = 0.09  # at the edges stays empty
    lightest: float = 0.7  # pressure, in shares of the levels
    changes: float = 0.2  # probability that size, and pressure, change by one from step to step

    def __post_init__(self) -> None:
        for name in ("lifts", "smooth", "lightest", "changes"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in 0 to 1, got {getattr(self, name)}")
        if not 0 < self.lengths[0] <= self.lengths[1] <= 1:
            raise ValueError(f"lengths must rise within 0 to 1, got {self.lengths}")
        if not 0 <= self.margin < 0.5:
            raise ValueError(f"margin must be in 0 to 0.5, got {self.margin}")
        if self.least < 1 or self.turn < 0 or self.bend < 0:
            raise ValueError("least must be at least 1, turn and bend at least 0")


def random_lines(
    sizes: list[int], grid: int, num: int, steps: int, config: ProgramConfig,
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """(num, steps, K) programs; ``sizes`` are the components'."""
    programs_NTK = rng.integers(0, sizes, (num, steps, len(sizes)))
    ends_NT2, controls_NT2, jumps_NT = _walk(grid, num, steps, config, rng)
    for n in range(num):
        _from_the_top(ends_NT2[n], controls_NT2[n], jumps_NT[n])
    programs_NTK[..., FLAG] = np.where(jumps_NT, JUMP, STROKE)
    programs_NTK[..., END] = cells(ends_NT2, grid)
    programs_NTK[..., CONTROL] = cells(controls_NT2, grid)
    least = int(config.lightest * (sizes[PRESSURE] - 1))
    for component, low in ((SIZE, 0), (PRESSURE, least)):
        levels_NT = rng.integers(low, sizes[component], (num, 1)) + np.cumsum(
            rng.choice([-1, 0, 1], (num, steps), p=_thirds(config.changes)), axis=1
        )
        programs_NTK[..., component] = np.clip(levels_NT, low, sizes[component] - 1)
    return programs_NTK


def _thirds(changes: float) -> list[float]:
    return [changes / 2, 1 - changes, changes / 2]


def _walk(
    grid: int, num: int, steps: int, config: ProgramConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends and controls (num, steps, 2) in cells, and which steps jump."""
    low, high = config.margin * grid, (1 - config.margin) * grid - 1
    lands_NT, rests_NT = _jumps(num, steps, config, rng)
    place_N2, heading_N = np.zeros((num, 2)), np.zeros(num)
    ends, controls = [], []
    for t in range(steps):
        first_N = lands_NT[:, t - 1] if t else np.full(num, True)  # stroke of a line: any direction
        heading_N = np.where(first_N, rng.uniform(-np.pi, np.pi, num), heading_N)
        turned_N = heading_N + rng.normal(0, config.turn, num) * ~first_N
        away_N2 = _ahead(turned_N, grid * rng.uniform(*config.lengths, num))
        goal_N2 = np.clip(place_N2 + away_N2, low, high)
        length_N = np.hypot(*(goal_N2 - place_N2).T)
        smooth_N2 = place_N2 + _ahead(heading_N, length_N / 2)
        bend_N2 = config.bend * length_N[:, None] * rng.normal(size=(num, 2))
        rough_N = first_N | (rng.random(num) > config.smooth)
        control_N2 = np.where(rough_N[:, None], (place_N2 + goal_N2) / 2 + bend_N2, smooth_N2)
        controls.append(np.clip(control_N2, 0, grid - 1))
        heading_N = np.arctan2(*(goal_N2 - controls[-1]).T)
        goal_N2 = np.where(rests_NT[:, t, None], place_N2, goal_N2)
        place_N2 = np.where(lands_NT[:, t, None], rng.uniform(low, high, (num, 2)), goal_N2)
        ends.append(place_N2)
    return np.stack(ends, 1), np.stack(controls, 1), lands_NT | rests_NT


def _jumps(
    num: int, steps: int, config: ProgramConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(num, steps): which steps jump to where a line begins, and which come after the last."""
    lasts_N = rng.integers(min(1 + config.least, steps), steps + 1, num)
    lands_NT = rng.random((num, steps)) < config.lifts
    lands_NT[:, 0] = True
    for t in range(1, steps):
        lands_NT[:, t] &= ~lands_NT[:, t - 1] & (t < lasts_N - 1)  # a line has a stroke
    return lands_NT, np.arange(steps) >= lasts_N[:, None]


def _ahead(heading_N: np.ndarray, length_N: np.ndarray) -> np.ndarray:
    """(N, 2) so far in that direction, rows before columns."""
    return np.stack([np.sin(heading_N), np.cos(heading_N)], axis=1) * length_N[:, None]


def _from_the_top(ends_T2: np.ndarray, controls_T2: np.ndarray, jumps_T: np.ndarray) -> None:
    """Turn each line around, in place, that ends above where it begins."""
    begins = [*np.flatnonzero(jumps_T), len(jumps_T)]
    for k, begin in enumerate(begins[:-1]):
        line = slice(begin, begins[k + 1])
        if ends_T2[begins[k + 1] - 1, 0] < ends_T2[begin, 0]:
            ends_T2[line] = ends_T2[line][::-1].copy()
            strokes = slice(begin + 1, begins[k + 1])
            controls_T2[strokes] = controls_T2[strokes][::-1].copy()
            rest = slice(begins[k + 1], None)  # what jumps where the brush is, after the last line
            if jumps_T[rest].all():
                ends_T2[rest] = ends_T2[begins[k + 1] - 1]
                break


def cells(places: np.ndarray, grid: int) -> np.ndarray:
    """The cells (...,) that places (..., 2), in cells, are in; beyond the edge the nearest."""
    whole = np.clip(np.rint(places), 0, grid - 1).astype(np.int64)
    found: np.ndarray = whole[..., 0] * grid + whole[..., 1]
    return found


def places(cells_: np.ndarray, grid: int) -> np.ndarray:
    """The inverse of `cells`, (..., 2) float."""
    return np.stack([cells_ // grid, cells_ % grid], axis=-1).astype(float)


def varied_lines(
    programs_NTK: np.ndarray, sizes: list[int], grid: int, rng: np.random.Generator
) -> np.ndarray:
    """Each program with a small change to one step, or a step more or less: one of `MOVES`."""
    num, steps, _ = programs_NTK.shape
    at_N, move_N = rng.integers(steps, size=(num,)), rng.choice(len(MOVES), (num,), p=SHARES)
    changed_NTK = programs_NTK.copy()
    step_NK = programs_NTK[np.arange(num), at_N]
    changed_NTK[np.arange(num), at_N] = _changed(step_NK, move_N, sizes, grid, rng)
    order_NT = _reordered(move_N, at_N, steps)
    return np.take_along_axis(changed_NTK, order_NT[..., None], axis=1)


def _changed(
    step_NK: np.ndarray, move_N: np.ndarray, sizes: list[int], grid: int, rng: np.random.Generator
) -> np.ndarray:
    """The steps after their moves, those apart that concern more than one step."""
    num = len(step_NK)
    shift_N2 = rng.normal(size=(num, 2)) * rng.choice(REACHES, (num, 1))
    level_N = rng.choice([-2, -1, 1, 2], num)
    to: dict[int, tuple[np.ndarray, tuple[str, ...]]] = {
        FLAG: (1 - step_NK[:, FLAG], ("flag",)),
        END: (cells(places(step_NK[:, END], grid) + shift_N2, grid), ("end", "both")),
        CONTROL: (cells(places(step_NK[:, CONTROL], grid) + shift_N2, grid), ("control", "both")),
        SIZE: (step_NK[:, SIZE] + level_N, ("size",)),
        PRESSURE: (step_NK[:, PRESSURE] + level_N, ("pressure",)),
    }
    changed_NK = step_NK.copy()
    for component, (values_N, moves) in to.items():
        limited_N = np.clip(values_N, 0, sizes[component] - 1)
        takes_N = _among(move_N, *moves)
        changed_NK[:, component] = np.where(takes_N, limited_N, step_NK[:, component])
    anew_NK = rng.integers(0, sizes, (num, len(sizes)))
    return np.where(_among(move_N, "redraw")[:, None], anew_NK, changed_NK)


def _among(move_N: np.ndarray, *moves: str) -> np.ndarray:
    return np.isin(move_N, [MOVES.index(move) for move in moves])


def _reordered(move_N: np.ndarray, at_N: np.ndarray, steps: int) -> np.ndarray:
    """(N, T) which step comes where: one is doubled and the last lost, or left out and the last
    doubled, or all stay."""
    order_NT = np.tile(np.arange(steps), (len(at_N), 1))
    before_NT = order_NT < at_N[:, None]
    later_NT = ~before_NT & (order_NT > at_N[:, None]) & _among(move_N, "insert")[:, None]
    sooner_NT = ~before_NT & _among(move_N, "delete")[:, None]
    return np.minimum(order_NT - later_NT + sooner_NT, steps - 1)


def tidied_lines(programs_NTK: np.ndarray) -> np.ndarray:
    """The same drawings, a program each: jumps after which nothing is drawn are put last, where
    the brush is then."""
    strokes_NT = programs_NTK[..., FLAG] == STROKE
    next_NT = np.concatenate([strokes_NT[:, 1:], np.zeros_like(strokes_NT[:, :1])], axis=1)
    used_NT = strokes_NT | next_NT
    order_NT = np.argsort(~used_NT, axis=1, kind="stable")
    tidied_NTK = np.take_along_axis(programs_NTK, order_NT[..., None], axis=1)
    lasts_N = used_NT.sum(axis=1)
    ends_N = np.take_along_axis(tidied_NTK[..., END], np.maximum(lasts_N - 1, 0)[:, None], axis=1)
    rests_NT = np.arange(programs_NTK.shape[1]) >= lasts_N[:, None]
    tidied_NTK[..., END] = np.where(rests_NT & (lasts_N > 0)[:, None], ends_N, tidied_NTK[..., END])
    return tidied_NTK
