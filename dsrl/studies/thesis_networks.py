"""The networks of the study in files: weights, settings, and the losses of every epoch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from perception.files import read_arrays, write_arrays
from perception.models.gaussian import GaussianVAE, build_gaussian
from perception.models.gaussian_config import GaussianConfig
from perception.torch_state import arrays_of, load_arrays
from perception.training.fitting import Epoch


class Network(NamedTuple):
    """A trained network; `history` has for each epoch its updates and validation nats."""

    model: GaussianVAE
    history: list[dict[str, Any]]


def network_file(folder: Path, game: str, method: str, beta: str, seed: str) -> Path:
    """Where the network of a job is kept."""
    return folder / "networks" / f"{game}-{method}-b{beta or '0'}-s{seed}.safetensors"


def save_network(file: Path, model: GaussianVAE, epochs: Sequence[Epoch]) -> None:
    """Written whole or not at all."""
    history = [{"updates": e.updates, **e.validation._asdict()} for e in epochs]
    values = {"latent": model.config.to_json(), "history": history}
    write_arrays(file, arrays_of(model), values)


def load_network(file: Path) -> Network:
    """The inverse. FileNotFoundError, or ValueError where the file is altered or foreign."""
    arrays, values = read_arrays(file)
    if "latent" not in values:
        raise ValueError(f"{file} holds no network of the study")
    model = build_gaussian(GaussianConfig.from_json(values["latent"]), 0)
    load_arrays(model, arrays)
    model.eval()
    return Network(model, values["history"])
