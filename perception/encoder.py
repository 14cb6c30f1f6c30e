"""The trained encoder at work: the objectness map of a frame, computed only where it is needed.

Every layer is local, and a detection is made of changed pixels: the posterior is wanted only in
cells that hold a changed pixel and in their neighbours. Those are gathered and put through the
network's weights (a test holds them equal to the whole network's); what their receptive fields
show of the unchanged rest comes from activations computed once on the bare background.

Frames are kept in a buffer with one empty cell around them: M x N cells of 4 x 4 pixels.
"""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from perception import losses
from perception.model import (
    CELL,
    VARIANTS,
    FullyConvolutionalVAE,
    background_logits,
    padded,
    to_unit,
)
from perception.segmentation import Pixels

FIELD = 8  # kernel of encode_1, which starts 2 pixels before its cell
NEIGHBOURS = np.ones((3, 3), np.uint8)


class Glimpse(NamedTuple):
    """What one frame shows beyond the background."""

    touched: np.ndarray  # (M, N) bool: cells with a changed pixel
    objectness: np.ndarray  # (M, N) float32: KL in nats of these and their neighbours, else 0


class Encoder:
    """Frame (H, W, 3) uint8 -> Glimpse. Holds copies of the weights and of the background."""

    def __init__(self, model: FullyConvolutionalVAE, background: np.ndarray) -> None:
        self.height, self.width = background.shape[:2]
        self.rows, self.columns = -(-self.height // CELL), -(-self.width // CELL)
        self._copy_weights(model)
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
        scale, shift = _affine(model.norm_before, len(self._bias_2))
        weight_z = np.concatenate([matrix(model.mu), matrix(model.logvar)], axis=1)
        self._weight_z = scale[:, None] * weight_z
        self._bias_z = np.concatenate([bias(model.mu), bias(model.logvar)]) + shift @ weight_z
        self._filters = len(bias(model.mu))
        self._position_nats = POSITION_NATS[model.config.decoupling]

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
        kl = np.zeros((self.rows, self.columns), np.float32)
        cells = cv2.dilate(touched.view(np.uint8), NEIGHBOURS).view(bool).nonzero()
        if len(cells[0]):
            kl[cells] = self._kl(cells)
        return Glimpse(touched, kl)

    def _kl(self, cells: tuple[np.ndarray, ...]) -> np.ndarray:
        """KL at the C cells given, which must hold every cell that sees a change: (C,) nats."""
        fields = self._fields[cells].reshape(-1, FIELD * FIELD * 3).astype(np.float32)
        hidden = fields @ self._weight_1 + self._base_1[cells]
        self._hidden_inner[cells] = np.maximum(hidden, 0.0)
        around = self._around[cells].reshape(len(fields), -1)
        self._hidden_inner[cells] = self._empty_1
        hidden = np.maximum(around @ self._weight_2 + self._bias_2, 0.0)
        latent = hidden @ self._weight_z + self._bias_z
        mu, logvar = latent[:, : self._filters], latent[:, self._filters :]
        return self._position_nats(mu, logvar)

    def active_pixels(self, glimpse: Glimpse, threshold_nats: float) -> Pixels:
        """Changed pixels of the latest frame in cells that are active or touch an active cell."""
        active = cv2.dilate((glimpse.objectness > threshold_nats).view(np.uint8), NEIGHBOURS)
        cells = (active.view(bool) & glimpse.touched).nonzero()
        rgb = self._frame_cells[cells]
        channels = rgb != self._background_cells[cells]
        differs = channels[..., 0] | channels[..., 1] | channels[..., 2]
        cell, y, x = differs.nonzero()
        nats = glimpse.objectness[cells] / np.maximum(differs.sum(axis=(1, 2)), 1)
        return Pixels(
            CELL * cells[0][cell] + y, CELL * cells[1][cell] + x, rgb[cell, y, x], nats[cell]
        )


def _affine(norm: torch.nn.Module, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Scale and shift by channel that batch normalisation applies in use."""
    if not isinstance(norm, torch.nn.BatchNorm2d):
        return np.ones(channels, np.float32), np.zeros(channels, np.float32)
    assert norm.running_var is not None and norm.running_mean is not None
    scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    return scale.numpy(), (norm.bias.detach() - scale * norm.running_mean).numpy()


def gaussian_nats(mu: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """`losses.elementwise_kl` summed over the filters, (C, K) each -> (C,)."""
    return np.asarray(0.5 * (np.exp(logvar) + mu * mu - 1.0 - logvar).sum(axis=1))


def categorical_nats(logits: np.ndarray, _: np.ndarray) -> np.ndarray:
    """`losses.categorical_kl`, (C, K) -> (C,)."""
    largest = np.maximum(logits.max(axis=1, keepdims=True), 0.0)
    total = np.exp(logits - largest).sum(axis=1, keepdims=True) + np.exp(-largest)
    log_q = logits - largest - np.log(total)
    log_empty = (-largest - np.log(total))[:, 0]
    types = np.log(losses.OCCUPIED / logits.shape[1])
    return np.asarray(
        (np.exp(log_q) * (log_q - types)).sum(axis=1)
        + np.exp(log_empty) * (log_empty - np.log(1.0 - losses.OCCUPIED))
    )


POSITION_NATS = dict.fromkeys(VARIANTS, gaussian_nats) | {"categorical": categorical_nats}


def whole_frame_nats(
    model: FullyConvolutionalVAE, frame: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """The same from the network run on the whole frame, by filter: (K, M, N) float32, slow."""
    x, behind = (padded(to_unit(image[None])) for image in (frame, background))
    with torch.no_grad():
        return np.asarray(model.nats(*model.encode(x - behind))[0].numpy())


def reconstruction(
    model: FullyConvolutionalVAE, frame: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """What the decoder draws from the posterior mean, (H, W, 3) uint8."""
    x, behind = (padded(to_unit(image[None])) for image in (frame, background))
    with torch.no_grad():
        code = model.code(*model.encode(x - behind))
        probability = torch.sigmoid(model.decode(code) + background_logits(behind))[0]
    height, width = frame.shape[:2]
    return (255 * probability.permute(1, 2, 0)[:height, :width]).round().byte().numpy()
