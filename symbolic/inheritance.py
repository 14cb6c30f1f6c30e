"""Inheritance: what was learned of encounters in one game, given to kinds of like role in another.

Kinds are numbers found anew in each game, so they are matched by what they do when they meet the
controlled object. Cells speak of along and across, not of the screen, so they hold wherever the
axis of control lies. What names a place or a variant of an action is of one game alone: worths are
averaged over places, and strikes are taken from the tables that tell no variants apart.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from symbolic.dynamics.turns import Turns
from symbolic.planning.watcher import Watcher
from symbolic.rules.grounder import Cell
from symbolic.values.encounters import Outcome

Role: TypeAlias = Literal["turns back", "passes through"]
Heir: TypeAlias = tuple[int, Role]

WORTH = 4  # encounters that what is inherited counts for, a cell: new ones soon outweigh it
STRIKE = "strike"
FOLLOWED = ("leaves", "passed", "gone", "struck")
PLACED = {"leaves_at": "leaves"}  # the same with the place at the end of the key
OF_A_KIND = re.compile(r"(\w+)\((\d+)\)")  # a table that is named by a kind alone


class Estate(NamedTuple):
    """What was learned of the kinds of one role; tables are named without a kind.

    ``strikes`` are encounters by outcome, at most `WORTH` a cell; ``worths`` tell of the cells of
    an outcome their value and how often it was seen, at most `WORTH` times.
    """

    strikes: dict[Cell, dict[Outcome, float]]
    worths: dict[Cell, tuple[float, int]]


Legacy: TypeAlias = Mapping[Role, Estate]


class NothingLearned(ValueError):
    """A learner that has nothing to leave to others, and why."""


def roles(turns: Turns) -> dict[int, Role]:
    """What the kinds do when they meet the controlled object, where that is known."""
    found: dict[int, Role] = {}
    for kind in turns.kinds:
        if turns.reach(kind) is not None:
            found[kind] = "turns back"
        elif turns.passes(kind):
            found[kind] = "passes through"
    return found


def legacy_of(learner: Mapping[str, Any]) -> dict[Role, Estate]:
    """What a learner leaves, from its state; kinds of one role are put together.

    Raises:
        NothingLearned: nothing obeys the actions, or nothing was met.
        KeyError: the state is of another version.
    """
    watcher = learner["watcher"]
    turns = Turns()
    turns.set_state(watcher["turns"])
    if learner["motion"]["controlled"] is None:
        raise NothingLearned("it does not know yet what obeys the actions")
    legacy: dict[Role, Estate] = {}
    for role in get_args(Role):
        kinds = {kind for kind, own in roles(turns).items() if own == role}
        strikes = _strikes_of(watcher["strikes"], kinds)
        if strikes:
            legacy[role] = Estate(strikes, _worths_of(watcher["values"], kinds))
    if not legacy:
        raise NothingLearned("it has not met anything yet of which it knows what that does")
    return legacy


def _table_of(table: str, kinds: set[int]) -> str | None:
    """The table's name without its kind, None where it is not of one of these kinds alone."""
    match = OF_A_KIND.fullmatch(table)
    return match[1] if match and int(match[2]) in kinds else None


def _strikes_of(state: Mapping[str, Any], kinds: set[int]) -> dict[Cell, dict[Outcome, float]]:
    counts: dict[Cell, Counter[Outcome]] = {}
    for (table, key), seen in state["cells"]:
        if _table_of(table, kinds) == STRIKE:
            counted = counts.setdefault((STRIKE, tuple(key)), Counter())
            for column, times in seen:
                word, along, gain = state["outcomes"][column]
                counted[word, along, gain] += times
    return {cell: _scaled(counted) for cell, counted in counts.items() if counted.total()}


def _scaled(counts: Mapping[Outcome, float]) -> dict[Outcome, float]:
    """The same outcomes in `WORTH` encounters, if there were more."""
    factor = min(1.0, WORTH / sum(counts.values()))
    return {outcome: round(times * factor, 4) for outcome, times in counts.items()}


def _worths_of(state: Mapping[str, Any], kinds: set[int]) -> dict[Cell, tuple[float, int]]:
    """An entry and the entries of its places add up: the mean of the sum, as often as seen."""
    sums: dict[Cell, float] = {}
    seen: Counter[Cell] = Counter()
    rows = zip(state["cells"], state["weights"], state["visits"], strict=True)
    for (table, key), (weight,), (visits,) in rows:
        name = _table_of(table, kinds)
        if name in FOLLOWED:
            cell = name, tuple(key)
            seen[cell] += int(visits)
        elif name in PLACED:
            cell = PLACED[name], tuple(key[:-1])
        else:
            continue
        sums[cell] = sums.get(cell, 0.0) + float(weight) * int(visits)
    return {
        cell: (round(sums[cell] / times, 4), min(times, WORTH))
        for cell, times in seen.items()
        if times
    }


def legacy_text(legacy: Legacy) -> str:
    """A legacy as JSON, the inverse of `legacy_from`."""
    plain = {
        role: {
            "strikes": [
                [table, list(key), [[*outcome, times] for outcome, times in counts.items()]]
                for (table, key), counts in estate.strikes.items()
            ],
            "worths": [[table, list(key), *worth] for (table, key), worth in estate.worths.items()],
        }
        for role, estate in legacy.items()
    }
    return json.dumps(plain, separators=(",", ":"))


def legacy_from(text: str) -> dict[Role, Estate]:
    """The legacy that `legacy_text` wrote."""
    plain = json.loads(text)
    return {
        role: Estate(
            {
                (table, tuple(key)): {(word, v, gain): n for word, v, gain, n in counts}
                for table, key, counts in plain[role]["strikes"]
            },
            {(table, tuple(key)): (worth, n) for table, key, worth, n in plain[role]["worths"]},
        )
        for role in get_args(Role)
        if role in plain
    }


class Inheritance:
    """Gives a legacy to each kind whose role becomes known, once."""

    def __init__(self, legacy: Legacy) -> None:
        self._legacy = legacy
        self.heirs: list[Heir] = []  # in the order in which they were found

    def give(self, watcher: Watcher, controlled: int | None) -> bool:
        """Give to those whose role is known by now; row numbers in the watcher's tables are void
        if it returns True."""
        if not self._legacy or controlled is None:
            return False
        new = [
            (kind, role)
            for kind, role in roles(watcher.turns).items()
            if role in self._legacy and kind != controlled and (kind, role) not in self.heirs
        ]
        if not new:
            return False
        state = watcher.get_state()
        for kind, role in new:
            state = endowed(state, self._legacy[role], kind)
        watcher.set_state(state)
        self.heirs += new
        return True

    def get_state(self) -> dict[str, Any]:
        """Who has inherited; empty where there is nothing to inherit."""
        return {"heirs": [list(heir) for heir in self.heirs]} if self._legacy else {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `get_state` gave, among whatever else."""
        self.heirs = [(kind, role) for kind, role in state.get("heirs", ())]


def endowed(watcher: Mapping[str, Any], estate: Estate, kind: int) -> dict[str, Any]:
    """A watcher's state, with what is inherited for this kind.

    Encounters add up, so those inherited are as if they had come before its own. Worths are taken
    where nothing was learned yet: they are sums of entries that were fitted together.
    """
    return {
        **watcher,
        "strikes": _with_strikes(watcher["strikes"], estate, kind),
        "values": _with_worths(watcher["values"], estate, kind),
    }


def _with_strikes(state: Mapping[str, Any], estate: Estate, kind: int) -> dict[str, Any]:
    outcomes = [tuple(outcome) for outcome in state["outcomes"]]
    outcomes += [o for counts in estate.strikes.values() for o in counts]
    columns = {outcome: i for i, outcome in enumerate(dict.fromkeys(outcomes))}
    cells = {(table, tuple(key)): Counter(dict(seen)) for (table, key), seen in state["cells"]}
    for (table, key), counts in estate.strikes.items():
        cell = cells.setdefault((f"{table}({kind})", key), Counter())
        cell.update({columns[outcome]: times for outcome, times in counts.items()})
    return {
        "outcomes": [list(outcome) for outcome in columns],
        "cells": [
            [[table, list(key)], [list(n) for n in seen.items()]]
            for (table, key), seen in cells.items()
        ],
    }


def _with_worths(state: Mapping[str, Any], estate: Estate, kind: int) -> dict[str, Any]:
    rows = {
        (table, tuple(key)): (float(weight), int(visits))
        for (table, key), (weight,), (visits,) in zip(
            state["cells"], state["weights"], state["visits"], strict=True
        )
    }
    for (table, key), worth in estate.worths.items():
        cell = f"{table}({kind})", key
        if rows.get(cell, (0.0, 0))[1] == 0:
            rows[cell] = worth
    return {
        "cells": [[table, list(key)] for table, key in rows],
        "weights": np.array([weight for weight, _ in rows.values()], np.float32)[:, None],
        "visits": np.array([visits for _, visits in rows.values()], np.uint32)[:, None],
    }
