"""What happened: scenes one after the other, with what was done and what it brought.

Shapes: T transitions, R rows (objects of all scenes), N objects of one scene.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from symbolic.model.scene import COLUMNS

TOLD = 5  # numbers of each transition beside its scene
GONE, UNKNOWN = -1, -2  # in place of the row that an object became


class Episodes(NamedTuple):
    """All that is remembered, in flat arrays.

    Scene t is ``rows[start[t] : start[t + 1]]``; there is one more scene than transitions, the
    last one being where play stands (it may be empty). ``became`` (R,) is the row in ``rows`` of
    the same object one step later, GONE or UNKNOWN (the episode ended, or it is the last scene).
    ``before`` is the action before ``action``, -1 where there is none. What follows a scene that
    was ``cut`` off was not seen, nor whether anything did.
    """

    rows: np.ndarray
    start: np.ndarray
    became: np.ndarray
    action: np.ndarray
    before: np.ndarray
    reward: np.ndarray
    ended: np.ndarray
    cut: np.ndarray


class Memory:
    """The last ``most`` transitions."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._scenes: list[np.ndarray] = []
        self._next: list[np.ndarray] = []  # of each row, its place in the next scene
        self._told: list[tuple[int, int, float, bool, bool]] = []

    def __len__(self) -> int:
        return len(self._told)

    def add(
        self,
        rows: np.ndarray,
        became: np.ndarray,
        action: int,
        before: int,
        reward: float,
        ended: bool,
        cut: bool = False,
    ) -> None:
        """One transition from the scene ``rows``; ``became`` (N,) are places in the next scene."""
        self._scenes.append(rows)
        self._next.append(became)
        self._told.append((action, before, reward, ended, cut))
        if len(self._told) > self.most:
            surplus = len(self._told) - self.most
            del self._scenes[:surplus], self._next[:surplus], self._told[:surplus]

    def episodes(self, now: np.ndarray | None = None) -> Episodes:
        """Everything, with the scene ``now`` at the end, if any."""
        now = np.zeros((0, COLUMNS)) if now is None else now
        scenes = [*self._scenes, now]
        start = np.concatenate([[0], np.cumsum([len(scene) for scene in scenes])]).astype(np.int64)
        became = np.concatenate([*self._next, np.full(len(now), UNKNOWN)]).astype(np.int64)
        after = np.repeat(start[1:], np.diff(start))
        told = np.array(self._told, np.float64).reshape(-1, TOLD)
        return Episodes(
            rows=np.concatenate(scenes),
            start=start,
            became=np.where(became >= 0, became + after, became),
            action=told[:, 0].astype(np.int64),
            before=told[:, 1].astype(np.int64),
            reward=told[:, 2].copy(),
            ended=told[:, 3] > 0,
            cut=told[:, 4] > 0,
        )

    def get_state(self) -> dict[str, Any]:
        """Arrays."""
        empty = np.zeros((0, COLUMNS))
        return {
            "rows": np.concatenate([empty, *self._scenes]).astype(np.float32),
            "next": np.concatenate([np.zeros(0, np.int64), *self._next]),
            "sizes": np.array([len(scene) for scene in self._scenes], np.int64),
            "told": np.array(self._told, np.float64).reshape(-1, TOLD),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        told = np.asarray(state["told"])
        if told.shape[1:] != (TOLD,):
            raise KeyError("cut")  # it is of another version
        cuts = np.cumsum(np.asarray(state["sizes"]))[:-1]
        many = len(state["sizes"]) > 0
        rows = np.array(state["rows"], np.float64)
        self._scenes = np.split(rows, cuts) if many else []
        self._next = np.split(np.array(state["next"], np.int64), cuts) if many else []
        self._told = [(int(a), int(b), float(r), bool(e), bool(c)) for a, b, r, e, c in told]


def places_after(ids: np.ndarray, ids_after: np.ndarray) -> np.ndarray:
    """Where each id stands in the next scene, GONE where it does not: (N,), (M,) -> (N,)."""
    place = {int(each): j for j, each in enumerate(ids_after)}
    return np.array([place.get(int(each), GONE) for each in ids], np.int64)
