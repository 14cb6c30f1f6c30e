"""The series RLC circuit of SimVAE 4.1: gain and phase of the voltage over its resistor."""

from __future__ import annotations

import numpy as np

FREQUENCIES = np.geomspace(100.0, 100_000.0, 64)  # Hz
RESONANCE = (500.0, 20_000.0)  # Hz
QUALITY = (0.25, 8.0)
SAME = np.array([-1.0, -1.0, 1.0])  # the direction in logarithms in which nothing changes
RESISTANCE = (10.0, 1000.0)  # Ohm


class RLC:
    """R in Ohm, L in Henry and C in Farad, by their logarithms to base 10.

    What comes of them: the gain in dB at `FREQUENCIES`, then the phase in radians. It depends on
    the resonance f0 = 1 / (2 pi sqrt(L C)) and the quality Q = sqrt(L / C) / R alone: R/x, L/x and
    C x are the same circuit seen from outside. f0, Q and R are drawn evenly in their logarithms.
    """

    name = "rlc"
    parameter_names = ("log R", "log L", "log C")
    observation_shape = (2 * len(FREQUENCIES),)

    def __init__(self) -> None:
        corners = np.stack(np.meshgrid(RESONANCE, QUALITY, RESISTANCE), -1).reshape(-1, 3)
        ends = parameters_of(*corners.T)
        self.low, self.high = ends.min(axis=0) - 1e-9, ends.max(axis=0) + 1e-9

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(N, 3)."""
        ends = np.log10([RESONANCE, QUALITY, RESISTANCE])
        f0, quality, resistance = 10 ** rng.uniform(ends[:, 0], ends[:, 1], (num, 3)).T
        return parameters_of(f0, quality, resistance)

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        """(N, 128) gains in dB and phases in radians, by the transfer function in closed form."""
        f0, quality = characteristics(parameters)
        ratio = FREQUENCIES / f0[:, None]
        detuned = quality[:, None] * (ratio - 1 / ratio)
        gain = -10 * np.log10(1 + detuned**2)
        return np.concatenate([gain, -np.arctan(detuned)], axis=1)

    def another(self, parameters: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(N, 3) the circuits with another resistance, drawn as in `sample_parameters`."""
        least, most = np.log10(RESISTANCE)
        resistance = 10 ** rng.uniform(least, most, len(parameters))
        return parameters_of(*characteristics(parameters), resistance)

    def nearest(
        self, parameters: np.ndarray, reference: np.ndarray, scale: np.ndarray
    ) -> np.ndarray:
        """(N, 3) of the circuits that look like these, those nearest to the reference.

        The sum of distances is least where one of the three is as in the reference.
        """
        shifts = (reference - parameters) / SAME  # (N, 3)
        names = parameters + shifts.T[..., None] * SAME  # (3, N, 3)
        away = (np.abs(names - reference) / scale).sum(axis=-1)
        return names[away.argmin(axis=0), np.arange(len(parameters))]


def characteristics(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) f0 in Hz and (N,) Q of parameters (N, 3)."""
    resistance, inductance, capacity = 10 ** np.asarray(parameters).T
    return (
        1 / (2 * np.pi * np.sqrt(inductance * capacity)),
        np.sqrt(inductance / capacity) / resistance,
    )


def parameters_of(f0: np.ndarray, quality: np.ndarray, resistance: np.ndarray) -> np.ndarray:
    """(N, 3) the inverse of `characteristics`, given the resistance."""
    inductance = quality * resistance / (2 * np.pi * f0)
    capacity = 1 / (2 * np.pi * f0 * quality * resistance)
    return np.log10(np.stack([resistance, inductance, capacity], axis=-1))
