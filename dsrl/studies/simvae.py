"""Runs of SimVAE: a simulator learned and inverted, and what of it came true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import cv2
import numpy as np

from dsrl.runs.model_run import How, history, newest_state, train_model_run
from dsrl.runs.rundir import RunDir, RunError
from dsrl.studies.image_sets import (
    GENERATED,
    check_images,
    data_of_run,
    settings_of,
    sprites_of,
)
from dsrl.studies.own_simulator import is_own, own_simulator, refuse_another, source_of
from perception.factors import FactorData
from perception.factors.dsprites_file import DSpritesFile
from perception.metrics import mig
from perception.metrics.information import asked_about, discrete_where_it_is
from perception.metrics.intervention import accuracy, interventions
from perception.picture_file import read_picture
from perception.simulators import RLC, Box, Fourier, Polygon, Simulator, Sprites
from perception.simulators.circuit import characteristics
from perception.simulators.simulator import another_alike, checked_simulation
from perception.simulators.spice import SpiceRLC
from perception.simvae import SimVAE, SimVAEConfig, SimVAETraining
from perception.simvae.training import Measured, Standard, generated, infer
from perception.torch_state import load_arrays

METHOD = "simvae"
SIMULATORS: dict[str, Callable[[], Simulator]] = {
    "box": Box, "polygon": Polygon, "dsprites": Sprites, "fourier": Fourier, "rlc": RLC,
    "rlc-ngspice": SpiceRLC,
}  # fmt: skip
SAMPLES, PAIRS = 10_000, 500
VALID_F0, VALID_Q = 10_000.0, 4.0  # below which the paper compares circuits (Figure 3)
PARTS = ("unsupervised", "generator", "encoder")


class Trained(NamedTuple):
    """A run with its model and simulator."""

    directory: RunDir
    model: SimVAE
    simulator: Simulator
    standard: Standard

    def infer(self, observed: np.ndarray) -> np.ndarray:
        """(N, K) parameters read from observations, within what the simulator takes."""
        found = infer(self.model, observed, self.standard)
        return np.clip(found, self.simulator.low, self.simulator.high)  # floats may round past it

    def generate(self, parameters: np.ndarray) -> np.ndarray:
        """What the generator makes of (N, K) parameters."""
        return generated(self.model, parameters, self.standard)


def simulator_of(name: str, data: str | None = None) -> Simulator:
    """One of ours by its name, or FILE.py:Class; sprites may be those of ``data``: coloured, or
    dSprites' archive. Raises ValueError: there is no such simulator, or no such data;
    FileNotFoundError: ngspice is asked for and not installed."""
    if data is None and is_own(name):
        return own_simulator(name)
    if name not in SIMULATORS:
        raise ValueError(
            f"there is no simulator {name}: give {', '.join(SIMULATORS)}, or a class of your own "
            "as FILE.py:Class"
        )
    if data is None:
        return SIMULATORS[name]()
    if name != Sprites.name:
        raise ValueError(f"--data is for --simulator {Sprites.name}: {name} needs none")
    return Sprites(sprites_of(data))


def settings_of_sprites(simulator: Simulator) -> dict[str, Any]:
    """What a run's settings say of a simulator's images, where they come from elsewhere."""
    if not isinstance(simulator, Sprites):
        return {}
    data = simulator.data
    if isinstance(data, DSpritesFile):
        return settings_of(str(data.path), data)
    kind = type(data)
    names = [name for name, made in GENERATED.items() if made is kind]
    return {"data": (names or [kind.__name__])[0], "images": data.signature()}


def train(path: Path, simulator: Simulator, config: SimVAEConfig, **how: Unpack[How]) -> RunDir:
    """Trains in a run directory; raises as `train_model_run` does, and SimulatorError.

    A simulator of one's own is known by its name and the sum of its file: it is given again to go
    on, or to `load`.
    """
    source = source_of(simulator)
    settings = {
        "method": METHOD, "simulator": simulator.name, **settings_of_sprites(simulator),
        **({"source": source} if source else {}), "model": asdict(config),
    }  # fmt: skip
    return train_model_run(
        path, settings, lambda device: SimVAETraining(config, simulator, device),
        config.iterations, columns, **how,
    )  # fmt: skip


def columns(measured: Measured) -> dict[str, float]:
    """The discrepancy, and which part it is of."""
    return {"discrepancy": measured.discrepancy, "part": float(measured.part)}


def left(directory: RunDir) -> dict[float, float]:
    """The discrepancy at the end of each part (see `Measured`), of those long enough for a row of
    their own."""
    rows = history(directory)
    ends = dict(zip(rows["part"].tolist(), rows["discrepancy"].tolist(), strict=True))
    return {part: nats for part, nats in ends.items() if part.is_integer()}


def load(path: str | Path, simulator: Simulator | None = None) -> Trained:
    """The model of a run's newest checkpoint, with one's own simulator if it was trained on it.

    Raises RunError where there is no such run, it is of another simulator or another version of
    its file, of sprites that are others now, or of one's own simulator and that is not given.
    """
    directory = RunDir.open(path)
    if directory.config.get("method") != METHOD:
        method = directory.config.get("method")
        raise RunError(f"{path} is a run of the method {method!r}, not {METHOD!r}")
    name = directory.config["simulator"]
    if simulator is None:
        if name not in SIMULATORS:
            raise RunError(
                f"{path} was trained on a simulator of one's own, {name}: give it as --simulator "
                "FILE.py:Class, in Python to load"
            )
        if name == Sprites.name:
            simulator = Sprites(sprites_of_run(directory))
        else:
            simulator = simulator_of(name)
    if simulator.name != name:
        raise RunError(f"{path} was trained on the simulator {name}, not on {simulator.name}")
    try:
        refuse_another(directory.config, simulator)
    except ValueError as error:
        raise RunError(f"{path}: {error}") from error
    if isinstance(simulator, Sprites):
        check_images(directory, simulator.data)
    state = newest_state(directory)
    model = SimVAE(simulator)
    load_arrays(model, state["weights"])
    return Trained(directory, model, simulator, Standard(*state["standard"]))


def sprites_of_run(directory: RunDir) -> FactorData:
    """The sprites that a run was trained on. Raises RunError as `data_of_run` does."""
    data = data_of_run(directory)
    if not isinstance(data, FactorData):
        raise RunError(f"{directory.path} was trained on {directory.config['data']}: no sprites")
    return data


class Read(NamedTuple):
    """True parameters (N, K), what they look like, and what the encoder reads from that."""

    parameters: np.ndarray
    observed: np.ndarray
    inferred: np.ndarray


def read(trained: Trained, samples: int, seed: int) -> Read:
    """Observations of the simulator, read by the encoder."""
    rng = np.random.default_rng([seed, 1])  # of training's seeds none draws these
    parameters, observed = checked_simulation(trained.simulator, samples, rng)
    return Read(parameters, observed, trained.infer(observed))


def measure(
    trained: Trained, samples: int = SAMPLES, seed: int = 0, leave_out: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Accuracy and disentanglement apart, and MIG beside that of the true parameters.

    Parameters to ``leave_out`` are not asked about by MIG. For circuits also slope and R^2 of f0
    and Q, within the paper's limits.
    """
    found = read(trained, samples, seed)
    kept = asked_about(trained.simulator.parameter_names, leave_out)
    rng = np.random.default_rng([seed, 2])
    true = another_alike(trained.simulator, found.parameters, rng)
    again = trained.simulator.simulate(found.inferred)
    intervened = interventions(trained.simulator, trained.infer, PAIRS, rng)
    asked = discrete_where_it_is(found.parameters)[:, kept]
    row = {
        "run": trained.directory.path.name, "simulator": trained.simulator.name,
        "samples": samples, "seed": seed,
        "mig": round(mig(found.inferred, asked).score, 4),
        "mig_of_the_true": round(mig(true, asked).score, 4),
        "accuracy": round(accuracy(found.observed, again), 4),
        "accuracy_of_generator": round(
            accuracy(found.observed, trained.generate(found.parameters)), 4
        ),
        "disentanglement": round(intervened.score, 4),
        "unsteady": round(float(intervened.unsteady.max()), 4), "pairs": intervened.pairs,
    }  # fmt: skip
    if isinstance(trained.simulator, RLC):
        row |= circuit_fit(found)
    return row


def circuit_fit(found: Read) -> dict[str, float]:
    """Slope and R^2 of the f0 and Q that were read over the true ones, where these are in the
    paper's limits (Figure 3)."""
    f0, quality = characteristics(found.parameters)
    valid = (f0 < VALID_F0) & (quality < VALID_Q)
    row = {}
    for name, true, inferred in zip(
        ("f0", "q"), (f0, quality), characteristics(found.inferred), strict=True
    ):
        x, y = true[valid], inferred[valid]
        slope = float(np.polyfit(x, y, 1)[0])
        row[f"{name}_slope"] = round(slope, 4)
        row[f"{name}_r2"] = round(float(np.corrcoef(x, y)[0, 1] ** 2), 4)
    return row


def drawn_by_hand(simulator: Simulator, image: Path) -> np.ndarray:
    """A drawing of one's own as one observation (1, H, W, C), scaled to what the simulator draws.

    Raises ValueError where the file is no image, or the simulator draws none.
    """
    shape = simulator.observation_shape
    if len(shape) != 3:
        raise ValueError(f"the simulator {simulator.name} draws no images")
    if not image.is_file():
        raise ValueError(f"{image}: there is no such file")
    drawing = read_picture(image)
    if shape[2] == 1:
        drawing = cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY)
    scaled = cv2.resize(drawing, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(scaled, np.uint8).reshape(1, *shape)
