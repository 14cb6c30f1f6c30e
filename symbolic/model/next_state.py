"""The likeliest next state in whole numbers, as a program of laws answers it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from symbolic.facts import Facts
from symbolic.model.laws import Laws
from symbolic.model.rounding import PIXEL, grains, units
from symbolic.model.scene import AGE, ALIVE, HEIGHT, KIND, VX, VY, WIDTH, X, Y
from symbolic.model.step import advance, judge, movers_of, room_for, survive

Atom: TypeAlias = tuple[str | int, ...]


class NextState(NamedTuple):
    """The atoms of an answer, sorted: (predicate, numbers...)."""

    atoms: tuple[Atom, ...]


def state_facts(scene: np.ndarray, action: int, before: int) -> Facts:
    """A scene (N, COLUMNS) of whole pixels, and what is done, as facts of a program."""
    facts: list[Atom] = [("action", int(action))]
    if before >= 0:
        facts.append(("before", int(before)))
    for i, row in enumerate(scene):
        y, x, vy, vx, high, wide = (units(v) for v in row[[Y, X, VY, VX, HEIGHT, WIDTH]])
        facts += [
            ("object", i, int(row[KIND])),
            ("at", i, y, x),
            ("velocity", i, vy, vx),
            ("size", i, high, wide),
            ("age", i, int(row[AGE])),
        ]
    return tuple(facts)


def likeliest(scene: np.ndarray, action: int, before: int, laws: Laws) -> NextState:
    """What follows by the laws if chance has no say, rounded to whole numbers."""
    moved, after, ahead = scene.copy(), scene.copy(), np.empty((len(scene), 4))
    buffer, luck = np.empty(room_for(laws)), np.full(3, -1.0)
    advance(scene, moved, ahead, action, before, laws, luck, buffer)
    born = np.zeros(laws.kinds)
    reward, end = judge(moved, action, laws, born, buffer)
    survive(moved, after, movers_of(scene, laws.moves), laws, luck, buffer)
    places = np.rint(grains(moved[:, [Y, X, VY, VX]]) * PIXEL).astype(np.int64).tolist()
    atoms: list[Atom] = [("reward", units(reward)), ("end", units(end))]
    appear = np.flatnonzero(laws.birth >= 0).tolist()
    atoms += [("appears", kind, units(float(born[kind]))) for kind in appear]
    for i, (y, x, vy, vx) in enumerate(places):
        atoms += [("then_at", i, y, x), ("then_velocity", i, vy, vx)]
        if after[i, ALIVE] < 0.5:
            atoms.append(("gone", i))
    return NextState(tuple(sorted(atoms)))
