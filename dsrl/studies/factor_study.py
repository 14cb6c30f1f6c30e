"""Which factors are worth telling at which capacity: the generator from true factors (Burgess et
al. 2018, 4.3 and Figure 3)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from matplotlib.figure import Figure

from dsrl.reports.plots import png
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.runs.model_run import How, history, newest_state, train_model_run
from dsrl.runs.rundir import RunDir
from dsrl.studies.betavae import columns, reached
from dsrl.studies.betavae_pictures import kl_curves, sheet
from dsrl.studies.image_sets import GENERATED, data_of, settings_of
from perception.betavae import BetaVAEConfig, FactorTraining
from perception.betavae.training import LEVELS
from perception.factors import FactorData

METHOD = "factor-generator"
STARTS = 0.5  # nats: a factor that tells more than this is told


def study_factors(
    path: Path, data: str, config: BetaVAEConfig, **how: Unpack[How]
) -> list[dict[str, Any]]:
    """Trains, and writes order.csv, factors.png and drawn.png beside the run's files; returns the
    rows.

    Raises as `train_model_run` does; ValueError where no factors are known of the data, or the
    objective has no capacity.
    """
    if config.beta is not None:
        raise ValueError("--beta: factors are told as a capacity rises; leave it out")
    images = data_of(data, how.get("show", True))
    if not isinstance(images, FactorData):
        known = ", ".join(GENERATED)
        raise ValueError(
            f"--data {data}: no factors are known of it; give {known}, or the archive of "
            "dSprites (.npz)"
        )
    settings = {"method": METHOD, **settings_of(data, images), "model": asdict(config)}
    directory = train_model_run(
        path, settings, lambda device: FactorTraining(config, images, device),
        config.iterations, columns, **how,
    )  # fmt: skip
    reached(directory)  # warns
    return report(directory, images)


def report(directory: RunDir, data: FactorData) -> list[dict[str, Any]]:
    """At which capacity each factor begins to be told, and how much of it is at the end."""
    rows = history(directory)
    found = []
    for number, name in enumerate(data.factor_names):
        told = rows[f"kl_{number}"]
        lasting = np.flatnonzero(told <= STARTS)  # told from after the last time that it was not
        told_then = rows["capacity"][lasting[-1] + 1 if len(lasting) else 0 :]
        found.append({
            "factor": name,
            "told_from_nats": round(float(told_then[0]), 2) if len(told_then) else "",
            "told_at_the_end_nats": round(float(told[-5:].mean()), 3),
        })  # fmt: skip
    write_atomic(directory.path / "order.csv", csv_bytes(found))
    figure = kl_curves(rows, "factor", data.factor_names)
    write_atomic(directory.path / "factors.png", png(figure))
    write_atomic(directory.path / "drawn.png", png(drawn_sheet(directory)))
    return found


def drawn_sheet(directory: RunDir) -> Figure:
    """Images, and what was drawn of their factors at higher and higher capacities."""
    state, settings = newest_state(directory), directory.config["model"]
    start, end = FactorTraining.start, settings["capacity"]
    levels = [start + (end - start) * (i + 1) / LEVELS for i in range(len(state["drawn"]))]
    labels = ["images", *(f"{level:.1f} nats" for level in levels)]
    return sheet([state["shown"], *state["drawn"]], labels, "drawn from the true factors")
