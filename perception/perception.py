"""The public face: a frame in, typed and tracked objects out."""

from pathlib import Path
from typing import Any

import numpy as np

from perception.background import check_frame
from perception.colours import only
from perception.config import PerceptionConfig
from perception.discovery import detections_of
from perception.encoder import Encoder, reconstruction, whole_frame_nats
from perception.files import read_arrays, write_arrays
from perception.kinds import Kinds
from perception.model import FullyConvolutionalVAE, build_model
from perception.objects import Detection, Object
from perception.segmentation import mean_colour, segment, summarise
from perception.torch_state import arrays_of, load_arrays
from perception.tracking import Tracker

FILE_NAME = "perception.safetensors"


class Perception:
    """A trained encoder with its background, kinds and tracker.

    `perception(frame)` is one frame's detections; `track(detections)` follows them through time
    and must be called once for every frame, in order; `reset()` forgets the tracks.
    """

    def __init__(
        self,
        config: PerceptionConfig,
        model: FullyConvolutionalVAE,
        background: np.ndarray,
        kinds: Kinds,
    ) -> None:
        self.config, self.model, self.background, self.kinds = config, model, background, kinds
        model.eval()
        self.encoder = Encoder(model, background)
        self.tracker = Tracker(config.coast_steps, config.gate_pixels)
        self.novelty = 0  # pixels of the latest frame in things of kinds never met in training
        self.attributes: tuple[tuple[int, int], ...] = ()  # what latents say; dense eyes alone

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        """Detections in one (H, W, 3) uint8 frame. ValueError on another shape or dtype."""
        check_frame(frame, self.background.shape)
        glimpse = self.encoder(self.seen(frame))
        pixels = self.encoder.active_pixels(glimpse, self.config.objectness_nats)
        if len(pixels.y) == 0:
            self.novelty = 0
            return []
        labels, groups, count = segment(pixels, self.kinds.group_of_code)
        regions = summarise(pixels, labels, groups, count)
        kinds = self.kinds.classify(regions, lambda region: mean_colour(pixels, labels, region))
        self.novelty = int(regions.area[self.kinds.count[kinds] == 0].sum())
        return detections_of(regions, kinds)

    def track(self, detections: list[Detection]) -> list[Object]:
        """The objects these detections belong to, by id."""
        return self.tracker.step(detections, self.kinds)

    def reset(self) -> None:
        """Forget the tracks, as at the start of an episode; what was learned stays."""
        self.tracker.reset()

    def seen(self, frames: np.ndarray) -> np.ndarray:
        """Frames (..., 3) uint8 as these eyes see them: in their colours alone."""
        return only(self.config.colour, frames)

    def objectness(self, frame: np.ndarray) -> np.ndarray:
        """KL of the posterior at every cell of 4 x 4 pixels, (rows, columns) float32 nats."""
        check_frame(frame, self.background.shape)
        return np.asarray(self.filter_nats(frame).sum(axis=0))

    def filter_nats(self, frame: np.ndarray) -> np.ndarray:
        """The same by latent filter, (K, rows, columns): the strongest is a latent type."""
        check_frame(frame, self.background.shape)
        return whole_frame_nats(self.model, self.seen(frame), self.background)

    def reconstruct(self, frame: np.ndarray) -> np.ndarray:
        """What the decoder draws from the posterior mean, (H, W, 3) uint8: for pictures."""
        check_frame(frame, self.background.shape)
        return reconstruction(self.model, self.seen(frame), self.background)

    def save(self, path: str | Path) -> None:
        """Write what was learned to a .safetensors file, or into a directory. Tracks are left."""
        path = Path(path)
        arrays = {f"weights/{k}": v for k, v in arrays_of(self.model).items()}
        arrays |= {f"kinds/{k}": v for k, v in self.kinds.get_state().items()}
        arrays["background"] = self.background
        write_arrays(_file_in(path), arrays, {"config": self.config.to_json()})

    @classmethod
    def load(cls, path: str | Path) -> "Perception":
        """Read a file written by `save`. ValueError where it is altered, FileNotFoundError."""
        arrays, values = read_arrays(_file_in(Path(path)))
        state: dict[str, Any] = {"config": values["config"], "background": arrays["background"]}
        for part in ("weights", "kinds"):
            names = [name for name in arrays if name.startswith(f"{part}/")]
            state[part] = {name.removeprefix(f"{part}/"): arrays[name] for name in names}
        return cls.from_state(state)

    def get_state(self) -> dict[str, Any]:
        """All of it, tracks included, as numpy arrays and JSON values."""
        return {
            "config": self.config.to_json(),
            "weights": arrays_of(self.model),
            "background": self.background.copy(),
            "kinds": self.kinds.get_state(),
            "tracker": self.tracker.get_state(),
            "novelty": self.novelty,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Become the perception that `get_state` was called on."""
        other = type(self).from_state(state)
        self.__dict__.update(other.__dict__)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Perception":
        config = PerceptionConfig.from_json(state["config"])
        model = build_model(config, seed=0)
        load_arrays(model, state["weights"])
        background = np.array(state["background"], dtype=np.uint8)
        kinds = Kinds(background.shape[:2], config.max_kinds)
        kinds.set_state(state["kinds"])
        perception = cls(config, model, background, kinds)
        if "tracker" in state:
            perception.tracker.set_state(state["tracker"])
            perception.novelty = int(state["novelty"])
        return perception


def _file_in(path: Path) -> Path:
    return path if path.suffix == ".safetensors" else path / FILE_NAME
