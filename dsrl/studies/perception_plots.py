"""The two plots of the study of perception, as PNGs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from statistics import mean

import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from dsrl.reports.plots import png
from dsrl.studies.perception_methods import BETAS, SETTINGS

Row = Mapping[str, str]
MARKERS = dict(zip(BETAS, "os^D", strict=True))
DEEPEST = 0.25  # how far below 0 the gain is drawn, as a share of the largest
MOSTLY_FOUND = 0.5  # recall from which the purity of what was found says something
MEASURES = {"latent_f1": "latent-only F1", "latent_type_purity": "latent type purity"}


def gain_by_kl(tables: Mapping[str, Sequence[Row]]) -> bytes:
    """PNG: what the latents save of the cross entropy against what they cost (thesis 6.9).

    A panel a game, a line a method from the largest beta to the smallest. Eyes of one colour are
    left out: their cross entropy is of other pixels. A gain far below 0 is cut off.
    """
    figure, axes = plt.subplots(
        1, len(tables), figsize=(6 * len(tables), 5.6), squeeze=False, layout="constrained"
    )
    methods = [method for method, change in SETTINGS.items() if "colour" not in change]
    for axis, (name, rows) in zip(axes[0], tables.items(), strict=True):
        for number, method in enumerate(methods):
            _draw_method(axis, method, f"C{number}" if number < 10 else "black", rows)
        axis.set(title=name, xlabel="KL, nats a frame", ylabel="gain, nats a frame", xscale="log")
        top = axis.get_ylim()[1]
        axis.set_ylim(bottom=max(axis.get_ylim()[0], -DEEPEST * top))
        axis.grid(alpha=0.25)
    for beta, marker in MARKERS.items():
        axes[0, 0].plot([], [], marker, color="grey", label=f"beta {beta:g}")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, fontsize="small", loc="outside lower center", ncols=3 * len(tables)
    )
    return png(figure, dpi=110)


def _draw_method(axis: Axes, method: str, colour: str, rows: Sequence[Row]) -> None:
    cost, gains = over_seeds(rows, "kl_nats"), over_seeds(rows, "gain_nats")
    mine = sorted((key[1], cost[key], gain) for key, gain in gains.items() if key[0] == method)
    axis.plot([kl for _, kl, _ in mine], [g for *_, g in mine], color=colour, lw=1, label=method)
    for beta, kl, gain in mine:
        axis.plot(kl, gain, MARKERS[beta], color=colour, ms=5)


def latents_by_method(tables: Mapping[str, Sequence[Row]]) -> bytes:
    """PNG: what the latents say of place and of type by themselves, by method and beta.

    A row of panels a game. The dashed line is the purity of one type for everything. Purity is
    drawn where most objects were found: of a few it says nothing.
    """
    figure, axes = plt.subplots(
        len(tables), 2, figsize=(11, 4.2 * len(tables)), squeeze=False, layout="constrained"
    )
    methods = list(SETTINGS)
    for (name, rows), panels in zip(tables.items(), axes, strict=True):
        for axis, (column, title) in zip(panels, MEASURES.items(), strict=True):
            known = [row for row in rows if row[column]]
            if column == "latent_type_purity":
                known = [row for row in known if float(row["recall"]) >= MOSTLY_FOUND]
            _draw_measure(axis, column, methods, known)
            axis.set(title=f"{name}: {title}", xlim=(-0.03, 1.03))
        panels[1].axvline(1 / _names_found(rows), color="grey", ls="--", lw=1)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize="small", loc="outside lower center", ncols=4)
    return png(figure, dpi=110)


def _draw_measure(axis: Axes, column: str, methods: Sequence[str], rows: Sequence[Row]) -> None:
    for number, (beta, marker) in enumerate(MARKERS.items()):
        at = over_seeds(rows, column)
        known = [(at[m, beta], place) for place, m in enumerate(methods) if (m, beta) in at]
        values, places = [v for v, _ in known], [p + (number - 1.5) / 6 for _, p in known]
        axis.plot(values, places, marker, color=f"C{number}", ms=5, label=f"beta {beta:g}")
    axis.set_yticks(range(len(methods)), methods)
    axis.set_ylim(len(methods) - 0.5, -0.5)  # the first on top
    axis.grid(alpha=0.25)


def over_seeds(rows: Sequence[Row], column: str) -> dict[tuple[str, float], float]:
    """The mean of a figure by method and beta, where it is known."""
    values: dict[tuple[str, float], list[float]] = {}
    for row in rows:
        if row[column] and row["beta"]:
            values.setdefault((row["method"], float(row["beta"])), []).append(float(row[column]))
    return {key: mean(each) for key, each in values.items()}


def _names_found(rows: Sequence[Row]) -> int:
    """How many true names the study met in this game."""
    objects = [json.loads(row["objects"]) for row in rows if row["objects"]]
    names = {name for parts in objects for name, part in parts.items() if part["found"]}
    return max(len(names), 1)
