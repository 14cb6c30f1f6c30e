"""A Gaussian blob at some place: the two factors of Burgess et al. 2018, Figure 2."""

from __future__ import annotations

import numpy as np

from perception.factors.data import FactorData

SIDE = 64  # pixels
PLACES = 32
MARGIN = 12.0  # pixels between the outermost centres and the edge
SPREAD = 4.0  # pixels: the standard deviation


class Blobs(FactorData):
    """Grey images, 64x64, of a blob as bright as white in its middle; 32 places each way."""

    factor_names = ("x", "y")
    factors_num_values = (PLACES, PLACES)
    observation_shape = (SIDE, SIDE, 1)

    def __init__(self) -> None:
        centres = np.linspace(MARGIN, SIDE - 1 - MARGIN, PLACES)
        away = np.arange(SIDE) - centres[:, None]
        self._profiles = np.exp(-0.5 * (away / SPREAD) ** 2)  # (places, pixels)

    def render(self, factors: np.ndarray) -> np.ndarray:
        x, y = factors.T
        images = self._profiles[y][:, :, None] * self._profiles[x][:, None, :]
        return np.rint(255 * images).astype(np.uint8)[..., None]
