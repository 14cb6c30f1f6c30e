"""Which digit a picture shows, by a classifier without a network: gradients in cells, and an SVM.

It judges drawings, so it shares nothing with what drew them. N pictures, H, W, 1, uint8.
"""

from __future__ import annotations

import cv2
import numpy as np
from sklearn.svm import SVC

DIRECTIONS, CELL = 8, 4  # of gradients; pixels a side of a cell
SMOOTHED = 0.7  # pixels: standard deviation, before gradients are taken
SOFTNESS = 3.0  # the SVM's C


class DigitClassifier:
    """Learns from labelled pictures. Deterministic."""

    def __init__(self, pictures_NHWC: np.ndarray, labels_N: np.ndarray) -> None:
        self._svm = SVC(C=SOFTNESS).fit(features(pictures_NHWC), labels_N)

    def labels(self, pictures_NHWC: np.ndarray) -> np.ndarray:
        """(N,) what each shows."""
        found: np.ndarray = self._svm.predict(features(pictures_NHWC))
        return found

    def agreement(self, pictures_NHWC: np.ndarray, labels_N: np.ndarray) -> float:
        """The share of pictures that show what they should."""
        return float(np.mean(self.labels(pictures_NHWC) == labels_N))


def features(pictures_NHWC: np.ndarray) -> np.ndarray:
    """(N, DIRECTIONS H / CELL W / CELL): the square root of how much gradient of each direction
    there is around each cell, of length 1; nought for empty pictures."""
    grey_NHW = pictures_NHWC[..., 0] / np.float32(255)
    smooth = np.stack([_blurred(each, SMOOTHED) for each in grey_NHW])
    rise_y, rise_x = np.gradient(smooth, axis=(1, 2))
    turn = np.arctan2(rise_y, rise_x) / (2 * np.pi) * DIRECTIONS % DIRECTIONS
    strength, cells = np.hypot(rise_y, rise_x), []
    for direction in range(DIRECTIONS):
        away = np.abs(turn - direction)
        share = np.maximum(0, 1 - np.minimum(away, DIRECTIONS - away)) * strength
        around = np.stack([_blurred(each, CELL / 2) for each in share])
        cells.append(around[:, CELL // 2 :: CELL, CELL // 2 :: CELL].reshape(len(share), -1))
    rooted = np.sqrt(np.concatenate(cells, axis=1))
    lengths = np.linalg.norm(rooted, axis=1, keepdims=True)
    found: np.ndarray = rooted / np.maximum(lengths, 1e-6)
    return found


def _blurred(picture_HW: np.ndarray, deviation: float) -> np.ndarray:
    blurred: np.ndarray = cv2.GaussianBlur(picture_HW.astype(np.float32), (0, 0), deviation)
    return blurred
