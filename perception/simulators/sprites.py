"""dSprites as a simulator (SimVAE 4.1): its five factors as parameters from 0 to 1."""

from __future__ import annotations

import numpy as np

from perception.factors.data import FactorData
from perception.factors.dsprites import DSprites


class Sprites:
    """Every factor from 0 to 1, its values evenly spaced; between two the nearer is drawn."""

    name = "dsprites"

    def __init__(self, data: FactorData | None = None) -> None:
        self.data = data if data is not None else DSprites()
        self.parameter_names = self.data.factor_names
        self.low = np.zeros(self.data.num_factors)
        self.high = np.ones(self.data.num_factors)
        self.observation_shape: tuple[int, ...] = self.data.observation_shape
        self._last = np.array(self.data.factors_num_values) - 1

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(N, 5)."""
        return self.data.sample_factors(num, rng) / self._last

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        """(N, 64, 64, 1) uint8."""
        factors = np.rint(parameters.clip(0, 1) * self._last).astype(np.intp)
        return self.data.sample_observations_from_factors(factors)
