"""Pictures of beta-VAE runs: what latents draw (Figures 2 and 4 of Burgess et al. 2018), how much
each tells as the capacity rises, and the same for true factors (Figure 3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

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
from perception.factors import FactorData
from perception.metrics import mutual_information_matrix

STEPS, SAMPLES = 11, 2048
INFORMING = 5000  # images of the heat map
SEED = 10  # of the images that are shown
SILENT = 0.01  # nats: a latent that tells less is shown as silent


class HeatMap(NamedTuple):
    """A matrix of shares (rows, columns), with its title and the labels of its rows."""

    title: str
    rows: Sequence[str]
    shares: np.ndarray | Sequence[Sequence[float]]


class Traversed(NamedTuple):
    """The pictures that were written, and what each latent tells, nats an image."""

    pictures: list[Path]
    told: np.ndarray  # (L,)


def traverse(trained: Trained, out: Path) -> Traversed:
    """Writes traversals.png and kl.png to ``out``, and information.png where the factors of the
    data are known."""
    rng = np.random.default_rng(SEED)
    images = trained.data.images(rng.integers(0, len(trained.data), SAMPLES))
    told = kl_by_latent(*encode(trained.model, images)).numpy()
    order = np.argsort(-told, kind="stable")
    files = {
        "traversals.png": traversal_sheet(trained, images[:STEPS], told, order),
        "kl.png": kl_curves(history(trained.directory), "latent", ()),
    }
    if isinstance(trained.data, FactorData):
        files["information.png"] = heat_maps(*informing(trained, trained.data, order))
    out.mkdir(parents=True, exist_ok=True)
    for name, figure in files.items():
        write_atomic(out / name, png(figure))
    return Traversed([out / name for name in files], told)


def traversal_sheet(
    trained: Trained, images: np.ndarray, told: np.ndarray, order: np.ndarray
) -> Figure:
    """Samples, their reconstructions, then each latent of the first, in this order."""
    rows = [
        images, reconstructions(trained.model, images),
        *traversals(trained.model, images[0], order, len(images)),
    ]  # fmt: skip
    labels = ["samples", "drawn again"]
    labels += [f"latent {k}: {told[k]:.2f} nats" for k in order.tolist()]
    title = f"{trained.directory.path.name}: each latent from -{REACH:g} to {REACH:g}"
    return sheet(rows, labels, title)


def informing(
    trained: Trained, data: FactorData, order: np.ndarray
) -> tuple[list[HeatMap], Sequence[str], str]:
    """What each latent tells of each factor, in this order, beside the factors' own; what
    `heat_maps` draws."""
    factors, images = data.sample(INFORMING, np.random.default_rng(SEED))
    codes = encode(trained.model, images).mu.numpy()[:, order]
    maps = [
        HeatMap("as read", [f"latent {k}" for k in order.tolist()],
                mutual_information_matrix(codes, factors)),
        HeatMap("true", data.factor_names, mutual_information_matrix(factors, factors)),
    ]  # fmt: skip
    return maps, data.factor_names, trained.directory.path.name


def heat_maps(maps: Sequence[HeatMap], columns: Sequence[str], title: str) -> Figure:
    """Maps of what the rows tell of the columns, beside each other."""
    rows = max(len(each.rows) for each in maps)
    side, high = (max(3.6, 0.5 * number + 1) for number in (len(columns), rows))
    figure, axes = plt.subplots(
        1, len(maps), figsize=(side * len(maps) + 1, high), layout="constrained", squeeze=False
    )
    for axis, each in zip(axes[0], maps, strict=True):
        image = axis.imshow(each.shares, vmin=0, vmax=1, cmap="viridis")
        axis.set_xticks(range(len(columns)), columns, rotation=90)
        axis.set_yticks(range(len(each.rows)), each.rows)
        axis.set(title=each.title, xlabel="factor", ylabel="code")
    figure.colorbar(image, ax=axes, label="share of the entropy")
    figure.suptitle(title)
    return figure


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
    """What each latent tells, and all together beside the capacity, where one was given."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.2), layout="constrained")
    allowed = rows.get("capacity")
    if allowed is not None:
        left.plot(rows["iteration"], allowed, color="black", ls="--", label="capacity")
    left.plot(rows["iteration"], rows["kl"], color="C3", label="told by all")
    left.set(
        xlabel="iterations", ylabel="nats", title="told" if allowed is None else "told, and allowed"
    )
    rising = allowed is not None and allowed[-1] > allowed[0]
    across = allowed if rising else rows["iteration"]
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
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize="small")
    return figure
