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
Form = Literal["connected", "peaks"]


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
    objectness_MN: np.ndarray, code_KMN: np.ndarray, threshold: float, grid: Grid, form: Form
) -> list[Blob]:
    """Things where objectness exceeds a threshold.

    Of form "connected" a thing is what hangs together, corners included. Of form "peaks" the
    objectness is smoothed first, and each position belongs to the nearest peak: things that touch
    stay apart. Centre and spectrum are means weighed by the objectness, the score is its largest,
    the size that of the positions.
    """
    seen = objectness_MN if form == "connected" else smoothed(objectness_MN)
    rows, columns = (seen > threshold).nonzero()
    if not len(rows):
        return []
    part = (_connected if form == "connected" else _nearest_peak)(seen, threshold)
    count, weight = int(part.max()) + 1, seen[rows, columns].astype(np.float64)
    total = np.bincount(part, weight, count)
    y, x = (np.bincount(part, weight * at, count) / total for at in (rows, columns))
    spectra = [np.bincount(part, weight * c[rows, columns], count) / total for c in code_KMN]
    spectrum = np.stack(spectra, axis=1).astype(np.float32)
    score = np.zeros(count)
    np.maximum.at(score, part, weight)
    sides = np.stack([_extent(part, at, count) for at in (rows, columns)], axis=1) * grid.step
    (top, left), (down, right) = grid.start, grid.step
    return [
        Blob(
            float(top + down * y[i]), float(left + right * x[i]),
            float(sides[i, 0]), float(sides[i, 1]), float(score[i]), spectrum[i],
        )
        for i in range(count)
    ]  # fmt: skip


def smoothed(objectness_MN: np.ndarray) -> np.ndarray:
    """By a Gaussian of one position over 3 x 3."""
    return np.asarray(cv2.GaussianBlur(objectness_MN.astype(np.float32), (3, 3), 1.0))


def _connected(seen_MN: np.ndarray, threshold: float) -> np.ndarray:
    """Part of each position above the threshold, in the order of `nonzero`, from 0."""
    active = seen_MN > threshold
    _, parts = cv2.connectedComponents(active.view(np.uint8), connectivity=8)
    return np.asarray(parts[active].astype(np.int64) - 1)


def _nearest_peak(seen_MN: np.ndarray, threshold: float) -> np.ndarray:
    """The same, a part being a position that none around exceeds and those nearest to it."""
    active = seen_MN > threshold
    highest = cv2.dilate(seen_MN, np.ones((3, 3), np.uint8))
    others = ~(active & (seen_MN >= highest))
    _, nearest = cv2.distanceTransformWithLabels(
        others.view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    return np.unique(nearest[active], return_inverse=True)[1]


def _extent(part: np.ndarray, at: np.ndarray, count: int) -> np.ndarray:
    """How many rows or columns each part reaches over, (count,)."""
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(low, part, at)
    np.maximum.at(high, part, at)
    return high - low + 1
