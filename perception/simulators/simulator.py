"""What SimVAE asks of a simulator; a user's own needs no more.

N samples, K parameters.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np


class SimulatorError(ValueError):
    """A simulator does not keep to what it says of itself."""


@runtime_checkable
class Simulator(Protocol):
    """A deterministic map from parameters to observations, `S` of the paper.

    ``low`` and ``high`` are the ends of each parameter's range, (K,). ``observation_shape`` is
    (rows, columns, channels) of uint8 images, or (numbers,) of float observations.
    """

    @property
    def name(self) -> str: ...

    @property
    def parameter_names(self) -> tuple[str, ...]: ...

    @property
    def low(self) -> np.ndarray: ...

    @property
    def high(self) -> np.ndarray: ...

    @property
    def observation_shape(self) -> tuple[int, ...]: ...

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(N, K) parameters, drawn as the simulator is used."""
        ...

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        """(N, *observation_shape) what comes of (N, K) parameters within their ranges."""
        ...


@runtime_checkable
class Constrained(Protocol):
    """A simulator whose parameters must fit each other."""

    def valid(self, parameters: np.ndarray) -> np.ndarray:
        """(N,) whether they do."""
        ...


@runtime_checkable
class OneToMany(Protocol):
    """A simulator to which other parameters can look the same."""

    def nearest(
        self, parameters: np.ndarray, reference: np.ndarray, scale: np.ndarray
    ) -> np.ndarray:
        """(N, K) of all parameters that look like these (N, K), those nearest to the reference:
        the sum of distances in units of ``scale`` (K,)."""
        ...

    def another(self, parameters: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(N, K) parameters that look like these, any of them as likely as it is drawn."""
        ...


def valid(simulator: Simulator, parameters: np.ndarray) -> np.ndarray:
    """(N,) whether parameters fit each other; all do where the simulator says nothing of it."""
    if isinstance(simulator, Constrained):
        return simulator.valid(parameters)
    return np.ones(len(parameters), bool)


def nearest_alike(
    simulator: Simulator, parameters: np.ndarray, reference: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """`OneToMany.nearest`; the parameters themselves where no others look the same."""
    if isinstance(simulator, OneToMany):
        return simulator.nearest(parameters, reference, scale)
    return parameters


def another_alike(
    simulator: Simulator, parameters: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """`OneToMany.another`; the parameters themselves where no others look the same."""
    return simulator.another(parameters, rng) if isinstance(simulator, OneToMany) else parameters


def checked_simulation(
    simulator: Simulator, num: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters (N, K) and observations (N, ...) of a simulator that is not taken at its word.

    Raises:
        SimulatorError: shapes or kinds are not as it says, parameters leave their ranges, or
            something is not a number.
    """
    names, who = simulator.parameter_names, f"simulator {simulator.name}"
    low, high = np.asarray(simulator.low, float), np.asarray(simulator.high, float)
    if not low.shape == high.shape == (len(names),):
        raise SimulatorError(
            f"{who}: low and high have shapes {low.shape} and {high.shape}, not ({len(names)},): "
            f"one number each for {', '.join(names)}"
        )
    for name, least, most in zip(names, low, high, strict=True):
        if not (np.isfinite(least) and np.isfinite(most) and least < most):
            raise SimulatorError(f"{who}: the range of {name} is {least:g}..{most:g}")
    if len(simulator.observation_shape) not in (1, 3):
        raise SimulatorError(
            f"{who}: observation_shape is {simulator.observation_shape}; give (numbers,), or "
            "(rows, columns, channels) of images"
        )
    parameters = np.asarray(simulator.sample_parameters(num, rng), float)
    if parameters.shape != (num, len(names)):
        raise SimulatorError(
            f"{who}: sample_parameters({num}) gave shape {parameters.shape}, not "
            f"{(num, len(names))}: one column each for {', '.join(names)}"
        )
    for name, least, most, column in zip(names, low, high, parameters.T, strict=True):
        if not np.isfinite(column).all():
            raise SimulatorError(f"{who}: sample_parameters gave nan or inf for {name}")
        if column.min() < least or column.max() > most:
            raise SimulatorError(
                f"{who}: sample_parameters gave {name} from {column.min():g} to "
                f"{column.max():g}, outside its range {least:g}..{most:g}"
            )
    observed = np.asarray(simulator.simulate(parameters))
    shape = (num, *simulator.observation_shape)
    if observed.shape != shape:
        raise SimulatorError(f"{who}: simulate gave shape {observed.shape}, not {shape}")
    if len(shape) == 4 and observed.dtype != np.uint8:
        raise SimulatorError(f"{who}: simulate gave images of {observed.dtype}, not uint8")
    if not np.isfinite(observed).all():
        first = int(np.flatnonzero(~np.isfinite(observed).reshape(num, -1).all(axis=1))[0])
        with_ = ", ".join(f"{n}={v:g}" for n, v in zip(names, parameters[first], strict=True))
        raise SimulatorError(f"{who}: simulate gave nan or inf for {with_}")
    return parameters, observed
