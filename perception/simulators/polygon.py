"""The polygon plotter of SimVAE 4.1: four points in any order, so sides may cross."""

from __future__ import annotations

import numpy as np

from perception.simulators.drawing import BLACK, SIDE, fill, images

MARGIN = 0.05  # of the field that stays free at each edge


class Polygon:
    """x and y of four points, as shares of the field. Points in another order round the polygon,
    or the other way round, give the same image."""

    name = "polygon"
    parameter_names = ("x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4")
    low = np.full(8, MARGIN)
    high = np.full(8, 1 - MARGIN)
    observation_shape = (SIDE, SIDE, 3)

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(N, 8)."""
        return rng.uniform(MARGIN, 1 - MARGIN, (num, 8))

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        """(N, 64, 64, 3) uint8."""
        corners = SIDE * parameters.reshape(-1, 4, 2)
        return images(len(corners), lambda i, image: fill(image, corners[i], BLACK))

    def alike(self, parameters: np.ndarray) -> np.ndarray:
        """(8, N, 8) all that look the same: begun at each point, in both directions."""
        points = parameters.reshape(-1, 4, 2)
        turned = [np.roll(each, k, axis=1) for each in (points, points[:, ::-1]) for k in range(4)]
        return np.stack(turned).reshape(8, -1, 8)

    def another(self, parameters: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(N, 8) any of these polygons' eight names."""
        names = self.alike(parameters)
        return names[rng.integers(0, len(names), len(parameters)), np.arange(len(parameters))]

    def nearest(
        self, parameters: np.ndarray, reference: np.ndarray, scale: np.ndarray
    ) -> np.ndarray:
        """(N, 8) of these polygons' names, those nearest to the reference."""
        names = self.alike(parameters)
        away = (np.abs(names - reference) / scale).sum(axis=-1)
        return names[away.argmin(axis=0), np.arange(len(parameters))]
