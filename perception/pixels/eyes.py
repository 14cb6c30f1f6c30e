"""The eyes of pixels: a frame in, typed and tracked objects out."""

from typing import Any

import numpy as np

from perception.background import check_frame
from perception.objects import Detection, Object
from perception.pixels.config import PixelConfig
from perception.pixels.discovery import detections_of
from perception.pixels.kinds import Kinds
from perception.pixels.segmentation import changed_pixels, mean_colour, segment, summarise
from perception.tracking import Tracker


class PixelEyes:
    """A background, the kinds found before it, and a tracker.

    `eyes(frame)` is one frame's detections; `track(detections)` follows them through time
    and must be called once for every frame, in order; `reset()` forgets the tracks.
    """

    def __init__(self, config: PixelConfig, background: np.ndarray, kinds: Kinds) -> None:
        self.config, self.background, self.kinds = config, background, kinds
        self.tracker = Tracker(config)
        self.novelty = 0  # pixels of the latest frame in things of kinds never met in training
        self.attributes: tuple[tuple[int, int], ...] = ()  # what latents say; dense eyes alone

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        """Detections in one (H, W, 3) uint8 frame, their score the changed pixels of each.

        ValueError on another shape or dtype.
        """
        check_frame(frame, self.background.shape)
        pixels = changed_pixels(frame, self.background)
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

    def get_state(self) -> dict[str, Any]:
        """All of it, tracks included, as numpy arrays and JSON values."""
        return {
            "config": self.config.to_json(),
            "background": self.background.copy(),
            "kinds": self.kinds.get_state(),
            "tracker": self.tracker.get_state(),
            "novelty": self.novelty,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "PixelEyes":
        """The inverse of `get_state`."""
        config = PixelConfig.from_json(state["config"])
        background = np.array(state["background"], dtype=np.uint8)
        kinds = Kinds(background.shape[:2], config.max_kinds)
        kinds.set_state(state["kinds"])
        eyes = PixelEyes(config, background, kinds)
        eyes.tracker.set_state(state["tracker"])
        eyes.novelty = int(state["novelty"])
        return eyes
