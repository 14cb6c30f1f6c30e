"""Training of SimVAE: first the generator with the simulator as its teacher (eq. 3), then the
encoder through the generator, which stays as it is (eq. 4). Parameters are never shown to it, but
for the baseline that the paper argues against (eq. 5): an encoder that is told them.

Images are compared at several scales in step two: where things do not overlap, pixels do not say
in which direction they are apart, and a narrow box on the left stayed read as one on the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from perception.betavae.objectives import kl_by_latent
from perception.device import CPU, Precision, computing_in
from perception.models.gaussian_losses import bernoulli_nll
from perception.models.images import to_unit
from perception.simulators.simulator import Simulator, checked_simulation
from perception.simvae.networks import SimVAE
from perception.torch_state import (
    arrays_of,
    load_arrays,
    optimizer_state,
    set_optimizer_state,
)

FALLING = 0.3  # of each part, at its end: what is learned is settled by smaller steps
FIRST = 4096  # observations that say how numbers are standardised
FAINT = 1e-4  # no square is taken for surely black or white
COARSER = 4  # halvings of images: at each of these sizes too, step two compares them


Inverse = Literal["generator", "parameters"]


@dataclass(frozen=True, kw_only=True)
class SimVAEConfig:
    """4: Adam with 0.001, which we let fall at the end of each part. ``unsupervised`` iterations
    train both networks as a plain VAE before the others (5); ``sampled`` lets the generator see a
    sample of the posterior, not its mean. Where the ``inverse`` is of the "parameters", the encoder
    learns by their squared error, in units of their ranges."""

    generator_iterations: int = 10_000  # step one: learn to draw what the simulator draws
    encoder_iterations: int = 10_000  # step two: learn to read, through the frozen generator
    unsupervised: int = 0  # iterations before both, as a plain VAE
    sampled: bool = False  # whether the generator sees a sample of the posterior, not its mean
    inverse: Inverse = "generator"  # step two: through the generator (eq. 4), or told (eq. 5)
    batch_size: int = 64  # observations an iteration
    learning_rate: float = 1e-3  # Adam's
    precision: Precision = "float32"  # bfloat16 is faster where the processor knows it
    seed: int = 0  # of all chance

    def __post_init__(self) -> None:
        for name in ("generator_iterations", "encoder_iterations", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("unsupervised", "seed"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")

    @property
    def iterations(self) -> int:
        """Of all parts together."""
        return self.unsupervised + self.generator_iterations + self.encoder_iterations


class Measured(NamedTuple):
    """Of one iteration: which ``part`` it was of (0 unsupervised, 1 generator, 2 encoder), and the
    discrepancy: nats an image, or the mean squared error of standardised numbers."""

    part: int
    discrepancy: float


class Standard(NamedTuple):
    """Numbers are brought to mean 0 and standard deviation 1, each on its own."""

    mean: np.ndarray
    deviation: np.ndarray


AS_THEY_ARE = Standard(np.zeros(1), np.ones(1))  # images are not standardised


class SimVAETraining:
    """All that moves while a SimVAE is trained. Deterministic given the config's seed, the device
    and torch's thread count. Raises SimulatorError where the simulator does not keep its word."""

    def __init__(
        self, config: SimVAEConfig, simulator: Simulator, device: torch.device = CPU
    ) -> None:
        self.config, self.simulator, self._device = config, simulator, device
        self.standard = standard_of(simulator, np.random.default_rng(config.seed))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.model = SimVAE(simulator)
        self.model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        parts: list[nn.Module] = [self.model, self.model.generator, self.model.encoder]
        self._optimizers = [torch.optim.Adam(p.parameters(), config.learning_rate) for p in parts]
        self._rng = np.random.default_rng(config.seed)
        self._noise = torch.Generator().manual_seed(config.seed)
        self.iteration = 0

    @property
    def part(self) -> int:
        """Of the next iteration."""
        if self.iteration < self.config.unsupervised:
            return 0
        before_encoder = self.config.unsupervised + self.config.generator_iterations
        return 1 if self.iteration < before_encoder else 2

    def step(self) -> Measured:
        """One iteration on a batch that the simulator makes.

        Raises:
            FloatingPointError: the loss is no longer finite.
        """
        part, model = self.part, self.model
        parameters, observed = checked_simulation(self.simulator, self.config.batch_size, self._rng)
        x = as_input(observed, self.standard).to(self._device)
        model.generator.train(part < 2)  # in the encoder's part it is what it will be used as
        model.generator.requires_grad_(part < 2)
        model.encoder.train(part != 1)
        with computing_in(self.config.precision, self._device):
            given = torch.tensor(parameters, dtype=torch.float32, device=self._device)
            if part == 1:
                z = model.units(given)
            else:
                posterior = model.posterior(x)
                sampled = part == 0 or self.config.sampled
                z = posterior.sample(self._noise) if sampled else posterior.mu
            made = model.generate(z)
        loss = found = discrepancy(made, x)
        if part == 2 and self.config.inverse == "parameters":
            loss = functional.mse_loss(posterior.mu, model.units(given))
        elif part == 2 and x.ndim == 4:
            loss = found + coarse_discrepancy(made, x)
        if part == 0:
            nats = found if x.ndim == 4 else found * x.shape[1] / 2  # Gaussian, of variance 1
            loss = nats + kl_by_latent(*posterior).sum()
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {loss.item()} at iteration {self.iteration}: lower learning_rate "
                f"(now {self.config.learning_rate:g})"
            )
        optimizer = self._optimizers[part]
        for group in optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self._falling()
        model.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        self.iteration += 1
        return Measured(part, found.item())

    def _falling(self) -> float:
        """By which the learning rate is multiplied: at the end of each part it falls to 0."""
        config, begins = self.config, 0
        lengths = (config.unsupervised, config.generator_iterations, config.encoder_iterations)
        for length in lengths[: self.part]:
            begins += length
        left = 1 - (self.iteration - begins) / lengths[self.part]
        return min(1.0, left / FALLING)

    def get_state(self) -> dict[str, Any]:
        """Weights, optimisers, random numbers: what goes on exactly."""
        return {
            "iteration": self.iteration,
            "weights": arrays_of(self.model),
            "standard": list(self.standard),
            "optimizers": [optimizer_state(each) for each in self._optimizers],
            "rng": self._rng.bit_generator.state,
            "noise": self._noise.get_state().numpy(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.iteration = int(state["iteration"])
        load_arrays(self.model, state["weights"])
        self.standard = Standard(*state["standard"])
        for optimizer, kept in zip(self._optimizers, state["optimizers"], strict=True):
            set_optimizer_state(optimizer, kept)
        self._rng.bit_generator.state = state["rng"]
        self._noise.set_state(torch.from_numpy(np.array(state["noise"], np.uint8)))


def standard_of(simulator: Simulator, rng: np.random.Generator) -> Standard:
    """From observations of the simulator."""
    images = len(simulator.observation_shape) == 3
    _, observed = checked_simulation(simulator, 2 if images else FIRST, rng)
    if images:
        return AS_THEY_ARE
    deviation = observed.std(axis=0)
    return Standard(observed.mean(axis=0), np.where(deviation > 0, deviation, 1.0))


def as_input(observed: np.ndarray, standard: Standard) -> Tensor:
    """Images in [0, 1], (B, C, H, W); numbers standardised, (B, numbers)."""
    if observed.ndim == 4:
        return to_unit(observed).to(memory_format=torch.channels_last)
    return torch.tensor((observed - standard.mean) / standard.deviation, dtype=torch.float32)


def discrepancy(made: Tensor, observed: Tensor) -> Tensor:
    """D of eq. 3 and 4: cross-entropy of pixels, in nats an image; squared error of numbers."""
    if observed.ndim == 4:
        return bernoulli_nll(made, observed)
    return functional.mse_loss(made, observed)


def coarse_discrepancy(made: Tensor, observed: Tensor) -> Tensor:
    """Cross-entropy of what squares of 2, 4, 8 and 16 pixels show on the whole, as if all of a
    square's pixels did, in nats an image. Of a thing that is drawn elsewhere pixels say that it
    should not be there, squares also where it should."""
    p, nats = made.sigmoid(), made.new_zeros(())
    for halvings in range(1, COARSER + 1):
        p, observed = functional.avg_pool2d(p, 2), functional.avg_pool2d(observed, 2)
        unsure = FAINT + (1 - 2 * FAINT) * p
        told = functional.binary_cross_entropy(unsure, observed, reduction="sum")
        nats = nats + 4**halvings * told / len(observed)
    return nats


def infer(model: SimVAE, observed: np.ndarray, standard: Standard, batch: int = 256) -> np.ndarray:
    """(N, K) parameters that the encoder reads from observations, within their ranges."""
    model.eval()
    found = []
    with torch.no_grad():
        for first in range(0, len(observed), batch):
            x = as_input(observed[first : first + batch], standard)
            found.append(model.in_parameters(model.posterior(x).mu).numpy())
    return np.concatenate(found).astype(float)


def generated(
    model: SimVAE, parameters: np.ndarray, standard: Standard, batch: int = 256
) -> np.ndarray:
    """What the generator makes of parameters (N, K): uint8 images, or numbers."""
    model.eval()
    found = []
    with torch.no_grad():
        for first in range(0, len(parameters), batch):
            given = torch.tensor(parameters[first : first + batch], dtype=torch.float32)
            made = model.generate(model.units(given))
            if made.ndim == 4:
                pixels = (255 * made.sigmoid()).round().byte()
                found.append(pixels.permute(0, 2, 3, 1).numpy())
            else:
                found.append(made.numpy() * standard.deviation + standard.mean)
    return np.concatenate(found)
