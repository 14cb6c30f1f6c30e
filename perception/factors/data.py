"""What is asked of data whose factors of variation are known.

The names are those of `disentanglement_lib`'s `GroundTruthData`, so its users find their way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np


class FactorData(ABC):
    """Every combination of the factors' values once, each an image.

    Factors are whole numbers from 0, `factors_num_values` of each, F of them; images are uint8
    (rows, columns, channels), `observation_shape`, from 0 (black) to 255.
    """

    factor_names: ClassVar[tuple[str, ...]]
    factors_num_values: ClassVar[tuple[int, ...]]
    observation_shape: ClassVar[tuple[int, int, int]]
    version: ClassVar[int] = 1  # of what draws the images: another one for other pixels

    def signature(self) -> dict[str, Any]:
        """What tells these images from others of the same factors, for a run to keep."""
        return {"generator": type(self).__name__, "version": self.version}

    @property
    def num_factors(self) -> int:
        """F."""
        return len(self.factors_num_values)

    def __len__(self) -> int:
        return int(np.prod(self.factors_num_values, dtype=np.int64))

    def sample_factors(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, F) whole numbers, every combination as likely as any other."""
        sizes = np.array(self.factors_num_values)
        return rng.integers(0, sizes, size=(num, len(sizes)))

    def sample_observations_from_factors(self, factors: np.ndarray) -> np.ndarray:
        """(N, H, W, C) uint8, the images of (N, F) factors.

        Raises:
            ValueError: there are not F of them, or one is out of its range.
        """
        return self.render(self._checked(factors))

    def sample(self, num: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Factors (num, F) and their images (num, H, W, C)."""
        factors = self.sample_factors(num, rng)
        return factors, self.render(factors)

    def images(self, index: np.ndarray) -> np.ndarray:
        """(N, H, W, C) images by their number."""
        return self.render(self.factors_of(index))

    def factors_of(self, index: np.ndarray) -> np.ndarray:
        """(N, F) the factors of images by their number: the last factor runs fastest."""
        return np.stack(np.unravel_index(index, self.factors_num_values), axis=-1)

    @abstractmethod
    def render(self, factors: np.ndarray) -> np.ndarray:
        """(N, H, W, C) the images of factors that were checked."""

    def _checked(self, factors: np.ndarray) -> np.ndarray:
        factors = np.asarray(factors)
        if factors.ndim != 2 or factors.shape[1] != self.num_factors:
            names = ", ".join(self.factor_names)
            raise ValueError(
                f"factors must be (N, {self.num_factors}), one column each for {names}; "
                f"got shape {factors.shape}"
            )
        for name, size, column in zip(
            self.factor_names, self.factors_num_values, factors.T, strict=True
        ):
            if len(column) and not (column.min() >= 0 and column.max() < size):
                raise ValueError(
                    f"factor {name} must be within 0..{size - 1}, "
                    f"got {column.min()}..{column.max()}"
                )
        return factors.astype(np.intp)
