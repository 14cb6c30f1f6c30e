"""Fitting an autoencoder with the training habits of thesis 4.6, as one small loop.

Adam; the learning rate falls a little each epoch (annealing) and once more where the validation
loss stands still (reduce on plateau); training ends early where it goes on standing still. The
best and the last weights are kept, on disk too if wanted, and TensorBoard is told of each epoch.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau
from torch.utils.tensorboard import SummaryWriter

from perception.files import read_arrays, write_arrays
from perception.models.autoencoders import Autoencoder, Terms
from perception.models.images import to_images, to_unit
from perception.torch_state import load_arrays

EVALUATION_BATCH = 128
SHOWN = 16  # validation images that TensorBoard shows beside their reconstructions
BEST, LAST = "best.safetensors", "last.safetensors"
Progress = Callable[[int, int, str], None]
State = dict[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class FittingConfig:
    """Batch size and learning rate are those of thesis 3.1; 4.6 names the rest without numbers."""

    epochs: int = 15
    updates_per_epoch: int | None = None  # None: each training image once
    batch_size: int = 1
    learning_rate: float = 1e-4
    annealing: float = 0.97  # factor on the learning rate after every epoch
    plateau_epochs: int = 2  # without a better validation loss, until the rate is reduced
    plateau_factor: float = 0.5
    patience_epochs: int = 5  # without a better validation loss, until training stops
    least_gain_nats: float = 0.0  # by which the validation loss must fall to count as better

    def __post_init__(self) -> None:
        counts = ("epochs", "updates_per_epoch", "batch_size", "plateau_epochs", "patience_epochs")
        for name in counts:
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("annealing", "plateau_factor"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")
        if not self.least_gain_nats >= 0:
            raise ValueError(f"least_gain_nats must be at least 0, got {self.least_gain_nats}")
        if self.plateau_factor == 1:
            raise ValueError("plateau_factor must be below 1: 1 reduces nothing")


class Scores(NamedTuple):
    """Nats per image."""

    loss: float
    bce: float
    kl: float


class Epoch(NamedTuple):
    """`train` is the mean while the weights moved, `validation` is of the weights at the end."""

    number: int  # from 1
    updates: int  # so far
    learning_rate: float
    train: Scores
    validation: Scores


def fit(
    model: Autoencoder,
    train: np.ndarray,
    validation: np.ndarray,
    config: FittingConfig,
    seed: int,
    *,
    checkpoints: Path | None = None,
    log: Path | None = None,
    progress: Progress | None = None,
) -> list[Epoch]:
    """Train `model` in place on (N, H, W, C) uint8 images; it ends with its best weights.

    Best is lowest in validation loss. `checkpoints` gets `best.safetensors` and
    `last.safetensors`, `log` TensorBoard's events; `progress(done, total, note)` counts epochs.
    Deterministic given `seed` and torch's thread count. Raises ValueError for images of a wrong
    kind, FloatingPointError where the loss is no longer finite: the model then has the weights
    from the end of the last good epoch, and so has `last.safetensors`.
    """
    _check(train, validation)
    kept = _Kept(model, checkpoints)
    epochs: list[Epoch] = []
    with nullcontext() if log is None else SummaryWriter(str(log)) as writer:
        try:
            for epoch in _epochs(model, train, validation, config, seed):
                epochs.append(epoch)
                kept.keep(epoch, config)
                if writer is not None:
                    _record(writer, epoch, model, validation[:SHOWN])
                if progress is not None:
                    note = f"validation loss {epoch.validation.loss:.2f} nats an image"
                    progress(epoch.number, config.epochs, note)
                if epoch.number - kept.gain_epoch >= config.patience_epochs:
                    break
        except FloatingPointError as error:
            model.load_state_dict(kept.last)
            raise FloatingPointError(
                f"{error}: {kept.describe()}; lower learning_rate (now {config.learning_rate:g})"
            ) from error
    model.load_state_dict(kept.best)
    model.eval()
    return epochs


def evaluate(model: Autoencoder, images: np.ndarray) -> Scores:
    """Mean scores over (N, H, W, C) uint8 images, N at least 1.

    A variational model samples one latent per image with the same noise at every call, so that
    two epochs differ by their weights alone.
    """
    model.eval()
    noise = torch.Generator().manual_seed(0)
    total = torch.zeros(3, dtype=torch.float64)
    with torch.no_grad():
        for start in range(0, len(images), EVALUATION_BATCH):
            batch = images[start : start + EVALUATION_BATCH]
            total += len(batch) * _numbers(model.terms(to_unit(batch), noise))
    return Scores(*(total / len(images)).tolist())


def reconstructions(model: Autoencoder, images: np.ndarray) -> np.ndarray:
    """Each (N, H, W, C) uint8 image with its reconstruction at its right, (N, H, 2 W, C) uint8."""
    return np.concatenate([images, to_images(model.reconstruct(to_unit(images)))], axis=2)


def load_weights(model: Autoencoder, path: Path) -> dict[str, Any]:
    """Put the weights of a checkpoint into `model`; what `fit` noted beside them.

    Raises FileNotFoundError, or ValueError where the file is altered or of another model.
    """
    arrays, values = read_arrays(path)
    try:
        load_arrays(model, arrays)
    except ValueError as error:
        raise ValueError(f"{path} does not fit {type(model).__name__}: {error}") from error
    return values


def _epochs(
    model: Autoencoder, train: np.ndarray, validation: np.ndarray, config: FittingConfig, seed: int
) -> Iterator[Epoch]:
    """Train an epoch at a time; FloatingPointError where a loss is not finite."""
    rng, noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    annealing = ExponentialLR(optimiser, config.annealing)
    plateau = ReduceLROnPlateau(
        optimiser,
        factor=config.plateau_factor,
        patience=config.plateau_epochs - 1,
        threshold=config.least_gain_nats,
        threshold_mode="abs",
    )
    passes = _batches(len(train), config, rng)
    updates = 0
    for number in range(1, config.epochs + 1):
        rate = optimiser.param_groups[0]["lr"]
        total, seen = torch.zeros(3, dtype=torch.float64), 0
        model.train()
        for chosen in next(passes):
            batch = train[chosen]
            model.advance(updates)
            terms = model.terms(to_unit(batch), noise)
            updates += 1
            _demand_finite(terms.loss.item(), f"update {updates}, in epoch {number}")
            optimiser.zero_grad(set_to_none=True)
            terms.loss.backward()
            optimiser.step()
            total += len(batch) * _numbers(terms)
            seen += len(batch)
        scores = evaluate(model, validation)
        _demand_finite(scores.loss, f"update {updates}, the last of epoch {number}")
        yield Epoch(number, updates, rate, Scores(*(total / seen).tolist()), scores)
        annealing.step()
        plateau.step(scores.loss)


def _batches(
    images: int, config: FittingConfig, rng: np.random.Generator
) -> Iterator[list[np.ndarray]]:
    """Which images each update of an epoch sees, epoch by epoch: all of them, or so many drawn."""
    while True:
        if config.updates_per_epoch is None:
            order = rng.permutation(images)
            cuts = range(config.batch_size, images, config.batch_size)
            yield np.split(order, list(cuts))
        else:
            shape = config.updates_per_epoch, config.batch_size
            yield list(rng.integers(images, size=shape))


def _demand_finite(loss: float, place: str) -> None:
    if not math.isfinite(loss):
        raise FloatingPointError(f"training diverged at {place} (loss {loss})")


def _numbers(terms: Terms) -> torch.Tensor:
    return torch.stack(terms).detach().double()


class _Kept:
    """The best and the last weights, in memory and, where a folder is given, as files."""

    def __init__(self, model: Autoencoder, folder: Path | None) -> None:
        self.model, self.folder = model, folder
        self.best_loss, self.best_epoch, self.last_epoch = math.inf, 0, 0
        self.gain_loss, self.gain_epoch = math.inf, 0  # the last that counted as better
        self.best = self.last = self._state()

    def _state(self) -> State:
        return {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def describe(self) -> str:
        if self.last_epoch == 0:
            return "the model has its first weights again, no epoch ended well"
        place = "" if self.folder is None else f" and stand in {self.folder / LAST}"
        return f"the weights after epoch {self.last_epoch} are kept{place}"

    def keep(self, epoch: Epoch, config: FittingConfig) -> None:
        self.last, self.last_epoch = self._state(), epoch.number
        better = epoch.validation.loss < self.best_loss
        if better:
            self.best_loss, self.best_epoch, self.best = (
                epoch.validation.loss, epoch.number, self.last,
            )  # fmt: skip
        if epoch.validation.loss < self.gain_loss - config.least_gain_nats:
            self.gain_loss, self.gain_epoch = epoch.validation.loss, epoch.number
        if self.folder is not None:
            arrays = {name: tensor.numpy() for name, tensor in self.last.items()}
            values = {
                "model": type(self.model).__name__,
                "epoch": epoch.number,
                "updates": epoch.updates,
                "validation": epoch.validation._asdict(),
                "fitting": asdict(config),
            }
            for name in (BEST, LAST) if better else (LAST,):
                write_arrays(self.folder / name, arrays, values)


def _record(writer: SummaryWriter, epoch: Epoch, model: Autoencoder, images: np.ndarray) -> None:
    for part in ("train", "validation"):
        for name, value in getattr(epoch, part)._asdict().items():
            writer.add_scalar(f"{part}/{name}", value, epoch.number)
    writer.add_scalar("learning_rate", epoch.learning_rate, epoch.number)
    writer.add_images(
        "reconstructions", reconstructions(model, images), epoch.number, dataformats="NHWC"
    )


def _check(train: np.ndarray, validation: np.ndarray) -> None:
    for name, images in (("train", train), ("validation", validation)):
        if images.dtype != np.uint8 or images.ndim != 4 or len(images) == 0:
            raise ValueError(
                f"{name}: expected images (N, H, W, C) uint8 with N at least 1, "
                f"got {images.shape} {images.dtype}"
            )
    if train.shape[1:] != validation.shape[1:]:
        raise ValueError(
            f"train and validation images differ in shape: {train.shape[1:]} and "
            f"{validation.shape[1:]}"
        )
