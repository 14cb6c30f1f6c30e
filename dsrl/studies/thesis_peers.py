"""What the study reads frames with, one interface for all: networks, controls and other eyes.

A peer looks at frames and is asked for what it finds above a threshold. To add one, write a
function from (frames, seed) to readers by the name of their measure, and put it into `PEERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from perception.background import check_frames
from perception.detection import LatentConfig, train_latents
from perception.gaussian_eyes.reader import Looks
from perception.gaussian_eyes.readout import Blob, Form
from perception.models.gaussian_config import GaussianConfig
from perception.models.inputs import Grid
from perception.objects import Detection
from perception.pixels import PixelConfig, train_pixels

CELL = 4  # pixels, those of the shallow network's positions
NATIVE = GaussianConfig(beta=1.0)  # whose grid the control without a network has


class AnyLooks(Protocol):
    """What was seen in some frames."""

    def blobs(self, threshold: float, form: Form) -> list[list[Blob]]: ...
    def levels(self, count: int) -> np.ndarray: ...
    def own_threshold(self, form: Form) -> float: ...


Read = Callable[[np.ndarray], AnyLooks]
Peer = Callable[[np.ndarray, int], Mapping[str, Read]]


class Detected(list[list[Blob]]):
    """Detections of eyes whose kinds are their own, by frame."""

    def blobs(self, threshold: float, form: Form) -> list[list[Blob]]:
        """Those that are surer than the threshold; they have their form."""
        return [[b for b in seen if b.score > threshold] for seen in self]

    def levels(self, count: int) -> np.ndarray:
        """Quantiles of the scores, from below the least."""
        scores = [b.score for seen in self for b in seen]
        if not scores:
            return np.zeros(1)
        levels = np.quantile(scores, np.linspace(0.0, 1.0, count + 1)[:-1])
        return np.concatenate([[levels[0] - 1.0], levels])

    def own_threshold(self, form: Form) -> float:
        """Such eyes have chosen already."""
        return -np.inf


def changed_pixels(frames: np.ndarray, seed: int) -> Mapping[str, Read]:
    """No network: how many pixels of a cell differ from the median of play, and by what colour.

    The spectrum is the mean |pixel - median| over the changed pixels, red, green and blue.
    """
    check_frames(frames)
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), 200)).astype(int)
    median = np.median(frames[chosen], axis=0).round().astype(np.uint8)
    grid = Grid(NATIVE, frames.shape[1:])

    def read(frames: np.ndarray) -> Looks:
        pairs = [_change(frame, median) for frame in frames]
        count, colour = (np.stack(each) for each in zip(*pairs, strict=True))
        return Looks(count, colour, grid)

    return {"pixels": read}


def _change(frame: np.ndarray, median: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Changed pixels by cell (M, N), and their mean difference by channel (3, M, N)."""
    off = np.abs(frame.astype(np.int16) - median)
    count = _by_cell((off > 0).any(axis=2)[..., None])[..., 0]
    colour = _by_cell(off) / np.maximum(count, 1)[..., None]
    return count, np.moveaxis(colour, -1, 0)


def _by_cell(picture: np.ndarray) -> np.ndarray:
    """Sums of (H, W, C) over cells, zeros beyond the edges: (M, N, C) float32."""
    height, width, channels = picture.shape
    whole = np.pad(picture, ((0, -height % CELL), (0, -width % CELL), (0, 0))).astype(np.float32)
    cells = whole.reshape(whole.shape[0] // CELL, CELL, whole.shape[1] // CELL, CELL, channels)
    return np.asarray(cells.sum(axis=(1, 3)))


def sprites(frames: np.ndarray, seed: int) -> Mapping[str, Read]:
    """The agent's eyes: a latent of presence, type and offset a cell."""
    return {"presence": by_detections(train_latents(frames, LatentConfig(), seed))}


def pixels(frames: np.ndarray, seed: int) -> Mapping[str, Read]:
    """The classical pipeline: what differs from the background, parted by colour."""
    return {"area": by_detections(train_pixels(frames, PixelConfig()))}


def by_detections(eyes: Callable[[np.ndarray], list[Detection]]) -> Read:
    """Reading with any eyes that make detections."""

    def read(frames: np.ndarray) -> Detected:
        return Detected([as_blob(d) for d in eyes(frame)] for frame in frames)

    return read


def as_blob(d: Detection) -> Blob:
    """A detection, whose kind is told already."""
    return Blob(d.y, d.x, d.height, d.width, d.score, np.zeros(0, np.float32), d.kind)


PEERS: dict[str, Peer] = {"changed_pixels": changed_pixels, "latents": sprites, "pixels": pixels}
