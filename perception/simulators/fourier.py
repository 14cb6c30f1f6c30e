"""The Fourier plotter of SimVAE 4.1: the curve of eleven coefficients over one period."""

from __future__ import annotations

import numpy as np

from perception.simulators.drawing import BLACK, SIDE, curve, images

ORDERS = 5
POINTS = 128
HIGHEST = 6.0  # the field shows -6..6; nearly all curves stay within (three standard deviations)


class Fourier:
    """A constant, 5 cosines and 5 sines, each -1..1."""

    name = "fourier"
    parameter_names = (
        "constant", *(f"cos{k}" for k in range(1, ORDERS + 1)),
        *(f"sin{k}" for k in range(1, ORDERS + 1)),
    )  # fmt: skip
    low = np.full(1 + 2 * ORDERS, -1.0)
    high = np.full(1 + 2 * ORDERS, 1.0)
    observation_shape = (SIDE, SIDE, 3)

    def __init__(self) -> None:
        period = np.linspace(0, 2 * np.pi, POINTS)
        order = np.arange(1, ORDERS + 1)[:, None] * period
        self._waves = np.concatenate([np.ones((1, POINTS)), np.cos(order), np.sin(order)])
        self._across = SIDE * period / (2 * np.pi)

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(N, 11)."""
        return rng.uniform(-1, 1, (num, len(self._waves)))

    def values(self, parameters: np.ndarray) -> np.ndarray:
        """(N, POINTS) the curve itself."""
        return parameters @ self._waves

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        """(N, 64, 64, 3) uint8."""
        heights = SIDE / 2 * (1 + self.values(parameters) / HIGHEST)
        points = np.stack([np.broadcast_to(self._across, heights.shape), heights], axis=-1)
        return images(len(points), lambda i, image: curve(image, points[i], BLACK))
