"""What a latent space says of place and type: pure functions of its codes.

Place: objectness by position, above a threshold, in connected positions (thesis 5.1: "values of
high magnitude where there are objects"). Type: the code there less the code of an empty position,
the activation spectrum of k filters (thesis 1.2), which of one filter is its value (5.1).

Shapes: F frames, K latent filters, M N latent rows and columns.
"""

from typing import Literal, NamedTuple

import cv2
import numpy as np

from perception.models.inputs import Grid

Measure = Literal["kl", "departure"]


class Blob(NamedTuple):
    """Connected positions above the threshold; pixels of the native frame. `kind` -1: not told."""

    y: float
    x: float
    height: float
    width: float
    score: float
    spectrum: np.ndarray  # (K,)
    kind: int = -1


def kl_map(mu_FKMN: np.ndarray, logvar_FKMN: np.ndarray) -> np.ndarray:
    """Nats by position, sum_k KL(N(mu_k, var_k) || N(0, 1)) (thesis eq. 3.27), (F, M, N)."""
    assert mu_FKMN.ndim == 4 and mu_FKMN.shape == logvar_FKMN.shape
    kl = 0.5 * (np.exp(logvar_FKMN) + mu_FKMN**2 - 1.0 - logvar_FKMN)
    return np.asarray(kl.sum(axis=1))


def departure_map(mu_FKMN: np.ndarray, empty_KMN: np.ndarray) -> np.ndarray:
    """Squared distance from the latent background, 1/2 sum_k (mu_k - empty_k)^2, (F, M, N).

    `empty_KMN` is each position's median over play: what it says of scenery, which a KL counts too.
    """
    assert mu_FKMN.ndim == 4 and mu_FKMN.shape[1:] == empty_KMN.shape
    return np.asarray(0.5 * ((mu_FKMN - empty_KMN) ** 2).sum(axis=1))


def blobs(
    objectness_MN: np.ndarray, code_KMN: np.ndarray, threshold: float, grid: Grid
) -> list[Blob]:
    """Connected positions above a threshold, corners included.

    Centre and spectrum are means weighed by the objectness, the score is its largest, the size that
    of the positions.
    """
    active = (objectness_MN > threshold).view(np.uint8)
    count, parts, boxes, _ = cv2.connectedComponentsWithStats(active, connectivity=8)
    if count == 1:
        return []
    rows, columns = active.nonzero()
    part: np.ndarray = parts[rows, columns].astype(np.int64) - 1
    weight = objectness_MN[rows, columns].astype(np.float64)
    total = np.bincount(part, weight, count - 1)
    y, x = (np.bincount(part, weight * at, count - 1) / total for at in (rows, columns))
    spectra = [np.bincount(part, weight * c[rows, columns], count - 1) / total for c in code_KMN]
    spectrum = np.stack(spectra, axis=1).astype(np.float32)
    score = np.zeros(count - 1)
    np.maximum.at(score, part, weight)
    (top, left), (down, right) = grid.start, grid.step
    sides = boxes[1:, [cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH]] * grid.step
    return [
        Blob(
            float(top + down * y[i]), float(left + right * x[i]),
            float(sides[i, 0]), float(sides[i, 1]), float(score[i]), spectrum[i],
        )
        for i in range(count - 1)
    ]  # fmt: skip
