"""Pictures of SPIRAL's runs, as in the paper: reconstructions (Figure 4b), strokes in colours and
larger drawings (6c, 6d), error over training (8a)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from dsrl.reports.plots import png
from dsrl.runs.files import csv_bytes, is_free, write_atomic
from dsrl.runs.model_run import history
from dsrl.studies.spiral import Row, Trained, measure, picture_at, polish, records
from perception.spiral.canvas import Canvas, render, render_steps, squared_error
from perception.spiral.strokes import StrokesCanvas

SHOWN, ROWS = 16, 3  # pictures of a row, and rows, of each sheet
LARGEST = 1024  # pixels a side of a larger drawing
GAP = 1  # pixels between pictures


class Drawing(NamedTuple):
    """A picture of one's own as the agent drew it."""

    figure: Figure
    steps: list[dict[str, int]]  # its program: executed choices by name
    error: float
    blank: float


def report(trained: Trained, out: Path, num: int, polished: int) -> list[Row]:
    """Writes metrics.csv and pictures to ``out``. ValueError where something is there already, or
    fewer than one picture is asked for."""
    if num < 1 or polished < 0:
        raise ValueError("pictures must be at least 1, polished at least 0")
    if not is_free(out):
        raise ValueError(f"{out} is not empty, nothing is overwritten: choose another --out")
    rows = measure(trained, num, polished)
    files = {
        "metrics.csv": csv_bytes(records(rows, trained.directory)),
        "reconstructions.png": png(reconstructions(trained)),
        "strokes.png": png(strokes(trained)),
        "curve.png": png(curve(trained, rows)),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_atomic(out / name, content)
    return rows


def table(rows: Sequence[Row]) -> str:
    """Lines for a terminal."""
    lines = ["error a pixel  agreement  s a picture  what"]
    for row in rows:
        agreed = "        -" if row.agreement is None else f"{row.agreement:9.1%}"
        name = row.what + (f", {row.evaluations:,} renderings" if row.evaluations else "")
        lines.append(f"{row.error:13.4f}  {agreed}  {row.seconds:11.4f}  {name}")
    first = rows[0]
    told = (
        ""
        if first.agreement_of_targets is None
        else (f"; the pictures themselves agree in {first.agreement_of_targets:.1%}")
    )
    return "\n".join([*lines, f"{first.pictures} held-out pictures, empty {first.blank:.4f}{told}"])


def coloured(canvas: Canvas, programs_NTK: np.ndarray) -> np.ndarray:
    """(N, H, W, 3): what each step adds, in a colour of its own from blue (first) to red."""
    steps = programs_NTK.shape[1]
    added = np.abs(np.diff(render_steps(canvas, programs_NTK).astype(float), axis=1)).max(axis=-1)
    hues = colormaps["turbo"](np.linspace(0.08, 0.95, steps))[:, :3]
    return np.clip(np.einsum("nthw,tc->nhwc", added, hues), 0, 255).astype(np.uint8)


def sheet(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Rows of (N, H, W, C) pictures, one below the other, as one RGB picture."""
    lines = []
    for row in rows:
        seen = np.broadcast_to(row, (*row.shape[:3], 3)) if row.shape[3] == 1 else row
        framed = np.pad(seen, [(0, 0), (GAP, GAP), (GAP, GAP), (0, 0)], constant_values=70)
        lines.append(np.concatenate(list(framed), axis=1))
    return np.concatenate(lines)


def shown(picture: np.ndarray, title: str) -> Figure:
    """A sheet as a figure, its pixels enlarged."""
    rows, columns = picture.shape[:2]
    width = 9.0
    figure = plt.figure(figsize=(width, width * rows / columns + 0.35), layout="constrained")
    axis = figure.subplots()
    axis.imshow(picture, interpolation="nearest")
    axis.set_axis_off()
    axis.set_title(title, fontsize=9)
    return figure


def reconstructions(trained: Trained) -> Figure:
    """Figure 4b: held-out pictures, and below each what the agent makes of it in one pass."""
    targets = trained.pictures.held_out[: SHOWN * ROWS]
    drawn = trained.training.drawings(targets)
    rows = []
    for at in range(0, len(targets), SHOWN):
        rows += [_filled(part[at : at + SHOWN]) for part in (targets, drawn)]
    return shown(sheet(rows), "held-out pictures, and below each the agent's drawing")


def strokes(trained: Trained) -> Figure:
    """Figure 6: pictures, drawings, steps in colours, and the same programs on four times as many
    pixels."""
    targets = trained.pictures.held_out[:SHOWN]
    parsed = trained.training.parsed(targets)
    larger = enlarged(trained.canvas, parsed.programs_NTK, 4 * trained.canvas.shape[0])
    small = [targets, parsed.pictures_NTHWC[:, -1], coloured(trained.canvas, parsed.programs_NTK)]
    blown = [np.repeat(np.repeat(_rgb(each), 4, axis=1), 4, axis=2) for each in small]
    title = "held-out pictures, drawings, steps from blue to red, the same programs drawn larger"
    return shown(sheet([*blown, _rgb(larger)]), title)


def enlarged(
    canvas: Canvas, programs_NTK: np.ndarray, side: int, brush: str | None = None
) -> np.ndarray:
    """The programs drawn on ``side`` pixels a side, with another brush if one is named. ValueError
    where those are none or too many, or there is no such brush."""
    if not 1 <= side <= LARGEST:
        raise ValueError(f"--size must be 1 to {LARGEST} pixels, got {side}")
    if not isinstance(canvas, StrokesCanvas):
        raise ValueError("only strokes can be drawn larger")
    return render(canvas.larger(side, brush), programs_NTK)


def curve(trained: Trained, rows: Sequence[Row]) -> Figure:
    """Figure 8a: error of greedy drawings of held-out pictures over training."""
    measured = history(trained.directory)
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    axis.plot(measured["iteration"] - 100, measured["held_out"], label="held out, one greedy pass")
    for part, name in ((1, "improvement"), (2, "reinforcement")):
        at = measured["iteration"][measured["part"] >= part]
        if len(at):
            axis.axvline(at[0] - 100, color="grey", lw=1, ls=":")
            axis.text(at[0] - 100, axis.get_ylim()[1], f" {name}", va="top", fontsize=8)
    axis.axhline(rows[0].blank, color="black", lw=1, ls="--", label="empty canvas")
    axis.set(xlabel="updates", ylabel="squared error a pixel", ylim=(0, None))
    axis.grid(alpha=0.25)
    axis.legend(fontsize="small")
    return figure


def drawing(
    trained: Trained, image: Path, size: int, evaluations: int, brush: str | None = None
) -> Drawing:
    """A picture of one's own, drawn."""
    target, canvas = picture_at(image, trained.canvas.shape), trained.canvas
    if evaluations < 0:
        raise ValueError(f"--evaluations must be at least 0, got {evaluations}")
    programs = trained.training.parsed(target).programs_NTK
    if evaluations:
        programs = polish(trained, target, evaluations).programs_NTK
    drawn, larger = render(canvas, programs), enlarged(canvas, programs, size, brush)
    figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
    views = (target, drawn, coloured(canvas, programs), larger)
    names = (
        "picture",
        "drawing",
        "steps, from blue to red",
        f"on {size} pixels" + (f", {brush}" if brush else ""),
    )
    for axis, view, name in zip(axes, views, names, strict=True):
        axis.imshow(_rgb(view)[0], interpolation="nearest")
        axis.set_title(name, fontsize=9)
        axis.set_axis_off()
    error, blank = squared_error(drawn, target), squared_error(np.zeros_like(target), target)
    return Drawing(figure, named_steps(canvas, programs[0]), float(error[0]), float(blank[0]))


def named_steps(canvas: Canvas, program_TK: np.ndarray) -> list[dict[str, int]]:
    """What each step does, by component; a place as its row and column."""
    steps = []
    for action in canvas.executed(program_TK):
        named: dict[str, int] = {}
        for component, value in zip(canvas.components, action.tolist(), strict=True):
            if value < 0:
                continue
            if component.place:
                named[f"{component.name}_y"], named[f"{component.name}_x"] = divmod(
                    value, component.side
                )
            else:
                named[component.name] = value
        steps.append(named)
    return steps


def described(found: Drawing) -> list[str]:
    """The program and its error, a line a step."""
    lines = [
        f"{number}: " + ", ".join(f"{name} {value}" for name, value in step.items())
        for number, step in enumerate(found.steps, start=1)
    ]
    return [
        *lines,
        f"squared error a pixel {found.error:.4f}, of an empty canvas {found.blank:.4f}",
    ]


def _rgb(pictures: np.ndarray) -> np.ndarray:
    if pictures.shape[-1] == 3:
        return pictures
    return np.array(np.broadcast_to(pictures, (*pictures.shape[:-1], 3)))


def _filled(row: np.ndarray) -> np.ndarray:
    return np.pad(row, [(0, SHOWN - len(row)), (0, 0), (0, 0), (0, 0)])
