"""The classic peer: the pipeline a practitioner writes with OpenCV, behind the eyes' interface.

Median background, differences, connected components, k-means of small patches. It is there to be
compared with, on the same frames by the same score: it shares the tracker and the form of a
detection with the other eyes, since the comparison is about finding and typing objects.
"""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from perception.background import check_frame, check_frames
from perception.files import read_arrays, write_arrays
from perception.objects import Detection, Object
from perception.pixels.classic_kinds import ClusterKinds, find_clusters
from perception.pixels.classic_patches import Palette, Part, Patch, components, find_palette
from perception.tracking import Tracker, TrackerConfig

FILE_NAME = "classic.safetensors"
METHOD = "classic"
MEDIAN_FRAMES = 400  # evenly spaced frames the median is taken over
KIND_FRAMES = 1000  # evenly spaced frames the clusters are found in
THRESHOLD = 16  # a channel's difference that counts; emulators have no noise
MOST_REMEMBERED = 4_000  # components, with what they turned out to be


class Changes:
    """Frame (H, W, 3) uint8 -> its components that differ from the background."""

    def __init__(self, background: np.ndarray) -> None:
        self._low = np.maximum(background, THRESHOLD) - np.uint8(THRESHOLD)
        self._high = np.minimum(background, 255 - THRESHOLD) + np.uint8(THRESHOLD)

    def __call__(self, frame: np.ndarray) -> list[Part]:
        mask = cv2.bitwise_not(cv2.inRange(frame, self._low, self._high))
        return components(cv2.cvtColor(frame, cv2.COLOR_RGB2RGBA), mask)


class ClassicPerception:
    """`eyes(frame)` is one frame's detections; `track(detections)`, `reset()`.

    The tracker is the same, with the same settings. It follows things within their colour; what
    kind a thing is, its nearest cluster, each frame says anew.
    """

    def __init__(self, background: np.ndarray, palette: Palette, kinds: ClusterKinds) -> None:
        self.background, self.palette, self.kinds = background, palette, kinds
        self.changes = Changes(background)
        self.tracker = Tracker(TrackerConfig())
        self._remembered: dict[Patch, list[Detection]] = {}
        self._kind_of: dict[int, int] = {}  # of the last step's objects, by id

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        """Detections in one (H, W, 3) uint8 frame, their score the area in pixels.

        ValueError on another shape or dtype.
        """
        check_frame(frame, self.background.shape)
        return [
            Detection(d.kind, top + d.y, left + d.x, d.height, d.width, d.score)
            for top, left, _, patch in self.changes(frame)
            for d in self._within(patch)
        ]

    def _within(self, patch: Patch) -> list[Detection]:
        """What a component holds, from its corner; remembered, since sprites come back exactly."""
        found = self._remembered.get(patch)
        if found is None:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            found = [self._detection(part) for part in self.palette.split(patch)]
            self._remembered[patch] = found
        return found

    def _detection(self, part: Part) -> Detection:
        height, width = part.patch.height, part.patch.width
        y, x = part.top + (height - 1) / 2, part.left + (width - 1) / 2
        kind = self.kinds.classify(part.patch, self.palette.group_of(part.patch))
        return Detection(kind, y, x, float(height), float(width), float(part.area))

    def track(self, detections: list[Detection]) -> list[Object]:
        """The objects these detections belong to, by id; once for every frame, in order."""
        family = self.kinds.family
        kind_at = {(family[d.kind], *d[1:5]): d.kind for d in detections}
        objects = []
        for o in self.tracker.step(detections, self.kinds):
            before = self._kind_of.get(o.id, o.kind)  # merged with another it has no detection
            kind = kind_at.get((family[o.kind], o.y, o.x, o.height, o.width), before)
            objects.append(o._replace(kind=kind))
        self._kind_of = {o.id: o.kind for o in objects}
        return objects

    def reset(self) -> None:
        """Forget the tracks, as at the start of an episode; what was learned stays."""
        self.tracker.reset()
        self._kind_of.clear()

    def save(self, path: str | Path) -> None:
        """Write what was learned to a .safetensors file, or into a directory. Tracks are left."""
        arrays = {f"kinds/{name}": value for name, value in self.kinds.get_state().items()}
        arrays |= {"colours": self.palette.colours, "group": self.palette.group}
        write_arrays(_file_in(path), arrays | {"background": self.background}, {"method": METHOD})

    @classmethod
    def load(cls, path: str | Path) -> "ClassicPerception":
        """Read a file written by `save`. ValueError where it is altered, FileNotFoundError."""
        file = _file_in(path)
        arrays, values = read_arrays(file)
        if values.get("method") != METHOD:
            raise ValueError(f"{file} holds no classic perception: give a file that one saved")
        kinds = {k.removeprefix("kinds/"): v for k, v in arrays.items() if k.startswith("kinds/")}
        palette = Palette(arrays["colours"], arrays["group"])
        return cls(arrays["background"], palette, ClusterKinds(**kinds))


def train_classic(frames: np.ndarray, seed: int) -> ClassicPerception:
    """Background and clusters of (N, H, W, 3) uint8 frames, without labels.

    Deterministic given `seed`. Raises ValueError for frames of a wrong kind or that never change.
    """
    check_frames(frames)
    background = np.median(_spaced(frames, MEDIAN_FRAMES), axis=0).astype(np.uint8)
    changes = Changes(background)
    spaced = _spaced(frames, KIND_FRAMES)
    whole = Counter(part.patch for frame in spaced for part in changes(frame))
    if not whole:
        raise ValueError(
            f"the {len(frames)} frames hardly change: nothing moves, so there is nothing to "
            "learn; give frames of play"
        )
    palette = find_palette(whole, len(spaced))
    parts: Counter[Patch] = Counter()
    for patch, number in whole.items():
        for part in palette.split(patch):
            parts[part.patch] += number
    return ClassicPerception(background, palette, find_clusters(parts, palette, seed))


def _spaced(frames: np.ndarray, most: int) -> np.ndarray:
    """`most` of the frames at most, evenly spaced."""
    return frames[np.linspace(0, len(frames) - 1, min(len(frames), most)).round().astype(int)]


def _file_in(path: str | Path) -> Path:
    path = Path(path)
    return path if path.suffix == ".safetensors" else path / FILE_NAME
