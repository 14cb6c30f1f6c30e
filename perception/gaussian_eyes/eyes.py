"""The eyes: a whole frame in, and what a Gaussian latent space says is where.

Place is where objectness exceeds a threshold, size that of the blob of positions, kind that of the
cluster which the blob's activation spectrum is nearest to. No pixel is compared with a background,
and no components, colours or sizes of pixels are looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from perception.background import check_frame
from perception.gaussian_eyes.config import GaussianEyesConfig
from perception.gaussian_eyes.kinds import SpectrumKinds
from perception.gaussian_eyes.reader import Reader, drawn, posterior
from perception.gaussian_eyes.readout import Blob
from perception.models.gaussian import GaussianVAE, build_gaussian
from perception.objects import Detection, Object
from perception.torch_state import arrays_of, load_arrays
from perception.tracking import Tracker


class GaussianEyes:
    """Trained eyes. `eyes(frame)` is one frame's detections; `track` follows them through time and
    must be called once for every frame, in order; `reset()` forgets the tracks."""

    def __init__(
        self, config: GaussianEyesConfig, reader: Reader, threshold: float, kinds: SpectrumKinds
    ) -> None:
        self.config, self.reader = config, reader
        self.threshold, self.kinds = threshold, kinds
        self.tracker = Tracker(config)
        self.novelty = 0
        self.attributes: tuple[tuple[int, int], ...] = ()

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        """Detections in one (H, W, 3) uint8 frame. ValueError on another shape or dtype."""
        check_frame(frame, self.reader.shape)
        return [self._detection(blob) for blob in self.blobs_in(frame[None])[0]]

    def blobs_in(self, frames: np.ndarray) -> list[list[Blob]]:
        """What exceeds the threshold in each of (F, H, W, 3) frames, by spectrum."""
        return self.reader(frames).blobs(self.threshold, self.config.form)

    def _detection(self, blob: Blob) -> Detection:
        return Detection(self.kinds.kind(blob), blob.y, blob.x, blob.height, blob.width, blob.score)

    @property
    def background(self) -> np.ndarray:
        """What the decoder draws where nothing is, (H, W, 3) uint8."""
        return drawn(self.reader.model, self.reader.empty, self.reader.shape)

    def reconstruct(self, frame: np.ndarray) -> np.ndarray:
        """The decoder's picture of the posterior's mean, (H, W, 3) uint8."""
        return drawn(
            self.reader.model, posterior(self.reader.model, frame[None])[0][0], frame.shape
        )

    def track(self, detections: list[Detection]) -> list[Object]:
        """The objects these detections belong to, by id."""
        return self.tracker.step(detections, self.kinds)

    def reset(self) -> None:
        """Forget the tracks, as at the start of an episode; what was learned stays."""
        self.tracker.reset()

    def get_state(self) -> dict[str, Any]:
        """All of it, tracks included, as numpy arrays and JSON values."""
        return {
            "gaussian": self.config.to_json(),
            "weights": arrays_of(self.reader.model),
            "empty": self.reader.empty.copy(),
            "shape": list(self.reader.shape),
            "threshold": self.threshold,
            "kinds": self.kinds.get_state(),
            "tracker": self.tracker.get_state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> GaussianEyes:
        """The inverse of `get_state`."""
        config = GaussianEyesConfig.from_json(state["gaussian"])
        model: GaussianVAE = build_gaussian(config.latent, 0)
        load_arrays(model, state["weights"])
        shape = tuple(int(length) for length in state["shape"])
        reader = Reader(model, shape, config.measure, np.array(state["empty"], np.float32))
        kinds = SpectrumKinds.from_state(state["kinds"])
        eyes = cls(config, reader, float(state["threshold"]), kinds)
        if "tracker" in state:
            eyes.tracker.set_state(state["tracker"])
        return eyes
