"""Pictures of beta-VAE runs: what latents draw (Figures 2 and 4 of Burgess et al. 2018), how much
each tells as the capacity rises, and the same for true factors (Figure 3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from dsrl.reports.plots import png
from dsrl.runs.files import write_atomic
from dsrl.runs.model_run import history
from dsrl.studies.betavae import Trained
from perception.betavae import encode
from perception.betavae.objectives import kl_by_latent
from perception.betavae.traversal import REACH, reconstructions, traversals

STEPS, SAMPLES = 11, 2048
SEED = 10  # of the images that are shown
SILENT = 0.01  # nats: a latent that tells less is shown as silent


def traverse(trained: Trained, out: Path) -> list[Path]:
    """Writes traversals.png and kl.png to ``out``; returns their paths."""
    rng = np.random.default_rng(SEED)
    images = trained.data.images(rng.integers(0, len(trained.data), SAMPLES))
    told = kl_by_latent(*encode(trained.model, images)).numpy()
    files = {
        "traversals.png": traversal_sheet(trained, images[:STEPS], told),
        "kl.png": kl_curves(history(trained.directory), "latent", ()),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, figure in files.items():
        write_atomic(out / name, png(figure))
    return [out / name for name in files]


def traversal_sheet(trained: Trained, images: np.ndarray, told: np.ndarray) -> Figure:
    """Samples, their reconstructions, then each latent of the first, the most telling first."""
    order = np.argsort(-told, kind="stable")
    rows = [
        images, reconstructions(trained.model, images),
        *traversals(trained.model, images[0], order, len(images)),
    ]  # fmt: skip
    labels = ["samples", "drawn again"]
    labels += [f"latent {k}: {told[k]:.2f} nats" for k in order.tolist()]
    title = f"{trained.directory.path.name}: each latent from -{REACH:g} to {REACH:g}"
    return sheet(rows, labels, title)


def sheet(rows: Sequence[np.ndarray], labels: Sequence[str], title: str) -> Figure:
    """Rows (N, H, W, C) of images under each other, each with its label."""
    height, width = rows[0].shape[1:3]
    picture = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
    figure, axis = plt.subplots(
        figsize=(2.2 + len(rows[0]) * 0.75, 0.5 + len(rows) * 0.75), layout="constrained"
    )
    axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
    axis.set_yticks([height * (i + 0.5) for i in range(len(rows))], labels)
    axis.set_xticks([])
    for i in range(1, len(rows)):
        axis.axhline(i * height - 0.5, color="grey", lw=0.5)
    for i in range(1, len(rows[0])):
        axis.axvline(i * width - 0.5, color="grey", lw=0.5)
    axis.set_title(title)
    return figure


def kl_curves(rows: dict[str, np.ndarray], what: str, names: Sequence[str]) -> Figure:
    """What each latent tells, and all together beside the capacity they were given."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.2), layout="constrained")
    left.plot(rows["iteration"], rows["capacity"], color="black", ls="--", label="capacity")
    left.plot(rows["iteration"], rows["kl"], color="C3", label="told by all")
    left.set(xlabel="iterations", ylabel="nats", title="told, and allowed")
    rising = rows["capacity"][-1] > rows["capacity"][0]
    across = rows["capacity"] if rising else rows["iteration"]
    singles = [name for name in rows if name.startswith("kl_")]
    for number, name in enumerate(singles):
        if rows[name][-5:].mean() > SILENT:
            label = names[number] if names else f"{what} {number}"
            right.plot(across, rows[name], label=label)
    right.set(
        xlabel="capacity, nats" if rising else "iterations", ylabel="nats",
        title=f"told by each {what} (those that tell anything)",
    )  # fmt: skip
    for axis in (left, right):
        axis.grid(alpha=0.25)
        axis.legend(fontsize="small")
    return figure
