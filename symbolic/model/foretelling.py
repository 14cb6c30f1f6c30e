"""How well what happens was foretold, one step ahead in play and many steps from memory.

A score does not say what is wrong with a model; these do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symbolic.model.imagine import future
from symbolic.model.laws import Laws
from symbolic.model.memory import Episodes
from symbolic.model.scene import ALIVE, KIND, VY, Y

HALF = 0.5  # of a mean reward: what differs by less was foretold
PIXELS = 1.0  # a place that is told within it is right
OPEN_LOOP = (10, 20, 40, 60)  # agent steps
COUNTS = (
    "places", "places_right", "rewards", "rewards_foretold", "rewards_false", "changes",
    "changes_right", "changes_false", "flips", "flips_foretold", "flips_false",
)  # fmt: skip


class Foretelling:
    """Counts of what came, what of it was foretold, and what was foretold and did not come.

    Laws have not met what they are asked here. A place is that of a thing of a kind that moves; a
    change is one of velocity by more than a pixel, a flip one of its sign on an axis.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(COUNTS, 0)

    def add(
        self,
        before: tuple[np.ndarray, np.ndarray],
        after: tuple[np.ndarray, np.ndarray] | None,
        acts: tuple[int, int],
        reward: float,
        laws: Laws,
    ) -> None:
        """One transition, as `RelationalModel.observe` takes it, and the laws before it."""
        rows, ids = before
        action, last = acts
        scenes, rewards, _ = future(rows, last, np.array([action]), laws)
        told = abs(rewards[0] - reward) <= HALF
        self._count("rewards", bool(reward), bool(reward) and told, not reward and not told)
        if after is None:
            return
        place = {int(each): j for j, each in enumerate(after[1])}
        for i, each in enumerate(ids):
            if int(each) not in place or not laws.moves[int(rows[i, KIND])]:
                continue
            v, ahead = rows[i, VY : VY + 2], scenes[0, i, VY : VY + 2]
            came = after[0][place[int(each)], VY : VY + 2]
            changed, right = np.abs(came - v).max() > 1, np.abs(came - ahead).max() <= PIXELS
            self.counts["places"] += 1
            self.counts["places_right"] += int(right)
            self._count("changes", changed, changed and right, not changed and not right)
            for flipped, foreseen in zip(came * v < 0, ahead * v < 0, strict=True):
                self._count("flips", flipped, flipped and foreseen, foreseen and not flipped)

    def _count(self, what: str, came: bool, foretold: bool, false: bool) -> None:
        told = f"{what}_right" if what == "changes" else f"{what}_foretold"
        self.counts[what] += int(came)
        self.counts[told] += int(foretold)
        self.counts[f"{what}_false"] += int(false)

    def get_state(self) -> dict[str, Any]:
        """The counts."""
        return dict(self.counts)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.counts = {name: int(state[name]) for name in COUNTS}


def open_loop(
    told: Episodes, laws: Laws, times: int, rng: np.random.Generator
) -> dict[tuple[int, int], list[float]]:
    """Errors in pixels of places imagined from one scene on with the actions that were taken.

    By (kind, steps ahead), for objects that are still there; infinite where one was imagined gone.
    From ``times`` drawn scenes of the later half of what is remembered.
    """
    found: dict[tuple[int, int], list[float]] = {}
    longest, total = OPEN_LOOP[-1], len(told.action)
    for _ in range(times if total > 2 * longest else 0):
        t = int(rng.integers(total // 2, total - longest))
        low, high = told.start[t], told.start[t + 1]
        if high == low or (told.ended | told.cut)[t : t + longest].any():
            continue
        plan = told.action[t : t + longest]
        scenes, _, steps = future(told.rows[low:high], int(told.before[t]), plan, laws)
        became = np.arange(low, high)
        for h in range(1, steps + 1):
            became = np.where(became >= 0, told.became[became], became)
            if h not in OPEN_LOOP:
                continue
            for i in np.flatnonzero(became >= 0).tolist():
                imagined, real = scenes[h - 1, i], told.rows[became[i]]
                error = float(np.abs(imagined[Y : Y + 2] - real[Y : Y + 2]).max())
                gone = imagined[ALIVE] < 0.5
                found.setdefault((int(real[KIND]), h), []).append(np.inf if gone else error)
    return found
