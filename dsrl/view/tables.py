"""What a log states, as tables: a predicate a table, its facts the rows, in clingo's words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from dsrl.runs.stated import Stated
from symbolic.facts import MAX_POSITION, MAX_VELOCITY, Fact, Facts, constant_of, fact_of

OF_OBJECTS = ("object", "at", "velocity", "size")
OF_STEPS = ("do", "reward", "step", "greedy", "lost", "last")
CONSTANT = 1 << 32  # constants are numbers from here on, above all of clingo's

Signature: TypeAlias = tuple[str, int]
"""A predicate: its name, and how many arguments it has."""


class Table(NamedTuple):
    """The facts of a predicate: the step of each (N,), ascending, and its arguments, (N,) each."""

    at: np.ndarray
    columns: tuple[np.ndarray, ...]

    def where(self, mask: np.ndarray) -> Table:
        """The facts for which this (N,) holds."""
        return Table(self.at[mask], tuple(column[mask] for column in self.columns))

    def within(self, steps: range) -> Table:
        """The facts of these steps."""
        a, b = np.searchsorted(self.at, [steps.start, steps.stop])
        return Table(self.at[a:b], tuple(column[a:b] for column in self.columns))


class Tables(NamedTuple):
    """The tables of a game of ``steps`` steps, and the numbers of its constants by their text."""

    steps: int
    tables: Mapping[Signature, Table]
    constants: Mapping[str, int]

    def facts(self, steps: np.ndarray, names: Collection[str]) -> list[Facts]:
        """The facts of each of these steps that are called so."""
        texts = {number: text for text, number in self.constants.items()}
        found: list[list[Fact]] = [[] for _ in steps]
        for (name, _), table in self.tables.items():
            if name not in names:
                continue
            begins = np.searchsorted(table.at, steps)
            ends = np.searchsorted(table.at, steps, side="right")
            for facts, a, b in zip(found, begins.tolist(), ends.tolist(), strict=True):
                rows = [column[a:b].tolist() for column in table.columns]
                values = zip(*rows, strict=True) if rows else [()] * (b - a)
                facts += [(name, *(texts.get(v, v) for v in row)) for row in values]
        return [tuple(facts) for facts in found]


def tables_of(
    games: Sequence[tuple[Stated, Sequence[str]]], names: Collection[str]
) -> list[Tables]:
    """For each game (with its action names) the facts that are called so, each game with the
    predicates of all.

    The log's relations and percepts; the objects as the rules are told them
    (`symbolic.facts.state_facts`); and of our own ``do(action)`` in small letters, ``reward(R)`` in
    whole points, ``step(S)`` of the game, and ``greedy``, ``lost`` (a life), ``last``.
    """
    constants: dict[str, int] = {}
    found = [
        {**_of_objects(stated), **_of_steps(stated, actions, constants),
         **_of_texts(stated, names, constants)}
        for stated, actions in games
    ]  # fmt: skip
    none = np.zeros(0, np.int64)
    empty = {key: Table(none, (none,) * key[1]) for each in found for key in each}
    return [
        Tables(len(stated.action), empty | each, constants)
        for (stated, _), each in zip(games, found, strict=True)
    ]


def _of_objects(stated: Stated) -> dict[Signature, Table]:
    at, (_, kind, y, x, dy, dx, height, width) = stated.objects_at, stated.objects.T
    slot = np.arange(len(at)) - np.searchsorted(at, at)
    place = {"at": (y, x), "size": (height, width)}
    clipped = {name: [np.clip(v, 0, MAX_POSITION) for v in two] for name, two in place.items()}
    clipped["velocity"] = [np.clip(v, -MAX_VELOCITY, MAX_VELOCITY) for v in (dy, dx)]
    return {
        ("object", 2): Table(at, (slot, kind)),
        **{(name, 3): Table(at, (slot, *two)) for name, two in clipped.items()},
    }


def _of_steps(
    stated: Stated, actions: Sequence[str], constants: dict[str, int]
) -> dict[Signature, Table]:
    steps = np.arange(len(stated.action))
    done = [_number(constant_of(action), constants) for action in actions]
    numbers = {
        "do": np.array(done, np.int64)[stated.action],
        "reward": np.rint(stated.reward).astype(np.int64),
        "step": stated.episode_step,
    }
    flags = {"greedy": stated.greedy, "lost": stated.life_lost, "last": stated.last}
    return {
        **{(name, 1): Table(steps, (column,)) for name, column in numbers.items()},
        **{(name, 0): Table(steps[flag.astype(bool)], ()) for name, flag in flags.items()},
    }


def _of_texts(
    stated: Stated, names: Collection[str], constants: dict[str, int]
) -> dict[Signature, Table]:
    """Facts that are called so. A term within a term is a constant: ``close(2)``."""
    known: dict[Signature, list[tuple[int, tuple[int | str, ...]]]] = {}
    for number, text in enumerate(stated.texts):
        if text.partition("(")[0] in names:
            name, *values = fact_of(text)
            known.setdefault((str(name), len(values)), []).append((number, tuple(values)))
    tables = {}
    for signature, facts in known.items():
        row = np.full(len(stated.texts), -1)
        row[[number for number, _ in facts]] = np.arange(len(facts))
        numbers = [[_number(v, constants) for v in values] for _, values in facts]
        rows = row[stated.facts]
        of_it = rows >= 0
        columns = np.array(numbers, np.int64).reshape(len(facts), signature[1])[rows[of_it]].T
        tables[signature] = Table(stated.facts_at[of_it], tuple(columns))
    return tables


def _number(value: int | str, constants: dict[str, int]) -> int:
    """A number as it is, for a constant its number, which it may be given now."""
    if isinstance(value, int):
        return value
    return constants.setdefault(value, CONSTANT + len(constants))
