"""The trained encoder at work: the objectness map of a frame, computed only where it can differ.

Every layer is local, so a cell whose receptive field shows nothing but background has the
posterior it has on the bare background. Those cells are filled in from a map computed once; the
others are gathered and put through the same weights (a test holds the two ways equal).

Frames are kept in a buffer with one empty cell around them: M x N cells of 4 x 4 pixels.
"""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from perception import losses
from perception.model import CELL, FullyConvolutionalVAE, background_logits, padded, to_unit
from perception.segmentation import Pixels

FIELD = 8  # kernel of encode_1, which starts 2 pixels before its cell
NEIGHBOURS = np.ones((3, 3), np.uint8)


class Glimpse(NamedTuple):
    """What one frame shows beyond the background."""

    touched: np.ndarray  # (M, N) bool: cells with a changed pixel
    objectness: np.ndarray  # (M, N) float32: KL per cell, nats


class Encoder:
    """Frame (H, W, 3) uint8 -> Glimpse. Holds copies of the weights and of the background."""

    def __init__(self, model: FullyConvolutionalVAE, background: np.ndarray) -> None:
        self.height, self.width = background.shape[:2]
        self.rows, self.columns = -(-self.height // CELL), -(-self.width // CELL)
        self._copy_weights(model)
        self._empty_kl = whole_frame_objectness(model, background, background)
        shape = ((self.rows + 2) * CELL, (self.columns + 2) * CELL, 3)
        self._frame, self._background = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        self._inner = np.s_[CELL : CELL + self.height, CELL : CELL + self.width]
        self._background[self._inner] = background
        self._fields = self._fields_of(self._frame)
        self._frame_cells = self._cells_of(self._frame)
        self._background_cells = self._cells_of(self._background)
        everywhere = self._fields_of(self._background).reshape(-1, FIELD * FIELD * 3)
        base_1 = self._bias_1 - everywhere.astype(np.float32) @ self._weight_1
        self._base_1 = base_1.reshape(self.rows, self.columns, -1)
        self._hidden = np.zeros((self.rows + 2, self.columns + 2, len(self._bias_1)), np.float32)
        self._hidden_inner = self._hidden[1:-1, 1:-1]
        self._hidden_inner[:] = self._empty_1 = np.maximum(self._bias_1, 0.0)
        self._around = sliding_window_view(self._hidden, (3, 3), axis=(0, 1)).transpose(
            0, 1, 3, 4, 2
        )

    def _fields_of(self, buffer: np.ndarray) -> np.ndarray:
        """A view of the pixels encode_1 sees from each cell, (M, N, 8, 8, 3)."""
        start = CELL // 2
        windows = sliding_window_view(buffer[start:, start:], (FIELD, FIELD), axis=(0, 1))
        cells = windows[::CELL, ::CELL][: self.rows, : self.columns]
        return cells.transpose(0, 1, 3, 4, 2)

    def _cells_of(self, buffer: np.ndarray) -> np.ndarray:
        """A view of each cell's pixels, (M, N, 4, 4, 3)."""
        whole = buffer.reshape(self.rows + 2, CELL, self.columns + 2, CELL, 3)
        return whole[1:-1, :, 1:-1].transpose(0, 2, 1, 3, 4)

    def _copy_weights(self, model: FullyConvolutionalVAE) -> None:
        def matrix(layer: torch.nn.Conv2d) -> np.ndarray:  # (rows * columns * in, out)
            weight = layer.weight.detach().permute(2, 3, 1, 0)
            return np.ascontiguousarray(weight.reshape(-1, weight.shape[3]).numpy())

        def bias(layer: torch.nn.Conv2d) -> np.ndarray:
            assert layer.bias is not None
            return layer.bias.detach().numpy().copy()

        self._weight_1, self._bias_1 = matrix(model.encode_1) / 255.0, bias(model.encode_1)
        self._weight_2, self._bias_2 = matrix(model.encode_2), bias(model.encode_2)
        self._weight_z = np.concatenate([matrix(model.mu), matrix(model.logvar)], axis=1)
        self._bias_z = np.concatenate([bias(model.mu), bias(model.logvar)])

    def _touched(self) -> np.ndarray:
        """Cells with a changed pixel. Twelve bytes a row of a cell are compared as three words."""
        shape = (self.rows + 2, CELL, (self.columns + 2) * 3)
        flat = (self.rows + 2) * CELL, -1
        words = self._frame.reshape(flat).view(np.uint32).reshape(shape)
        differs = words != self._background.reshape(flat).view(np.uint32).reshape(shape)
        rows = differs[:, 0] | differs[:, 1] | differs[:, 2] | differs[:, 3]
        cells = rows.reshape(self.rows + 2, self.columns + 2, 3)
        return (cells[..., 0] | cells[..., 1] | cells[..., 2])[1:-1, 1:-1]

    def __call__(self, frame: np.ndarray) -> Glimpse:
        self._frame[self._inner] = frame
        touched = self._touched()
        kl = self._empty_kl.copy()
        reach_1 = cv2.dilate(touched.view(np.uint8), NEIGHBOURS)
        if not touched.any():
            return Glimpse(touched, kl)
        first = reach_1.view(bool).nonzero()
        fields = self._fields[first].reshape(-1, FIELD * FIELD * 3).astype(np.float32)
        hidden = fields @ self._weight_1 + self._base_1[first]
        self._hidden_inner[first] = np.maximum(hidden, 0.0)
        second = cv2.dilate(reach_1, NEIGHBOURS).view(bool).nonzero()
        around = self._around[second].reshape(len(second[0]), -1)
        hidden = np.maximum(around @ self._weight_2 + self._bias_2, 0.0)
        self._hidden_inner[first] = self._empty_1
        mu, logvar = np.split(hidden @ self._weight_z + self._bias_z, 2, axis=1)
        kl[second] = 0.5 * (np.exp(logvar) + mu * mu - 1.0 - logvar).sum(axis=1)
        return Glimpse(touched, kl)

    def active_pixels(self, glimpse: Glimpse, threshold_nats: float) -> Pixels:
        """Changed pixels of the latest frame in cells that are active or touch an active cell."""
        active = cv2.dilate((glimpse.objectness > threshold_nats).view(np.uint8), NEIGHBOURS)
        cells = (active.view(bool) & glimpse.touched).nonzero()
        rgb = self._frame_cells[cells]
        differs = (rgb != self._background_cells[cells]).any(axis=3)
        cell, y, x = differs.nonzero()
        nats = glimpse.objectness[cells] / np.maximum(differs.sum(axis=(1, 2)), 1)
        return Pixels(
            CELL * cells[0][cell] + y, CELL * cells[1][cell] + x, rgb[cell, y, x], nats[cell]
        )


def whole_frame_objectness(
    model: FullyConvolutionalVAE, frame: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """The same map from the network run on the whole frame, (M, N) float32 nats: slow and plain."""
    x, behind = (padded(to_unit(image[None])) for image in (frame, background))
    with torch.no_grad():
        return np.asarray(losses.objectness(*model.encode(x - behind))[0].numpy())


def reconstruction(
    model: FullyConvolutionalVAE, frame: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """What the decoder draws from the posterior mean, (H, W, 3) uint8."""
    x, behind = (padded(to_unit(image[None])) for image in (frame, background))
    with torch.no_grad():
        mu, _ = model.encode(x - behind)
        probability = torch.sigmoid(model.decode(mu) + background_logits(behind))[0]
    height, width = frame.shape[:2]
    return (255 * probability.permute(1, 2, 0)[:height, :width]).round().byte().numpy()
