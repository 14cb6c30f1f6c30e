"""What meetings are worth, as tables: each one that occurs once, and where it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from symbolic.facts import MAX_VELOCITY
from symbolic.planning.foresight import FARTHEST
from symbolic.planning.watcher import STRIKE_STEP
from symbolic.policies.settled import Settled
from symbolic.scene import WAYS, Forecast

TOGETHER = 12  # pairs of offsets that share a fact: facts cost clingo more than numbers in them


class WorthTables:
    """All that a settled policy says of meetings, at the places that each kind keeps to.

    Meetings that are worth nothing, however they happen, are in no table.
    """

    def __init__(self, settled: Settled) -> None:
        self.tables: list[np.ndarray] = []  # (R, W, O)
        self.holds: list[tuple[int, int, int, int, int, int]] = []
        numbers: dict[tuple[tuple[int, ...], bytes], int] = {}
        for kind, places in settled.places.items():
            for across in range(0, MAX_VELOCITY + 1, STRIKE_STEP):
                for through in (0, 1) if kind in settled.passing else (0,):
                    found = []
                    for place in places:
                        f = Forecast(kind, 0, 0, place, 0, across, through)
                        worth = settled.strike_worth(f)
                        key = worth.shape, worth.tobytes()
                        if key not in numbers:
                            numbers[key] = len(self.tables) if worth.any() else -1
                            if worth.any():
                                self.tables.append(worth.astype(np.int64))
                        found.append((place, numbers[key]))
                    self._hold(kind, across, through, found)

    def _hold(self, kind: int, across: int, through: int, found: Sequence[tuple[int, int]]) -> None:
        for number, run in groupby(found, key=lambda pair: pair[1]):
            places = [place for place, _ in run]
            if number >= 0:
                self.holds.append((kind, across, places[0], places[-1], through, number))

    def facts(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Where each table holds, its rows, and what rows say of offsets, two by two."""
        yield from (("table", each) for each in self.holds)
        rows: dict[tuple[int, ...], int] = {}
        for number, table in enumerate(self.tables):
            for variant, ways in enumerate(table.tolist()):
                for way, row in zip(WAYS, ways, strict=True):
                    where = number, variant, way
                    yield "row", (*where, rows.setdefault(tuple(row), len(rows)))
        for values, number in rows.items():
            for first in range(0, len(values), STRIKE_STEP * TOGETHER):
                part = values[first : first + STRIKE_STEP * TOGETHER : STRIKE_STEP]
                # What is beyond the last offset is as at it, so the best of all is the same.
                beyond = [part[-1]] * (TOGETHER - len(part))
                yield "worth", (number, first - FARTHEST, *part, *beyond)
