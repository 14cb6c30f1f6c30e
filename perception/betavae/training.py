"""Training of the beta-VAE, an iteration at a time, so that it can be stopped and gone on with."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from perception.betavae.factor_generator import FactorGenerator
from perception.betavae.network import BetaVAE, Posterior, pictures
from perception.betavae.objectives import (
    beta_objective,
    capacity_at,
    capacity_objective,
    kl_by_latent,
)
from perception.device import CPU, Precision, computing_in
from perception.factors.data import FactorData
from perception.models.gaussian_losses import bernoulli_nll
from perception.models.images import to_unit
from perception.torch_state import (
    arrays_of,
    load_arrays,
    optimizer_state,
    set_optimizer_state,
)

SHOWN, LEVELS = 11, 8  # images whose factors are drawn, and at how many capacities


class Images(Protocol):
    """What is trained on: N images, uint8 (rows, columns, channels), by their numbers."""

    @property
    def observation_shape(self) -> tuple[int, int, int]: ...

    def __len__(self) -> int: ...

    def images(self, index: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, kw_only=True)
class BetaVAEConfig:
    """A.1 and A.2. With ``beta`` the objective is eq. 5, without it eq. 8.

    C rises over ``rising`` of all iterations, then stays, so that it can be seen to be kept to,
    while the learning rate falls to 0, so that what was found is settled by smaller steps. With
    ``beta`` the rate stays.
    """

    iterations: int = 100_000
    capacity: float = 25.0  # that the KL is to be at the end, nats
    gamma: float = 1000.0  # weight of how far the KL is from C; with 100 latents come apart sooner
    beta: float | None = None  # weight of the KL itself instead, as in the plain beta-VAE
    rising: float = 0.8  # share of the iterations over which the capacity rises from 0
    latents: int = 10
    batch_size: int = 64  # images an iteration
    learning_rate: float = 5e-4  # Adam's, at first
    precision: Precision = "float32"  # bfloat16 is faster where the processor knows it
    seed: int = 0  # of all chance

    def __post_init__(self) -> None:
        for name in ("iterations", "latents", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, got {self.seed}")
        for name in ("capacity", "gamma", "beta"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a finite number of at least 0, got {value}")
        if not 0 < self.rising <= 1:
            raise ValueError(f"rising must be above 0 and at most 1, got {self.rising}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")


class Measured(NamedTuple):
    """Of one iteration, in nats an image; ``kl`` (K,) by latent; no ``capacity`` with beta."""

    nll: float
    kl: np.ndarray
    capacity: float | None


class Model(Protocol):
    """A posterior of something, and images of its samples."""

    def posterior(self, given: Tensor, /) -> Posterior: ...

    def decode(self, z_BK: Tensor, /) -> Tensor: ...


class Training(ABC):
    """All that moves while a model is trained. Deterministic given the config's seed, the device
    and torch's thread count."""

    start = 0.0  # C at first, in nats

    def __init__(
        self, config: BetaVAEConfig, make: Callable[[], nn.Module], device: torch.device = CPU
    ) -> None:
        self.config, self._device = config, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            model = make()
        self._network = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimizer = torch.optim.Adam(model.parameters(), config.learning_rate)
        self._rng = np.random.default_rng(config.seed)
        self._noise = torch.Generator().manual_seed(config.seed)
        self.iteration = 0

    @property
    @abstractmethod
    def model(self) -> Model:
        """What is trained."""

    @abstractmethod
    def _draw(self, rng: np.random.Generator) -> tuple[np.ndarray, Tensor | None]:
        """A batch of images, and what the posterior is given, where it is not these."""

    def step(self) -> Measured:
        """One iteration: a batch drawn with replacement, one update of all weights.

        Raises:
            FloatingPointError: the loss is no longer finite.
        """
        config = self.config
        images, given = self._draw(self._rng)
        x = to_unit(images).to(self._device, memory_format=torch.channels_last)
        with computing_in(config.precision, self._device):
            posterior = self.model.posterior(x if given is None else given.to(self._device))
            drawn = self.model.decode(posterior.sample(self._noise))
        nll = bernoulli_nll(drawn, x)
        kl = kl_by_latent(*posterior)
        capacity = None
        if config.beta is not None:
            loss = beta_objective(nll, kl.sum(), config.beta)
        else:
            capacity = capacity_at(self.iteration, config.capacity, self._rising, self.start)
            loss = capacity_objective(nll, kl.sum(), capacity, config.gamma)
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {loss.item()} at iteration {self.iteration}: lower learning_rate "
                f"(now {config.learning_rate:g})"
            )
        for group in self._optimizer.param_groups:
            group["lr"] = config.learning_rate * self._falling()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self.iteration += 1
        return Measured(nll.item(), kl.detach().cpu().numpy(), capacity)

    @property
    def _rising(self) -> int:
        return max(1, round(self.config.rising * self.config.iterations))

    def _falling(self) -> float:
        """The share of the learning rate: 1 until C stays, 0 when all iterations are done."""
        config = self.config
        if config.beta is not None or self.iteration < self._rising:
            return 1.0
        left = max(0, config.iterations - self.iteration)
        return left / max(1, config.iterations - self._rising)

    def get_state(self) -> dict[str, Any]:
        """Weights, optimiser, random numbers: what goes on exactly."""
        return {
            "iteration": self.iteration,
            "weights": arrays_of(self._network),
            "optimizer": optimizer_state(self._optimizer),
            "rng": self._rng.bit_generator.state,
            "noise": self._noise.get_state().numpy(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.iteration = int(state["iteration"])
        load_arrays(self._network, state["weights"])
        set_optimizer_state(self._optimizer, state["optimizer"])
        self._rng.bit_generator.state = state["rng"]
        self._noise.set_state(torch.from_numpy(np.array(state["noise"], np.uint8)))


class BetaVAETraining(Training):
    """Of the beta-VAE, on images alone."""

    def __init__(self, config: BetaVAEConfig, data: Images, device: torch.device = CPU) -> None:
        self._data = data
        super().__init__(config, lambda: BetaVAE(data.observation_shape, config.latents), device)

    @property
    def model(self) -> BetaVAE:
        """What is trained."""
        assert isinstance(self._network, BetaVAE)
        return self._network

    def _draw(self, rng: np.random.Generator) -> tuple[np.ndarray, None]:
        index = rng.integers(0, len(self._data), self.config.batch_size)
        return self._data.images(index), None


class FactorTraining(Training):
    """Of the generator from true factors (eq. 7); C rises from 0.5 nats (4.3).

    ``shown`` (N, H, W, C) are images, and ``drawn`` (up to `LEVELS`, N, H, W, C) what the generator
    made of their factors each time that C had risen by an even part, as in Figure 3.
    """

    start = 0.5

    def __init__(self, config: BetaVAEConfig, data: FactorData, device: torch.device = CPU) -> None:
        self._data = data
        self._factors, self.shown = data.sample(SHOWN, np.random.default_rng(config.seed))
        self.drawn = np.empty((0, *self.shown.shape), np.uint8)
        super().__init__(config, lambda: FactorGenerator(data), device)

    @property
    def model(self) -> FactorGenerator:
        """What is trained."""
        assert isinstance(self._network, FactorGenerator)
        return self._network

    def step(self) -> Measured:
        """See `Training`."""
        measured = super().step()
        while len(self.drawn) < LEVELS and self.iteration >= self._level(len(self.drawn) + 1):
            given = torch.tensor(self._factors, dtype=torch.float32, device=self._device)
            with torch.no_grad():
                made = pictures(self.model.decode(self.model.posterior(given).mu))
            self.drawn = np.concatenate([self.drawn, made[None]])
        return measured

    def _level(self, number: int) -> float:
        """The iteration by which C has risen by so many parts of `LEVELS`."""
        return self._rising * number / LEVELS

    def get_state(self) -> dict[str, Any]:
        """See `Training`."""
        return super().get_state() | {"shown": self.shown, "drawn": self.drawn}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """See `Training`."""
        super().set_state(state)
        self.drawn = np.asarray(state["drawn"])

    def _draw(self, rng: np.random.Generator) -> tuple[np.ndarray, Tensor]:
        factors, images = self._data.sample(self.config.batch_size, rng)
        return images, torch.tensor(factors, dtype=torch.float32)
