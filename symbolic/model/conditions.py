"""What a feature is called in a program, and what a bound on it says there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from symbolic.model.features import FAR, OLDEST
from symbolic.model.relations import FIRST
from symbolic.model.rounding import PIXEL, below

INF = float("inf")


class Relation(NamedTuple):
    """The predicate of a feature, its arguments before the number, and what the number may be.

    A ``flag`` has no number: it holds where the feature is 1. ``cut`` gives the greatest whole
    number of a program that is at most a threshold.
    """

    name: str
    arguments: tuple[str, ...] = ()
    cut: Callable[[float], int] = lambda at: below(at, PIXEL)
    flag: bool = False
    least: float = -INF
    most: float = INF

    @property
    def variable(self) -> str:
        """``NGY2`` for the number of ``next_gap_y(I,2,NGY2)``."""
        *parts, last = self.name.removeprefix(FIRST).split("_")
        about = "_".join(a for a in self.arguments if a.isdecimal())
        return "".join(part[0] for part in parts).upper() + last.upper() + about

    def atom(self, value: str = "") -> str:
        """As it is written."""
        arguments = [*self.arguments, *([value] if value else [])]
        return f"{self.name}({','.join(arguments)})"

    def between(self, low: float, high: float) -> str | None:
        """That it is above ``low`` and at most ``high``: empty if always, None if never."""
        low, high = low if low >= self.least else -INF, high if high < self.most else INF
        if low >= self.most or high < self.least:
            return None
        if low == -INF and high == INF:
            return ""
        if self.flag:
            return self.atom() if high == INF else f"not {self.atom()}"
        v = self.variable
        if high == INF:
            return f"{self.atom(v)}, {v} > {self.cut(low)}"
        if low == -INF:
            return f"{self.atom(v)}, {v} <= {self.cut(high)}"
        if self.cut(low) >= self.cut(high):
            return None
        return f"{self.atom(v)}, {self.cut(low)} < {v} <= {self.cut(high)}"


def counted(at: float) -> int:
    """A threshold of what has no unit."""
    return below(at, 1)


Does = dict[str, Callable[[float], int]]  # of each axis, the cut of what actions do


def motion_relations(kinds: int, acts: Sequence[str], does: Does, obeys: bool) -> list[Relation]:
    """Of each feature of an object about to move; the present action is shown to what obeys."""
    names = (
        "next_dy", "next_dx", "next_gap_y", "next_gap_x", "nearest_vy", "nearest_vx", "gap_y",
        "gap_x", "nearest_had_vy", "nearest_had_vx", "next_gap",
    )  # fmt: skip
    others, seen = [*map(str, range(kinds)), "any"], FIRST if obeys else ""
    shown = 1.0 if obeys else 0.0
    return [
        *(Relation(name, ("I",)) for name in ("vy", "vx", "next_y", "next_x")),
        Relation("age", ("I",), counted, most=OLDEST),
        *(Relation(seen + name, ("I", k)) for k in others for name in names),
        *(Relation("before", (act,), flag=True, least=0.0, most=1.0) for act in acts),
        *(Relation("action", (act,), flag=True, least=0.0, most=shown) for act in acts),
        *(Relation(f"before_does_{axis}", cut=does[axis]) for axis in "yx"),
        *(
            Relation(
                f"action_does_{axis}",
                cut=does[axis],
                least=-INF if obeys else 0.0,
                most=INF if obeys else 0.0,
            )
            for axis in "yx"
        ),
    ]


def place_relations(kinds: int) -> list[Relation]:
    """Of each feature of an object that has moved."""
    return [
        *(Relation(name, ("I",)) for name in ("then_vy", "then_vx", "then_y", "then_x")),
        Relation("then_age", ("I",), counted, most=OLDEST),
        *(
            Relation(f"then_{name}", ("I", str(kind)))
            for kind in range(kinds)
            for name in ("dy", "dx", "gap_y", "gap_x")
        ),
    ]


def scene_relations(kinds: int, acts: Sequence[str], moves: np.ndarray) -> list[Relation]:
    """Of each feature of a scene that has moved."""
    pairs = [(low, high) for high in range(kinds) for low in range(high + 1)]
    return [
        *(Relation("action", (act,), flag=True, least=0.0, most=1.0) for act in acts),
        *(Relation(name) for name in ("my_y", "my_x")),
        *(
            Relation(f"my_{name}", (str(kind),))
            for kind in range(kinds)
            for name in ("dy", "dx", "gap_y", "gap_x")
        ),
        *(
            Relation(name, (str(kind),), counted if name == "count" else Relation("").cut)
            for kind in range(kinds)
            for name in ("top", "bottom", "left", "right", "count", "fastest")
        ),
        *(
            Relation("gap", (str(a), str(b)))
            if moves[a] or moves[b]
            else Relation("gap", (str(a), str(b)), least=FAR, most=FAR)
            for a, b in pairs
        ),
    ]
