"""Pictures of SimVAE runs, as in Srivastava et al. 2019: what is simulated, generated and drawn
again from what was read (Figure 1), traversals (2), circuits (3), mutual information (4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from dsrl.reports.plots import png
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.studies.betavae_pictures import HeatMap, heat_maps, sheet
from dsrl.studies.simvae import (
    VALID_F0,
    VALID_Q,
    Read,
    Trained,
    circuit_fit,
    measure,
    read,
)
from perception.metrics import mutual_information_matrix
from perception.metrics.information import discrete_where_it_is
from perception.simulators import RLC
from perception.simulators.circuit import FREQUENCIES, characteristics
from perception.simulators.simulator import another_alike

SHOWN, STEPS, SAMPLES = 8, 9, 5000
SEED = 10
ROWS = ("simulated", "generated", "simulated again", "generated again")


def report(trained: Trained, out: Path, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """Writes pictures and metrics.csv to ``out``; returns the row of the latter."""
    found, simulator = read(trained, SAMPLES, SEED), trained.simulator
    files = {"information.png": png(information(trained, found))}
    if len(simulator.observation_shape) == 3:
        files["rows.png"] = png(rows(trained, found))
        files["traversals.png"] = png(traversals(trained, found))
    elif isinstance(simulator, RLC):
        files["curves.png"] = png(circuits(trained, found))
        files["regression.png"] = png(regression(found))
    row = measure(trained, leave_out=leave_out)
    files["metrics.csv"] = csv_bytes([row])
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_atomic(out / name, content)
    return row


def four(trained: Trained, found: Read, shown: int) -> list[np.ndarray]:
    """The observations of `ROWS` for the first samples."""
    inferred = found.inferred[:shown]
    return [
        found.observed[:shown], trained.generate(found.parameters[:shown]),
        trained.simulator.simulate(inferred), trained.generate(inferred),
    ]  # fmt: skip


def rows(trained: Trained, found: Read) -> Figure:
    """Figure 1."""
    title = f"{trained.simulator.name}: true parameters, then those that were read"
    return sheet(four(trained, found, SHOWN), ROWS, title)


def drawing(trained: Trained, observed: np.ndarray, inferred: np.ndarray) -> Figure:
    """A drawing of one's own, and what is simulated and generated from what was read of it."""
    made = [observed, trained.simulator.simulate(inferred), trained.generate(inferred)]
    return sheet([np.concatenate(made)], [""], "drawn, simulated, generated")


def traversals(trained: Trained, found: Read) -> Figure:
    """Figure 2: one parameter at a time over its range, the others in the middle of theirs."""
    simulator = trained.simulator
    pictures = []
    for k in range(len(simulator.parameter_names)):
        moved = np.tile((simulator.low + simulator.high) / 2, (STEPS, 1))
        moved[:, k] = np.linspace(simulator.low[k], simulator.high[k], STEPS)
        pictures.append(trained.generate(moved))
    return sheet(pictures, simulator.parameter_names, f"{simulator.name}: what the generator draws")


def information(trained: Trained, found: Read) -> Figure:
    """Figure 4: what each latent tells of each parameter, beside what the true ones tell."""
    simulator = trained.simulator
    true = another_alike(simulator, found.parameters, np.random.default_rng(SEED))
    asked = discrete_where_it_is(found.parameters)
    names = simulator.parameter_names
    codes = {"as read": found.inferred, "true (of all that look the same)": true}
    return heat_maps(
        [
            HeatMap(label, names, mutual_information_matrix(code, asked))
            for label, code in codes.items()
        ],
        names, simulator.name,
    )  # fmt: skip


def circuits(trained: Trained, found: Read) -> Figure:
    """Figure 3, middle: gain and phase over frequency, as in the four `ROWS`."""
    figure, axes = plt.subplots(
        2, 4, figsize=(15, 6), sharex=True, sharey="row", layout="constrained"
    )
    for column, (name, observed) in enumerate(zip(ROWS, four(trained, found, SHOWN), strict=True)):
        gain, phase = np.split(observed, 2, axis=1)
        for axis, values, label in (
            (axes[0, column], gain, "gain, dB"), (axes[1, column], phase, "phase, rad"),
        ):  # fmt: skip
            axis.semilogx(FREQUENCIES, values.T)
            axis.set(ylabel=label if column == 0 else "", xlabel="Hz")
            axis.grid(alpha=0.25)
        axes[0, column].set_title(name)
    return figure


def regression(found: Read) -> Figure:
    """Figure 3, right: f0 and Q that were read, over the true ones, and the limits of the fit."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    truth, inferred = characteristics(found.parameters), characteristics(found.inferred)
    fit, limits = circuit_fit(found), (VALID_F0, VALID_Q)
    for i, (key, name) in enumerate((("f0", "f0, Hz"), ("q", "Q"))):
        axis, x, y = axes[i], truth[i], inferred[i]
        axis.plot(x, y, ".", ms=2)
        axis.plot([0, x.max()], [0, x.max()], color="black", lw=1)
        axis.axvline(limits[i], color="black", lw=1, ls=":")
        axis.set(xlabel=f"true {name}", ylabel=f"read {name}")
        axis.set_title(f"slope {fit[f'{key}_slope']:.3f}, R² {fit[f'{key}_r2']:.4f}", fontsize=10)
        axis.grid(alpha=0.25)
    return figure
