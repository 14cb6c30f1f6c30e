"""Kinds of objects, found without labels: colour groups, then size, place and mobility.

A kind is a cluster of *tracks* of one colour group. Colour comes first because Atari sprites keep
theirs while their height changes (clipped at an edge, drawn twice in a maximum of two frames).
Shapes: K kinds, R regions, G colour groups.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from perception.objects import Detection
from perception.pixels.segmentation import COLOURS, UNKNOWN, Regions, colour_code

BLOCK = 8  # pixels: side of the squares in which places are counted
STRAY = 0.01  # chance that something is where its kind was never seen
SIZE_SPREAD = 0.3  # of log height and log width
SIZE_DOUBT = 4.0  # nats: the most that a strange size tells against a kind
ANY_SIZE = 1.0  # nats against kinds that stand, whose members (digits) have many shapes
DOUBT = 4.0  # nats: the most that one frame tells against a kind
MOST_REMEMBERED = 20_000  # answers
STILL = 0.04  # tracks that move in fewer of their steps stand still
NEW_COLOUR = 60.0  # RGB distance beyond which a colour never seen makes a new kind
PER_KIND = ("family", "colour", "log_size", "mobility", "place", "solitary", "count")


class Kinds:
    """The known kinds and the rule that names a region's kind. Grows at play, up to a bound."""

    def __init__(self, shape: tuple[int, int], max_kinds: int) -> None:
        self.blocks = (-(-shape[0] // BLOCK), -(-shape[1] // BLOCK))
        self.max_kinds = max_kinds
        self.group_of_code = np.zeros(COLOURS, np.int16)
        self.family = np.zeros(0, np.int64)  # (K,) colour group
        self.colour = np.zeros((0, 3))  # mean RGB
        self.log_size = np.zeros((0, 2))  # log height, log width
        self.mobility = np.zeros(0)  # chance of moving in an agent step
        self.place = np.zeros((0, *self.blocks))  # log chance of each block
        self.solitary = np.zeros(0, bool)  # always one of it, never two
        self.count = np.zeros(0, np.int64)  # detections in training
        self._remembered: dict[tuple[float, ...], dict[int, float]] = {}

    def __len__(self) -> int:
        return len(self.family)

    def add(
        self,
        family: int,
        colour: np.ndarray,
        log_size: np.ndarray,
        mobility: float,
        seen: np.ndarray,
        count: int,
        solitary: bool,
    ) -> int:
        """Append a kind and return its number. `seen` counts its visits to each block."""
        near = cv2.blur(np.asarray(seen, float), (3, 3), borderType=cv2.BORDER_CONSTANT)
        share = near / max(near.sum(), 1.0)
        place = np.log((1.0 - STRAY) * share + STRAY / seen.size)
        self.family = np.append(self.family, family)
        self.colour = np.concatenate([self.colour, np.asarray(colour, float)[None]])
        self.log_size = np.concatenate([self.log_size, np.asarray(log_size, float)[None]])
        self.mobility = np.append(self.mobility, np.clip(mobility, 0.01, 0.99))
        self.place = np.concatenate([self.place, place[None]])
        self.solitary = np.append(self.solitary, solitary)
        self.count = np.append(self.count, count)
        self._remembered.clear()
        return len(self) - 1

    def describe(self) -> list[dict[str, Any]]:
        """One row a kind, for reports: mean RGB, median size in pixels, mobility, detections."""
        return [
            {
                "kind": kind,
                "colour": [round(c) for c in self.colour[kind].tolist()],
                "height": round(float(np.exp(self.log_size[kind, 0])), 1),
                "width": round(float(np.exp(self.log_size[kind, 1])), 1),
                "mobility": round(float(self.mobility[kind]), 3),
                "solitary": bool(self.solitary[kind]),
                "detections": int(self.count[kind]),
            }
            for kind in range(len(self))
        ]

    def classify(self, regions: Regions, colour_of: Callable[[int], np.ndarray]) -> list[int]:
        """The likeliest kind of each region, (R,): its colour group, then size and place.

        `colour_of` gives a region's mean RGB; it is asked about colours never seen alone.
        """
        family = regions.group.astype(np.int64)
        for region in (family == UNKNOWN).nonzero()[0].tolist():
            family[region] = self._nearest_family(regions, region, colour_of(region))
        edges = (family, regions.top, regions.left, regions.bottom, regions.right)
        kinds = []
        for group, top, left, bottom, right in zip(*(e.tolist() for e in edges), strict=True):
            y, x = (top + bottom - 1) / 2, (left + right - 1) / 2
            nats = self.nats(group, y, x, bottom - top, right - left)
            kinds.append(max(nats, key=lambda kind: nats[kind]))
        return kinds

    def evidence(self, d: Detection) -> dict[int, float]:
        """The same of a detection."""
        return self.nats(int(self.family[d.kind]), d.y, d.x, d.height, d.width)

    def nats(
        self, family: int, y: float, x: float, height: float, width: float
    ) -> dict[int, float]:
        """What size and place tell for each kind of a family: nats from 0, the likeliest, down.

        Remembered, since things stand or come back where they were; treat it as read-only.
        """
        block = (max(int(y), 0) // BLOCK, max(int(x), 0) // BLOCK)
        key = (family, *block, height, width)
        nats = self._remembered.get(key)
        if nats is None:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            nats = self._remembered[key] = self._evidence(family, block, height, width)
        return nats

    def _evidence(
        self, family: int, block: tuple[int, int], height: float, width: float
    ) -> dict[int, float]:
        members = (self.family == family).nonzero()[0]
        off = np.abs(np.log([height, width]) - self.log_size[members]).sum(axis=1) / SIZE_SPREAD
        doubt = np.where(self.mobility[members] < STILL, ANY_SIZE, np.minimum(off, SIZE_DOUBT))
        nats = self.place[members, block[0], block[1]] - doubt
        below = np.maximum(nats - nats.max(), -DOUBT)
        return dict(zip(members.tolist(), below.tolist(), strict=True))

    def _nearest_family(self, regions: Regions, region: int, colour: np.ndarray) -> int:
        """The family of a colour never seen in training: the nearest, or a new one."""
        distance = np.linalg.norm(self.colour - colour, axis=1)
        if len(self) and (distance.min() <= NEW_COLOUR or len(self) >= self.max_kinds):
            return int(self.family[distance.argmin()])
        family = int(max(self.family.max(initial=UNKNOWN), self.group_of_code.max())) + 1
        self.group_of_code[colour_code(np.round(colour).astype(np.uint8)[None])] = family
        size = [
            regions.bottom[region] - regions.top[region],
            regions.right[region] - regions.left[region],
        ]
        self.add(family, colour, np.log(size), 0.5, np.zeros(self.blocks), 0, False)
        return family

    def get_state(self) -> dict[str, Any]:
        return {name: getattr(self, name).copy() for name in ("group_of_code", *PER_KIND)}

    def set_state(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, np.array(value, dtype=getattr(self, name).dtype))
