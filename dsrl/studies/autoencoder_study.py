"""The autoencoders of thesis chapter 3 side by side: a table, pictures, weights, TensorBoard.

Reconstruction is compared in nats per image: binary cross-entropy, summed over pixels. Grey pixels
cost nats however well they are drawn, so two controls, which learn nothing, stand in the same
table: a perfect copy, below which nothing can fall, and the mean training image. A VAE's figures
are of one sample of the posterior for each image, its pictures of the posterior mean.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.stats import norm

from dsrl.runs.files import csv_bytes, write_atomic
from perception.digits import DataSet, load_digits
from perception.models.autoencoders import (
    Autoencoder,
    DenseAutoencoder,
    DenseVAE,
    FullyConvolutionalAutoencoder,
    ImageShape,
    build_autoencoder,
)
from perception.models.gaussian_losses import bernoulli_nll, elementwise_kl
from perception.models.images import to_images, to_unit
from perception.png import encode_png
from perception.training.fitting import (
    FittingConfig,
    Progress,
    evaluate,
    fit,
    reconstructions,
)
from perception.training.mnist import mnist_sample

TABLE = "autoencoders.csv"
COLUMNS = (
    "method", "data_set", "beta", "train_images", "validation_images", "batch_size",
    "learning_rate", "epochs", "best_epoch", "train_bce_nats", "validation_bce_nats",
    "validation_kl_nats", "thesis_on_mnist_nats", "seconds", "seed",
)  # fmt: skip
DIGITS_FITTING = FittingConfig()  # the thesis's
FRAMES_FITTING = FittingConfig(epochs=40, batch_size=32, learning_rate=1e-3)
VALIDATION_SHARE = 0.2  # of the frames: the last of them
PAIRS, PAIR_COLUMNS = 25, 5  # shown of each method; columns as in Figures 3.3 and 3.5
MAP_SIDE = 15  # pictures a side of the plane of 2 latents
VALUES = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
TRAVERSED = 6  # latents, those with most nats
GAP, GAP_GREY = 2, 96  # pixels between pictures
SHEET_TILE = 84  # pixels: pictures are enlarged to about this height


class Method(NamedTuple):
    name: str
    make: Callable[[ImageShape], Autoencoder]
    thesis_on_mnist: float | None = None  # published validation score, after 15 epochs


def study_autoencoders(
    out: Path,
    *,
    beta: float,
    seed: int,
    mnist: Path | None = None,
    sample: bool = False,
    frames: Mapping[str, np.ndarray] | None = None,
    fitting: FittingConfig = DIGITS_FITTING,
    frames_fitting: FittingConfig = FRAMES_FITTING,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Train the five on digits, the dense VAE on sets of `frames` too; the rows of the table.

    `beta` is the beta-VAE's. Digits are MNIST's from the folder `mnist`, the 5,000 of its `sample`,
    or scikit-learn's. Frames, by the name of their set, are (N, H, W, 1 or 3) uint8 in the order
    they were played: the last fifth validates, since neighbours are nearly alike. The new folder
    `out` gets `autoencoders.csv`, rewritten after each method, `pictures/`, `weights/` and
    `tensorboard/`. `progress` counts epochs of one method.

    Raises FileExistsError where `out` exists, FileNotFoundError or ValueError for a bad input
    (before `out` is made), FloatingPointError where a loss diverges (what is done remains).
    """
    if out.exists():
        raise FileExistsError(f"{out} exists: remove it or name another folder")
    digits = mnist_sample(seed) if sample else load_digits(mnist, seed)
    small = digit_methods(beta)
    plan = [(digits, method, fitting) for method in small]
    for name, each in (frames or {}).items():
        plan.append((frame_set(name, each), vae("dense VAE", beta=1.0), frames_fitting))
    rows: list[dict[str, Any]] = []
    out.mkdir(parents=True)
    for data, method, config in plan:
        if data.name not in {row["data_set"] for row in rows}:
            rows += controls(data)
        rows.append(_train(out, data, method, config, seed, progress))
        write_atomic(out / TABLE, csv_bytes(rows, COLUMNS))
    return rows


def digit_methods(beta: float) -> list[Method]:
    """Those of chapter 3; ValueError for a beta that is no weight."""
    beta_vae = vae("dense beta-VAE", beta)
    beta_vae.make((1, 1, 1))  # refuses a bad beta now, not after three trainings
    return [
        Method("dense autoencoder", DenseAutoencoder, 71.94),  # Table 3.1
        Method("conv autoencoder", lambda _: FullyConvolutionalAutoencoder(), 64.89),  # Table 3.2
        vae("dense VAE", beta=1.0),
        vae("dense VAE of 2 latents", beta=1.0, latents=2),  # Figures 3.8 to 3.10
        beta_vae,
    ]


def vae(name: str, beta: float, latents: int = 32) -> Method:
    """A dense VAE of any image."""
    return Method(name, lambda image: DenseVAE(image, beta=beta, latents=latents))


def frame_set(name: str, frames: np.ndarray) -> DataSet:
    """Frames in the order they were played, divided in time; ValueError where they are none."""
    shape, kind = frames.shape, frames.dtype
    if kind != np.uint8 or len(shape) != 4 or shape[3] not in (1, 3) or shape[0] < 2:
        raise ValueError(f"frames: expected 2 or more, (N, H, W, 1 or 3) uint8, got {shape} {kind}")
    train = len(frames) - max(1, round(VALIDATION_SHARE * len(frames)))
    return DataSet(name, frames[:train], frames[train:])


def controls(data: DataSet) -> list[dict[str, Any]]:
    """Rows of a perfect copy (the pixels' own entropy) and of the mean training image."""
    mean = (data.train.sum(axis=0, dtype=np.float64) / 255 + 0.5) / (len(data.train) + 1)
    logits = torch.logit(torch.from_numpy(mean).float()).permute(2, 0, 1)[None]

    def mean_image(x_BCHW: torch.Tensor) -> torch.Tensor:
        return bernoulli_nll(logits.expand_as(x_BCHW), x_BCHW) * len(x_BCHW)

    rows = []
    for name, nats in (("perfect copy", _entropy), ("mean image", mean_image)):
        train, validation = (round(_mean(nats, part), 2) for part in (data.train, data.validation))
        scores = {"train_bce_nats": train, "validation_bce_nats": validation}
        rows.append(_row(f"control: {name}", data, **scores))
    return rows


def _entropy(x_BCHW: torch.Tensor) -> torch.Tensor:
    """Nats of pixels drawn with their own probabilities: the least that bernoulli_nll can be."""
    return (torch.special.entr(x_BCHW) + torch.special.entr(1 - x_BCHW)).sum()


def _mean(nats: Callable[[torch.Tensor], torch.Tensor], images: np.ndarray) -> float:
    batches = np.array_split(images, -(-len(images) // 128))
    return sum(nats(to_unit(batch)).item() for batch in batches) / len(images)


def _train(
    out: Path,
    data: DataSet,
    method: Method,
    config: FittingConfig,
    seed: int,
    progress: Progress | None,
) -> dict[str, Any]:
    """Train one method on one set, draw what it learned; its row, of its best weights."""
    rows, columns, channels = data.train.shape[1:]
    model = build_autoencoder(lambda: method.make((channels, rows, columns)), seed)
    name = f"{data.name} {method.name}".replace(" ", "-").lower()
    folders = {"checkpoints": out / "weights" / name, "log": out / "tensorboard" / name}
    began = time.perf_counter()
    epochs = fit(model, data.train, data.validation, config, seed, progress=progress, **folders)
    seconds = time.perf_counter() - began
    _draw(out / "pictures", name, model, data.validation, seed)
    best = min(epochs, key=lambda epoch: epoch.validation.loss)
    variational = isinstance(model, DenseVAE)
    return _row(
        method.name,
        data,
        beta=model.beta if variational else None,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        epochs=len(epochs),
        best_epoch=best.number,
        train_bce_nats=round(evaluate(model, data.train).bce, 2),
        validation_bce_nats=round(best.validation.bce, 2),
        validation_kl_nats=round(best.validation.kl, 2) if variational else None,
        thesis_on_mnist_nats=method.thesis_on_mnist,
        seconds=round(seconds, 1),
        seed=seed,
    )


def _row(method: str, data: DataSet, **values: Any) -> dict[str, Any]:
    """A row of the table; what `values` leaves out stays empty."""
    sizes = {"train_images": len(data.train), "validation_images": len(data.validation)}
    known = {"method": method, "data_set": data.name, **sizes, **values}
    return {column: known.get(column) for column in COLUMNS}


def _draw(folder: Path, name: str, model: Autoencoder, images: np.ndarray, seed: int) -> None:
    """Originals with their reconstructions at their right, and what a VAE draws from the prior."""
    folder.mkdir(exist_ok=True)
    shown = np.linspace(0, len(images) - 1, min(PAIRS, len(images))).round().astype(int)
    pairs = reconstructions(model, images[shown])
    write_atomic(folder / f"{name}-reconstructions.png", encode_png(tiled(pairs, PAIR_COLUMNS)))
    if isinstance(model, DenseVAE):
        drawn = to_images(model.sample(2 * PAIRS, torch.Generator().manual_seed(seed)))
        write_atomic(folder / f"{name}-prior.png", encode_png(tiled(drawn, 2 * PAIR_COLUMNS)))
        if model.latents == 2:
            picture = tiled(plane(model), MAP_SIDE)
            write_atomic(folder / f"{name}-map.png", encode_png(picture))
        else:
            picture = tiled(traversals(model, images), len(VALUES))
            write_atomic(folder / f"{name}-traversals.png", encode_png(picture))


def plane(model: DenseVAE) -> np.ndarray:
    """What is drawn at the quantiles of the prior of 2 latents, row by row (Figure 3.10)."""
    at = norm.ppf((np.arange(MAP_SIDE) + 0.5) / MAP_SIDE)
    z = torch.tensor([(y, x) for y in at for x in at], dtype=torch.float32)
    with torch.no_grad():
        return to_images(torch.sigmoid(model.decode(z[:, :, None, None])))


def traversals(model: DenseVAE, images: np.ndarray) -> np.ndarray:
    """The image in the middle with each of the latents that say most set to `VALUES` (6.1)."""
    with torch.no_grad():
        mu, logvar = model.posterior(to_unit(images[:: max(1, len(images) // 100)]))
        nats = elementwise_kl(mu, logvar).mean(dim=0).flatten()
        z = model.encode(to_unit(images[len(images) // 2][None]))
        rows = []
        for latent in nats.argsort(descending=True)[:TRAVERSED].tolist():
            changed = z.repeat(len(VALUES), 1, 1, 1)
            changed[:, latent, 0, 0] = torch.tensor(VALUES)
            rows.append(torch.sigmoid(model.decode(changed)))
    return to_images(torch.cat(rows))


def tiled(images: np.ndarray, columns: int) -> np.ndarray:
    """(N, H, W, 1 or 3) uint8 pictures on one RGB sheet, row by row, small ones enlarged."""
    images = np.broadcast_to(images, (*images.shape[:3], 3))
    scale = max(1, SHEET_TILE // images.shape[1])
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    pitch_y, pitch_x = height + GAP, width + GAP
    sheet = np.full((rows * pitch_y - GAP, columns * pitch_x - GAP, 3), GAP_GREY, np.uint8)
    for number, image in enumerate(images):
        y, x = number // columns * pitch_y, number % columns * pitch_x
        sheet[y : y + height, x : x + width] = image
    return sheet
