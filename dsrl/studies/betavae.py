"""Runs of the capacity-controlled beta-VAE: its training, what came of it."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, Unpack

from dsrl.progress import counted
from dsrl.runs.model_run import How, history, newest_state, train_model_run
from dsrl.runs.rundir import RunDir, RunError
from dsrl.studies.image_sets import data_of, data_of_run, settings_of
from perception.betavae import BetaVAE, BetaVAEConfig, BetaVAETraining
from perception.betavae.training import Images, Measured
from perception.factors import FactorData
from perception.factors.images import ImageFolder
from perception.torch_state import load_arrays

METHOD = "betavae"
NEAR = 0.03  # of C: a KL that far off has not kept to it
LATEST = 0.1  # of the iterations: what a run without a capacity reached is measured over them
REACHED = ("nll", "kl", "capacity")


class Trained(NamedTuple):
    """A run with its model."""

    directory: RunDir
    model: BetaVAE
    data: Images
    iteration: int


def train(path: Path, data: str, config: BetaVAEConfig, **how: Unpack[How]) -> RunDir:
    """Trains in a run directory; raises as `train_model_run` and `data_of` do."""
    images = data_of(data, how.get("show", True))
    settings = {"method": METHOD, **settings_of(data, images), "model": asdict(config)}
    if isinstance(images, ImageFolder) and not path.exists():
        with counted("looking at the images", how.get("show", True)) as progress:
            images.check(progress)
    return train_model_run(
        path, settings, lambda device: BetaVAETraining(config, images, device),
        config.iterations, columns, **how,
    )  # fmt: skip


def columns(measured: Measured) -> dict[str, float]:
    """Reconstruction, code, capacity if there is one, and the code by latent, in nats."""
    allowed = {} if measured.capacity is None else {"capacity": measured.capacity}
    by_latent = {f"kl_{k}": float(value) for k, value in enumerate(measured.kl)}
    return {"nll": measured.nll, "kl": float(measured.kl.sum()), **allowed, **by_latent}


def load(path: str | Path) -> Trained:
    """The model of a run's newest checkpoint. Raises RunError where there is no such run, or its
    images are gone or others now."""
    directory = RunDir.open(path)
    config = directory.config
    if config.get("method") != METHOD:
        raise RunError(f"{path} is a run of the method {config.get('method')!r}, not {METHOD!r}")
    data, state = data_of_run(directory), newest_state(directory)
    model = BetaVAE(data.observation_shape, config["model"]["latents"])
    load_arrays(model, state["weights"])
    return Trained(directory, model, data, int(state["iteration"]))


def reached(directory: RunDir) -> dict[str, float]:
    """How many iterations were done, and reconstruction, code and capacity, in nats: means since
    the capacity stands still, or over the last tenth where there is none. Of the code also the
    least and most in a row of the metrics. Warns where the capacity was missed."""
    rows = history(directory)
    last = rows["iteration"] > (1 - LATEST) * rows["iteration"][-1]
    if "capacity" in rows:
        last = rows["capacity"] == rows["capacity"][-1]
    found = {name: float(rows[name][last].mean()) for name in REACHED if name in rows}
    found |= {"kl_least": float(rows["kl"][last].min()), "kl_most": float(rows["kl"][last].max())}
    kl, capacity = found["kl"], found.get("capacity", 0.0)  # of runs with beta there is none
    if capacity > 0 and abs(kl - capacity) > NEAR * capacity:
        warnings.warn(
            f"the code tells {kl:.2f} nats where it was to tell {capacity:.2f}: train longer, or "
            f"raise gamma (now {directory.config['model']['gamma']:g}); images may not hold as "
            "much",
            stacklevel=2,
        )
    return {"iterations": int(rows["iteration"][-1])} | found


def summary(directory: RunDir) -> dict[str, Any]:
    """What a run came to, as `reached` says it."""
    found = {name: round(value, 3) for name, value in reached(directory).items()}
    return {"run": directory.path.name, **found}


def factor_data(trained: Trained) -> FactorData:
    """The run's data, if its factors are known. Raises RunError else."""
    if not isinstance(trained.data, FactorData):
        raise RunError(
            f"{trained.directory.path} was trained on {trained.directory.config['data']}, of which "
            "no factors are known: there is nothing to measure it by"
        )
    return trained.data
