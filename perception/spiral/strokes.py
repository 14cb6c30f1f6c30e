"""The canvas of strokes (4.2): quadratic Bezier curves from where the last one ended.

Components, in the order of the published decoder: jump or stroke, end, control, size, pressure and,
with colours, red, green, blue. A place is the middle of a cell of a grid over the canvas, whatever
its size in pixels, so that a program can be drawn larger. A jump moves the brush alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from perception.spiral import mypaint
from perception.spiral.brush import Strokes, paint
from perception.spiral.canvas import UNUSED, Component
from perception.spiral.stroke_programs import (
    CONTROL,
    END,
    FLAG,
    JUMP,
    PRESSURE,
    RED,
    SIZE,
    STROKE,
    ProgramConfig,
    places,
    random_lines,
    tidied_lines,
    varied_lines,
)

ROUND = "round"  # our own brush, compiled
CORNER = 0  # the cell where the brush is at first


@dataclass(frozen=True, kw_only=True)
class StrokesConfig:
    """Grid, pressures and colours are the paper's; it does not say its sizes."""

    side: int = 32  # pixels a side
    grid: int = 32  # cells a side, for ends and control points
    radii: tuple[float, ...] = (0.7, 1.0, 1.3, 1.6, 2.0)  # of the brush, in cells of the grid
    pressures: int = 10  # levels; the least leaves this part of full ink
    colours: int = 0  # bins of red, green and blue (20 in the paper); 0: grey
    brush: str = ROUND  # or one of MyPaint's that are installed, such as classic/pen

    def __post_init__(self) -> None:
        if not 1 <= self.side <= 1024:
            raise ValueError(f"side must be 1 to 1024 pixels, got {self.side}")
        if not 2 <= self.grid <= 128:
            raise ValueError(f"grid must be 2 to 128 cells a side, got {self.grid}")
        if not self.radii or not all(0 < radius <= self.grid for radius in self.radii):
            raise ValueError(f"radii must be above 0 and within the grid, got {self.radii}")
        if self.pressures < 1:
            raise ValueError(f"pressures must be at least 1, got {self.pressures}")
        if self.colours == 1 or self.colours < 0:
            raise ValueError(f"colours must be 0 (grey) or at least 2 bins, got {self.colours}")
        if self.brush != ROUND:
            mypaint.read_brush(self.brush)


class StrokesCanvas:
    """A `Canvas`. Raises ValueError where an action is out of range."""

    def __init__(
        self, config: StrokesConfig | None = None, programs: ProgramConfig | None = None
    ) -> None:
        self.config = config = config or StrokesConfig()
        self.programs = programs or ProgramConfig()
        grid = config.grid**2
        parts = [
            Component("flag", 2), Component("end", grid, True),
            Component("control", grid, True), Component("size", len(config.radii)),
            Component("pressure", config.pressures),
        ]  # fmt: skip
        if config.colours:
            parts += [Component(name, config.colours) for name in ("red", "green", "blue")]
        self.components = tuple(parts)
        self.shape = (config.side, config.side, 3 if config.colours else 1)
        self._radii = np.array(config.radii) * config.side / config.grid
        self._inks = np.arange(1, config.pressures + 1) / config.pressures

    def larger(self, side: int, brush: str | None = None) -> StrokesCanvas:
        """The same programs drawn on so many pixels a side (Fig. 6c), with another brush (6d)."""
        config = replace(self.config, side=side, brush=brush or self.config.brush)
        return StrokesCanvas(config, self.programs)

    def executed(self, actions_NK: np.ndarray) -> np.ndarray:
        """A jump uses its end alone."""
        executed_NK = np.array(actions_NK, np.int64)
        executed_NK[executed_NK[..., FLAG] == JUMP, CONTROL:] = UNUSED
        return executed_NK

    def paint(
        self, pictures_NHWC: np.ndarray, before_NK: np.ndarray, actions_NK: np.ndarray
    ) -> np.ndarray:
        """A stroke each from where the action before ended, or from the corner."""
        painted = np.ascontiguousarray(pictures_NHWC).copy()
        strokes = self.strokes(before_NK, actions_NK)
        if self.config.brush == ROUND:
            paint(painted, strokes)
        else:
            mypaint.paint(painted, strokes, self.config.brush)
        return painted

    def strokes(self, before_NK: np.ndarray, actions_NK: np.ndarray) -> Strokes:
        """What the actions ask the brush for, in pixels."""
        starts_N = np.where(before_NK[:, END] == UNUSED, CORNER, before_NK[:, END])
        colours_NC = np.full((len(actions_NK), self.shape[2]), 255.0)
        if self.config.colours:
            colours_NC = actions_NK[:, RED:] * (255.0 / (self.config.colours - 1))
        return Strokes(
            self._pixels(starts_N), self._pixels(actions_NK[:, CONTROL]),
            self._pixels(actions_NK[:, END]), self._radii[actions_NK[:, SIZE]],
            self._inks[actions_NK[:, PRESSURE]], colours_NC, actions_NK[:, FLAG] == STROKE,
        )  # fmt: skip

    def _pixels(self, cells: np.ndarray) -> np.ndarray:
        """(N, 2) middles of cells (y, x); the middle of the first pixel is at 0."""
        grid = self.config.grid
        return (places(cells, grid) + 0.5) * (self.config.side / grid) - 0.5

    def begun(self, programs_NTK: np.ndarray) -> np.ndarray:
        """Strokes with none just before them."""
        strokes_NT = programs_NTK[..., FLAG] == STROKE
        found: np.ndarray = strokes_NT.copy()
        found[:, 1:] &= ~strokes_NT[:, :-1]
        return found

    def idle_programs(self, num: int, steps: int) -> np.ndarray:
        """Jumps to the corner."""
        programs_NTK = np.zeros((num, steps, len(self.components)), np.int64)
        programs_NTK[..., FLAG] = JUMP
        return programs_NTK

    def random_programs(self, num: int, steps: int, rng: np.random.Generator) -> np.ndarray:
        """Lines of curves, see `stroke_programs`."""
        sizes = [component.size for component in self.components]
        return random_lines(sizes, self.config.grid, num, steps, self.programs, rng)

    def varied(self, programs_NTK: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A place, size, pressure or flag changed, a step more or less, see `stroke_programs`."""
        sizes = [component.size for component in self.components]
        return varied_lines(programs_NTK, sizes, self.config.grid, rng)

    def tidied(self, programs_NTK: np.ndarray) -> np.ndarray:
        """Jumps for nothing come last."""
        return tidied_lines(programs_NTK)
