"""Where things appear: at one place of the screen, or beside me or one of a kind.

Shapes: T transitions, n things born.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from symbolic.model.laws import ME, SCREEN, Laws
from symbolic.model.memory import Episodes
from symbolic.model.samples import newborn_rows
from symbolic.model.scene import HEIGHT, KIND, WIDTH, X, Y

FEWEST = 3  # born of a kind: fewer tell no law
LATEST = 300  # of them tell where
GATHERED = 2.5  # pixels: what appears within is where it usually does,
USUAL = 0.5  # as this share must


class Birth(NamedTuple):
    """Of a ``kind``, ``cradle`` and ``size`` as `Laws` has them, and in which transitions one
    ``came``, (T,) 0 or 1."""

    kind: int
    cradle: tuple[float, float, float]
    size: np.ndarray
    came: np.ndarray


def births(told: Episodes, laws: Laws) -> Iterator[Birth]:
    """Of each kind that mostly appears at one place, of the screen, beside me or beside one of a
    kind."""
    rows = newborn_rows(told)
    scene_of = np.searchsorted(told.start, rows, side="right") - 1
    for kind in range(laws.kinds):
        mine = told.rows[rows, KIND] == kind
        if mine.sum() < FEWEST:
            continue
        born, scenes = told.rows[rows[mine]][-LATEST:], scene_of[mine][-LATEST:]
        share, _, cradle = max(
            _gathered(_from(told, born, scenes, whose, laws), whose)
            for whose in (SCREEN, ME, *range(laws.kinds))
        )
        if share <= USUAL:
            continue
        came = np.zeros(len(told.action))
        came[scene_of[mine] - 1] = 1.0
        yield Birth(kind, cradle, np.median(born[:, [HEIGHT, WIDTH]], axis=0), came)


def _from(
    told: Episodes, born: np.ndarray, scenes: np.ndarray, whose: int, laws: Laws
) -> np.ndarray:
    """How far each of those born (n, COLUMNS) is from the nearest of a kind, me or the corner of
    the screen, (n, 2); infinite where there is none."""
    places = born[:, [Y, X]]
    if whose == SCREEN:
        return places
    away = np.full(places.shape, np.inf)
    for n, (place, t) in enumerate(zip(places, scenes.tolist(), strict=True)):
        others = told.rows[told.start[t] : told.start[t + 1]]
        kinds = others[:, KIND].astype(np.int64)
        others = others[laws.obeys[kinds] > 0 if whose == ME else kinds == whose]
        offsets = place - others[:, [Y, X]]
        offsets = offsets[np.abs(offsets).any(axis=1)]  # not from itself
        if len(offsets):
            away[n] = offsets[np.abs(offsets).max(axis=1).argmin()]
    return away


def _gathered(places: np.ndarray, whose: int) -> tuple[float, int, tuple[float, float, float]]:
    """The largest share of some places (n, 2) that lie together, and where, as a cradle; of shares
    alike those of the screen come first, then mine."""
    best, where = 0.0, (0.0, 0.0)
    for middle in np.unique(places[np.isfinite(places).all(axis=1)], axis=0):
        share = float((np.abs(places - middle).max(axis=1) <= GATHERED).mean())
        if share > best:
            best, where = share, (float(middle[0]), float(middle[1]))
    return best, -whose, (float(whose), *where)
