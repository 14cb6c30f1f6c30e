"""Learning curves as a PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dsrl.reports.statistics import WINDOW, bootstrap_interval, curve_on_grid, running_mean

GRID_POINTS = 200
Curve = tuple[np.ndarray, np.ndarray]


class Panel(NamedTuple):
    """One protocol: `curves` holds, by label, (agent steps, returns) of finished games a run."""

    title: str
    published_dqn: tuple[float, float] | None
    curves: dict[str, list[Curve]]


def learning_curves(panels: Sequence[Panel]) -> bytes:
    """PNG of the panels side by side.

    Thin lines are single runs, thick ones their mean, bands the 95 % bootstrap interval of that
    mean over runs. Curves with the same label have the same colour in every panel.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(7.5 * len(panels), 4.6), squeeze=False, layout="constrained"
    )
    labels = dict.fromkeys(label for panel in panels for label in panel.curves)
    colours = {label: f"C{number}" for number, label in enumerate(labels)}
    for axis, panel in zip(axes[0], panels, strict=True):
        for label, curves in panel.curves.items():
            _draw(axis, label, [c for c in curves if len(c[0])], colours[label])
        if panel.published_dqn:
            label = "SB3 DQN after 10,000,000 steps (published)"
            axis.axhline(panel.published_dqn[0], color="grey", ls="--", lw=1, label=label)
        ylabel = f"raw score, mean of last {WINDOW} games"
        axis.set(title=panel.title, xlabel="agent steps", ylabel=ylabel)
        axis.grid(alpha=0.25)
        if axis.get_legend_handles_labels()[0]:  # runs may have finished no game yet
            axis.legend(fontsize="small")
    return png(figure)


def png(figure: Figure, dpi: int = 120) -> bytes:
    """The figure as a PNG; it is closed."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    plt.close(figure)
    return buffer.getvalue()


def _draw(axis: Axes, label: str, curves: list[Curve], colour: str) -> None:
    if not curves:
        return
    for steps, returns in curves:
        axis.plot(steps, running_mean(returns), color=colour, lw=0.6, alpha=0.5)
    first = max(int(steps[0]) for steps, _ in curves)  # from where every run has a score
    last = max(int(steps[-1]) for steps, _ in curves)
    grid = np.linspace(first, last, GRID_POINTS)
    values = np.array([curve_on_grid(*curve, grid) for curve in curves])  # (runs, grid)
    axis.plot(grid, values.mean(axis=0), color=colour, lw=2, label=label)
    if len(curves) > 1:
        bands = [bootstrap_interval(column, np.mean, resamples=500) for column in values.T]
        low, high = np.array(bands).T
        axis.fill_between(grid, low, high, color=colour, alpha=0.18, lw=0)
