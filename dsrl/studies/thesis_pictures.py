"""The figures of thesis chapter 6 from the study's networks: one sheet a game and method.

A row a beta; in it, from left to right: a frame of held-out play, its reconstruction, its latent
filters, the filters' mean over play, the best of ten draws from the prior, the Markov chain from
the frame after 1 and after 50 steps, and reconstructions under noise on the latents.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import matplotlib.pyplot as plt
import numpy as np
import torch

from dsrl.reports.plots import png
from dsrl.runs.files import write_atomic
from dsrl.studies.plays import RANDOM, load
from dsrl.studies.thesis_methods import METHODS
from dsrl.studies.thesis_networks import Network, load_network, network_file
from dsrl.studies.thesis_probes import Probed, maps
from dsrl.studies.thesis_study import SCORED_SEED, TABLE, play_file
from perception.png import encode_png

STRIP = 12  # pixels: height of a label
STEPS = (1, 50)  # of the Markov chain
NOISES = (0.5, 2.0)  # standard deviations
MEAN_FRAMES = 200
SHOWN = 2 / 3  # of the play, how far in the frame lies that is shown


def draw_all(study: Path, out: Path, scale: float = 0.75) -> list[Path]:
    """Sheets and curves of all networks that `study` holds, as PNG files in `out`.

    Raises FileNotFoundError where there is no study, ValueError where it holds no network.
    """
    networks = _networks(study)
    if not networks:
        raise ValueError(f"{study} holds no networks: run `dsrl study perception --out {study}`")
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for game in dict.fromkeys(game for game, *_ in networks):
        frames = load(play_file(study, game, RANDOM, SCORED_SEED)).frames
        mine = {key[1:]: network for key, network in networks.items() if key[0] == game}
        for method in dict.fromkeys(method for method, _ in mine):
            by_beta = {beta: network for (name, beta), network in mine.items() if name == method}
            files.append(out / f"{game}-{method}.png")
            write_atomic(files[-1], encode_png(shrunk(sheet(by_beta, frames), scale)))
        files.append(out / f"{game}-losses.png")
        write_atomic(files[-1], curves(mine))
    return files


def _networks(study: Path) -> dict[tuple[str, str, str], Network]:
    """The first seed's, by game, method and beta, in the order of the methods."""
    with (study / TABLE).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["seed"] == "0" and not row["failed"]]
    keys = dict.fromkeys(
        (r["game"], r["method"], r["beta"]) for r in rows if r["method"] in METHODS
    )
    found = {key: network_file(study, *key, "0") for key in keys}
    return {key: load_network(file) for key, file in found.items() if file.exists()}


def sheet(by_beta: Mapping[str, Network], frames: np.ndarray) -> np.ndarray:
    """A row for each beta, of (F, H, W, 3) uint8 frames of play, RGB."""
    rows = [_row(beta, network, frames) for beta, network in by_beta.items()]
    return np.concatenate(rows)


def _row(beta: str, network: Network, frames: np.ndarray) -> np.ndarray:
    probed = Probed(network.model, frames.shape[1:])
    frame = frames[int(SHOWN * (len(frames) - 1))]
    height, width = frame.shape[:2]
    noise = torch.Generator().manual_seed(0)
    every = frames[:: max(1, len(frames) // MEAN_FRAMES)]
    tiles = {
        f"original (beta {beta or 0})": frame,
        "reconstruction": probed.reconstruct(frame),
        "latent filters": maps(probed.code(frame)[0].numpy(), height, width),
        "mean activations": maps(probed.mean_activation(every), height, width),
        "prior, best of 10": probed.draw(probed.prior(noise)),
    }
    tiles |= {f"chain, step {n}": probed.chain(frame, n, noise) for n in STEPS}
    tiles |= {f"noise sd {sd:g}": probed.noisy(frame, sd, noise) for sd in NOISES}
    return np.concatenate([_labelled(tile, text) for text, tile in tiles.items()], axis=1)


def _labelled(picture: np.ndarray, text: str) -> np.ndarray:
    """The picture with a line of text over it and a margin."""
    above = np.zeros((STRIP, picture.shape[1], 3), np.uint8)
    place = (2, STRIP - 3)
    cv2.putText(above, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.34, (255,) * 3, 1, cv2.LINE_AA)
    return np.pad(np.concatenate([above, picture]), ((0, 3), (0, 3), (0, 0)))


def shrunk(picture: np.ndarray, scale: float) -> np.ndarray:
    """(H, W, 3) uint8 at a scale of at most 1: each pixel the mean of those it covers."""
    size = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(size)


def curves(networks: Mapping[tuple[str, str], Network]) -> bytes:
    """PNG: cross entropy over training by method, and cross entropy against KL at the end (6.9)."""
    figure, (over, against) = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
    native = {key: n for key, n in networks.items() if n.model.config.side is None}
    native = {key: n for key, n in native.items() if n.model.config.colour == "rgb"}
    for number, method in enumerate(dict.fromkeys(method for method, _ in native)):
        mine = {beta: n.history for (name, beta), n in native.items() if name == method}
        colour, line = f"C{number % 10}", "-" if number < 10 else "--"
        first = next(iter(mine.values()))
        _plot(over, first, "updates", line, colour, method)
        ends: Sequence[dict[str, float]] = [min(h, key=lambda e: e["loss"]) for h in mine.values()]
        _plot(against, ends, "kl", "o" + line, colour, method)
    over.set(
        xlabel="updates", ylabel="BCE, nats a frame", title="validation, first beta", yscale="log"
    )
    against.set(xlabel="KL, nats a frame", ylabel="BCE, nats a frame", title="at the end, by beta")
    against.set_xscale("symlog")
    if native:
        against.legend(fontsize="x-small")
    return png(figure, dpi=90)


def _plot(
    axis: plt.Axes,
    points: Sequence[Mapping[str, float]],
    against: str,
    line: str,
    colour: str,
    label: str,
) -> None:
    x, y = [p[against] for p in points], [p["bce"] for p in points]
    axis.plot(x, y, line, color=colour, lw=1, ms=4, label=label)
