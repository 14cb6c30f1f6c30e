"""What an imagined future is about: rewards, touches and what goes, step by step."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from symbolic.model.features import there
from symbolic.model.imagine import future, touching
from symbolic.model.laws import Laws
from symbolic.model.scene import ALIVE, HEIGHT, KIND, WIDTH, X, Y
from symbolic.model.step import me_in

TOLD: Final = 0.1  # of a mean reward: what is foreseen to bring less is not told
APART: Final = 1.0  # pixels: objects that are farther apart are in different places


class Event(NamedTuple):
    """In the ``step``-th imagined step (from 1): ``what`` is reward, touch, gone or appears;
    ``kind`` of the thing, -1 for a reward, and ``worth`` in mean rewards."""

    step: int
    what: str
    kind: int
    worth: float


class Told(NamedTuple):
    """The likeliest future of a plan: its events in order, and where everything is.

    ``places`` (H, N, 2) are rows and columns in pixels, ``there`` (H, N) whether it is there yet,
    or still; H are the steps until imagination ends. ``looks`` (H, N, 3) are kinds, heights and
    widths. The first rows are those of the scene, in its order; what appears follows.
    """

    events: tuple[Event, ...]
    places: np.ndarray
    there: np.ndarray
    looks: np.ndarray


def told_future(scene: np.ndarray, before: int, plan: np.ndarray, laws: Laws) -> Told:
    """What follows a plan from ``scene`` (N, COLUMNS), ``before`` being the action before it."""
    scenes, rewards, steps = future(scene, before, plan, laws)
    events, touched = [], set()
    now = scene
    for h in range(steps):
        after, me = scenes[h], me_in(scenes[h], laws)
        if abs(rewards[h]) >= TOLD:
            events.append(Event(h + 1, "reward", -1, float(rewards[h])))
        for i in range(len(after)):
            kind = int(after[i, KIND])
            was = i < len(now) and there(now, i)
            if not was and there(after, i):
                events.append(Event(h + 1, "appears", kind, 0.0))
            elif was and not there(after, i):
                events.append(Event(h + 1, "gone", kind, 0.0))
            elif i not in touched and i != me and _touches(after, me, i):
                touched.add(i)
                events.append(Event(h + 1, "touch", kind, 0.0))
        now = after
    alive = scenes[:steps, :, ALIVE] >= 0.5
    places, looks = scenes[:steps, :, [Y, X]], scenes[:steps, :, [KIND, HEIGHT, WIDTH]]
    return Told(tuple(events), places, alive, looks)


def _touches(scene: np.ndarray, me: int, i: int) -> bool:
    return me >= 0 and there(scene, i) and bool(touching(scene, me, i))


def parting(one: Told, other: Told) -> int | None:
    """The first step (from 1) after which two futures of one scene look different, if any does."""
    for h in range(min(len(one.places), len(other.places))):
        both = one.there[h] & other.there[h]
        apart = np.abs(one.places[h] - other.places[h])[both].max(initial=0.0) > APART
        if apart or (one.there[h] != other.there[h]).any():
            return h + 1
    shorter = min(len(one.places), len(other.places))
    return None if len(one.places) == len(other.places) else shorter + 1
