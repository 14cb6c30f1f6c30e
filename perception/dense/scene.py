"""The scene of a game as a simulator: where its things are says how it looks.

A picture tells of each place how near the nearest thing is. So seen, what is a few pixels large
is noticed from afar, and an encoder can be drawn towards it. Things of different colours are seen
in channels of their own, as far as these go. Things are those that come one at a time; of what
comes in numbers that vary, a dense code of fixed length cannot tell.

N pictures, K parameters, T things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from perception.objects import Detection
from perception.pixels.kinds import Kinds

SIDE, CHANNELS = 64, 3  # of a picture
REACH = 10.0  # pixels from a thing at which its nearness has fallen to 1/e
LEAST_RANGE = 4.0  # pixels: what keeps to less does not move along that axis
MOVING = 0.5  # chance of moving in an agent step that a thing must have
OFTEN = 0.1  # of frames in which it must be seen,
ALONE = 0.95  # and of these, in which it is seen once
ALWAYS = 0.99  # of frames: what is seen in so many is always there
STRIDES = (8.0, 4.0, 2.0, 1.0, 0.5)  # pixels, of the search for what explains a picture best
ROUNDS = 2  # of that search
FAR = 2.0  # reaches from a thing, beyond which it is as good as nothing

NOTHING = (
    "nothing that moves comes one at a time here: there is no scene of fixed parts for a dense "
    "encoder to tell; use the default perception"
)
WHOLE = slice(None), slice(None)  # all rows and columns of a picture


class Thing(NamedTuple):
    """What the scene knows of a thing: its kind and channel, its size, the range of its centre as
    (y, x), in pixels of the frame; ``always`` is whether it is never missing."""

    kind: int
    channel: int
    height: float
    width: float
    low: tuple[float, float]
    high: tuple[float, float]
    always: bool


class Seen(NamedTuple):
    """Centres and sizes (T, 2), y and x in pixels of the frame, and which are there, (T,) bool."""

    centres: np.ndarray
    sizes: np.ndarray
    there: np.ndarray


def things_of(kinds: Kinds, frames: Iterable[Sequence[Detection]]) -> list[Thing]:
    """The kinds that move and come one at a time, as they were seen frame by frame."""
    places: dict[int, list[tuple[float, float]]] = {}
    once: Counter[int] = Counter()
    number = 0
    for detections in frames:
        number += 1
        times = Counter(d.kind for d in detections)
        once.update(kind for kind, n in times.items() if n == 1)
        for d in detections:
            places.setdefault(d.kind, []).append((d.y, d.x))
    seen = {kind: len(found) for kind, found in places.items()}
    found: list[Thing] = []
    families: list[int] = []
    for kind in sorted(places):
        moves, often = kinds.mobility[kind] > MOVING, seen[kind] >= OFTEN * number
        if moves and often and once[kind] >= ALONE * seen[kind]:
            low, high = np.percentile(places[kind], (0.5, 99.5), axis=0)
            height, width = np.exp(kinds.log_size[kind])
            if (family := int(kinds.family[kind])) not in families:
                families.append(family)
            channel = families.index(family) % CHANNELS
            found.append(
                Thing(
                    kind, channel, float(height), float(width), (float(low[0]), float(low[1])),
                    (float(high[0]), float(high[1])), once[kind] >= ALWAYS * number,
                )
            )  # fmt: skip
    return found


class Scene:
    """A `Simulator` of pictures (64, 64, 3). Parameters are the coordinates along which things
    move, in pixels of the frame, and for each that may be missing how far it is there, 0 to 1.

    Raises ValueError where there are no things, or none goes far.
    """

    name = "scene"
    observation_shape = (SIDE, SIDE, CHANNELS)

    def __init__(self, things: Sequence[Thing]) -> None:
        if not things:
            raise ValueError(NOTHING)
        self.things = tuple(things)
        self._low = np.array([t.low for t in things])  # (T, 2)
        self._high = np.array([t.high for t in things])
        self._half = np.array([[t.height, t.width] for t in things]) / 2
        begins = np.floor((self._low - self._half).min(axis=0)).astype(int)
        self.top, self.left = np.maximum(begins, 0).tolist()
        ends = np.ceil((self._high + self._half).max(axis=0)).astype(int) + 1
        self.bottom, self.right = ends.tolist()
        self._rows = _middles(self.top, self.bottom)
        self._columns = _middles(self.left, self.right)
        moves = self._high - self._low > LEAST_RANGE
        self._moving = [(t, axis) for t in range(len(things)) for axis in (0, 1) if moves[t, axis]]
        self._steps = [  # to its neighbours, (M, 2) of each thing: first to stay
            np.array([
                (y, x)
                for y in ((0, -1, 1) if moves[t, 0] else (0,))
                for x in ((0, -1, 1) if moves[t, 1] else (0,))
            ])
            for t in range(len(things))
        ]  # fmt: skip
        self._missing = [t for t, thing in enumerate(things) if not thing.always]
        self.parameter_names = (
            *(f"{'yx'[axis]} of kind {things[t].kind}" for t, axis in self._moving),
            *(f"presence of kind {things[t].kind}" for t in self._missing),
        )
        if not self._moving:
            raise ValueError(NOTHING)
        self.coordinates = len(self._moving)  # parameters before those of presence
        self._thing_of = [t for t, _ in self._moving] + self._missing
        self.channel_of = np.array([things[t].channel for t in self._thing_of])  # of parameters
        along = tuple(zip(*self._moving, strict=True))
        none, one = np.zeros(len(self._missing)), np.ones(len(self._missing))
        self.low = np.concatenate([self._low[along], none])
        self.high = np.concatenate([self._high[along], one])

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(N, K), anywhere in the ranges; half of the time a thing is there, or missing, quite."""
        found = rng.uniform(self.low, self.high, (num, len(self.low)))
        presence = found[:, self.coordinates :]
        presence[:] = np.clip(2 * presence - 0.5, 0, 1)
        return found

    def present(self, parameters: np.ndarray, k: int) -> np.ndarray:
        """(N,) bool: where there is what parameter ``k`` is a coordinate of; for the presence of a
        thing, everywhere."""
        if k >= self.coordinates or (t := self._thing_of[k]) not in self._missing:
            return np.ones(len(parameters), bool)
        return parameters[:, self.coordinates + self._missing.index(t)] > 0

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        """(N, 64, 64, 3) uint8."""
        there = np.ones((len(parameters), len(self.things)))
        there[:, self._missing] = parameters[:, self.coordinates :]
        near = self._nearness(self.centres(parameters)) * there[:, :, None, None]
        found = np.zeros((len(parameters), *self.observation_shape), np.uint8)
        for channel in range(CHANNELS):
            seen = near[:, self._in(channel)].max(axis=1, initial=0.0)
            found[..., channel] = (255 * seen).round()
        return found

    def centres(self, parameters: np.ndarray) -> np.ndarray:
        """(N, T, 2) where the things are, as y and x in pixels of the frame."""
        found = np.repeat(((self._low + self._high) / 2)[None], len(parameters), axis=0)
        for i, (t, axis) in enumerate(self._moving):
            found[:, t, axis] = parameters[:, i]
        return found

    def look(self, channels: np.ndarray) -> np.ndarray:
        """The picture (64, 64, 3) uint8 of a frame, by the channel of each pixel, (H, W) int; what
        is of no thing is in none."""
        part = channels[self.top : self.bottom, self.left : self.right]
        planes = [self._near(part == channel) for channel in range(CHANNELS)]
        return np.asarray((255 * np.stack(planes, axis=-1)).round().astype(np.uint8))

    def _near(self, part: np.ndarray) -> np.ndarray:
        """(64, 64) nearness to what is in a part of the frame, bool."""
        if not part.any():
            return np.zeros((SIDE, SIDE))
        gaps = cv2.distanceTransform((~part).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        near = np.exp(-((np.maximum(gaps - 0.5, 0) / REACH) ** 2))
        columns, rows = self._columns - self.left, self._rows - self.top
        x, y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        return cv2.remap(near, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def settle(self, parameters: np.ndarray, picture: np.ndarray) -> Seen:
        """What explains a picture (64, 64, 3) best, near to what was read from it, (K,): one thing
        after the other is moved to where the rest leaves most unexplained."""
        aims = np.moveaxis(picture, -1, 0) / 255.0
        centres = self.centres(parameters[None])[0]
        near = self._nearness(centres[None])[0]  # (T, 64, 64)
        for stride in STRIDES[:1] + STRIDES * ROUNDS:
            for t in range(len(centres)):
                part = self._near_to(t, centres[t], stride)
                others = near[self._beside(t)][:, *part].max(axis=0, initial=0.0)
                tried = self._around(t, centres[t], stride)
                drawn = self._nearness_of(t, tried, part)
                aim = aims[self.things[t].channel][part]
                errors = ((np.maximum(others, drawn) - aim) ** 2).sum(axis=(1, 2))
                centres[t] = np.rint(2 * tried[int(errors.argmin())]) / 2  # as boxes of pixels have
                near[t] = self._nearness_of(t, centres[t][None])[0]
        there = np.ones(len(centres), bool)
        for t in self._missing:
            aim, others = aims[self.things[t].channel], near[self._beside(t)].max(0, initial=0.0)
            with_it = np.maximum(others, near[t])
            gain = ((others - aim) ** 2).sum() - ((with_it - aim) ** 2).sum()
            there[t] = gain > ((with_it - others) ** 2).sum() / 2
        return Seen(centres, self._sizes(centres), there)

    def _sizes(self, centres: np.ndarray) -> np.ndarray:
        """(T, 2) the sizes nearest to those of the things with which boxes have whole edges: odd
        ones around the middle of a pixel, even ones around the edge between two."""
        odd = centres % 1 == 0
        return np.asarray(2 * np.maximum(np.rint(self._half - odd / 2), 1 - odd) + odd)

    def _in(self, channel: int) -> list[int]:
        return [t for t, thing in enumerate(self.things) if thing.channel == channel]

    def _beside(self, t: int) -> list[int]:
        """The other things of its channel."""
        return [other for other in self._in(self.things[t].channel) if other != t]

    def _near_to(self, t: int, centre: np.ndarray, stride: float) -> tuple[slice, slice]:
        """The rows and columns of the picture that a thing may change when it moves so far."""
        reach = self._half[t] + FAR * REACH + stride
        rows = np.searchsorted(self._rows, (centre[0] - reach[0], centre[0] + reach[0]))
        columns = np.searchsorted(self._columns, (centre[1] - reach[1], centre[1] + reach[1]))
        return slice(*rows.tolist()), slice(*columns.tolist())

    def _around(self, t: int, centre: np.ndarray, stride: float) -> np.ndarray:
        """(M, 2) the centre, and its neighbours along the axes on which the thing moves."""
        return np.clip(centre + stride * self._steps[t], self._low[t], self._high[t])

    def _nearness(self, centres: np.ndarray) -> np.ndarray:
        """(N, T, 64, 64) in 0..1, each thing alone."""
        return np.stack(
            [self._nearness_of(t, centres[:, t]) for t in range(len(self.things))], axis=1
        )

    def _nearness_of(
        self, t: int, centres: np.ndarray, part: tuple[slice, slice] = WHOLE
    ) -> np.ndarray:
        """(N, rows, columns) of one thing at these centres (N, 2), in a part of the picture."""
        parts = []
        for axis, grid in enumerate((self._rows[part[0]], self._columns[part[1]])):
            gap = np.abs(grid - centres[:, axis, None]) - self._half[t, axis]
            parts.append(np.exp(-((np.maximum(gap, 0.0) / REACH) ** 2)))
        return np.asarray(parts[0][:, :, None] * parts[1][:, None, :])


def _middles(first: int, last: int) -> np.ndarray:
    """(64,) middles of as many parts of a stretch, in coordinates of pixels' middles."""
    return first - 0.5 + (last - first) * (np.arange(SIDE) + 0.5) / SIDE
