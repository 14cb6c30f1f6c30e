"""The box plotter of SimVAE 4.1: a black rectangle with a blue cross in its middle."""

from __future__ import annotations

import numpy as np

from perception.simulators.drawing import BLACK, BLUE, SIDE, curve, fill, images

LEAST = 0.1  # of the field: width and height at least
ARM = 3.0  # pixels: half the width of the cross


class Box:
    """x and y of the lower left corner, width and height, as shares of the field.

    The corner is drawn so that the box stays within the field: place and size are correlated.
    """

    name = "box"
    parameter_names = ("x", "y", "width", "height")
    low = np.array([0.0, 0.0, LEAST, LEAST])
    high = np.array([1 - LEAST, 1 - LEAST, 1.0, 1.0])
    observation_shape = (SIDE, SIDE, 3)

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(N, 4)."""
        size = rng.uniform(LEAST, 1.0, (num, 2))
        corner = rng.random((num, 2)) * (1 - size)
        return np.concatenate([corner, size], axis=1)

    def valid(self, parameters: np.ndarray) -> np.ndarray:
        """(N,) whether the box is within the field."""
        return np.asarray((parameters[:, :2] + parameters[:, 2:] <= 1).all(axis=1))

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        """(N, 64, 64, 3) uint8."""
        corner, size = SIDE * parameters[:, :2], SIDE * parameters[:, 2:]
        unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        boxes = corner[:, None] + unit * size[:, None]  # (N, 4, 2)
        arms = ARM * np.array([[[-1, -1], [1, 1]], [[-1, 1], [1, -1]]])
        crosses = (corner + size / 2)[:, None, None] + arms  # (N, 2, 2, 2)

        def draw(i: int, image: np.ndarray) -> None:
            fill(image, boxes[i], BLACK)
            for line in crosses[i]:
                curve(image, line, BLUE)

        return images(len(parameters), draw)
