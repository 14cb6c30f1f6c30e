"""Moments: what the next step has to remember of this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from symbolic.facts import SymbolicObject
from symbolic.scene import Expected, Forecast


class Moment(NamedTuple):
    """What the next step has to remember of this one."""

    objects: tuple[SymbolicObject, ...]
    rows: np.ndarray
    values: np.ndarray
    action: int
    before: int
    expected: tuple[Expected, ...]


class Moved(NamedTuple):
    """One step of one object, as `MotionModel.observe` wants it."""

    kind: int
    before: int
    action: int
    speed: tuple[int, int]
    moved: tuple[int, int]
    was: tuple[int, int]
    came: tuple[int, int]


def moment_state(m: Moment) -> dict[str, Any]:
    """As JSON values and arrays."""
    return {
        "objects": [list(o) for o in m.objects],
        "rows": m.rows,
        "values": m.values,
        "action": m.action,
        "before": m.before,
        "expected": [[*each[:2], list(each.forecast)] for each in m.expected],
    }


def moment_of(state: Mapping[str, Any]) -> Moment:
    """The inverse of `moment_state`."""
    return Moment(
        objects=tuple(SymbolicObject(*o) for o in state["objects"]),
        rows=np.array(state["rows"], np.int64),
        values=np.array(state["values"]),
        action=int(state["action"]),
        before=int(state["before"]),
        expected=tuple(
            Expected(int(id_), int(side), Forecast(*forecast))
            for id_, side, forecast in state["expected"]
        ),
    )
