"""Grounding: facts of states in, answers out. Rules without choices need no search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import clingo

from symbolic.compiled import Compiled
from symbolic.facts import Facts, symbol
from symbolic.rewrite import STATE

Cell: TypeAlias = tuple[str, tuple[int | str, ...]]
"""A table's name, such as ``place(0,2)``, and the key of one entry in it."""

MAX_TEXTS = 100_000


class Answer(NamedTuple):
    """What holds in one state, sorted."""

    cells: tuple[Cell, ...]
    relations: tuple[str, ...]


def cell_of(atom: clingo.Symbol) -> Cell:
    """``cell(Table,Key...)`` as a hashable key."""
    table, *key = atom.arguments
    values = (k.number if k.type == clingo.SymbolType.Number else str(k) for k in key)
    return str(table), tuple(values)


class _Reader(clingo.Observer):
    """Collects shown atoms while clingo grounds: no search, no second pass over all atoms."""

    def __init__(self) -> None:
        self.found: list[tuple[str, clingo.Symbol]] = []
        self.undecided = False

    def output_atom(self, symbol: clingo.Symbol, atom: int) -> None:
        # atom 0 is a fact; rules without choices make nothing else.
        self.undecided |= atom != 0
        self.found.append((str(symbol), symbol))


class Grounder:
    """Answers states one by one in a Control reused ``states_per_control`` times, or together.

    A Control keeps all it ever grounded and slows down with it, but reading the rules costs
    more than grounding one state: reuse it, not for ever (see ``scripts/bench_solver.py``).
    """

    def __init__(self, compiled: Compiled, states_per_control: int = 32) -> None:
        self._compiled = compiled
        self._states_per_control = states_per_control
        self._used = states_per_control
        self._control: clingo.Control
        self._reader: _Reader
        self._cells: dict[str, Cell] = {}

    def _start(self, text: str) -> tuple[clingo.Control, _Reader]:
        # The logger only hears of undefined operations such as X/0, which derive nothing.
        control = clingo.Control(["--warn=none"], logger=lambda code, message: None)
        reader = _Reader()
        control.register_observer(reader)
        control.add("base", [], text)
        control.ground([("base", [])])
        return control, reader

    def _add(self, control: clingo.Control, index: int, facts: Facts) -> None:
        state = clingo.Number(index)
        with control.backend() as backend:
            for name, *values in facts:
                if (name, len(values)) not in self._compiled.inputs:
                    raise ValueError(
                        f"unknown fact {name}/{len(values)}: #defined in relations.lp?"
                    )
                atom = clingo.Function(str(name), [*map(symbol, values), state])
                backend.add_rule([backend.add_atom(atom)])

    def one(self, facts: Facts) -> Answer:
        """The answer for one state."""
        if self._used >= self._states_per_control:
            self._control, self._reader = self._start(self._compiled.one)
            self._used = 0
        index = self._used
        self._used += 1
        self._reader.found.clear()
        self._add(self._control, index, facts)
        self._control.ground([(STATE, [clingo.Number(index)])])
        return self._answers(self._reader, 1, first=index)[0]

    def many(self, states: Sequence[Facts]) -> list[Answer]:
        """The answers for many states, in one grounding."""
        control, reader = self._start(self._compiled.many)
        with control.backend() as backend:
            for index in range(len(states)):
                backend.add_rule([backend.add_atom(clingo.Function(STATE, [clingo.Number(index)]))])
        for index, facts in enumerate(states):
            self._add(control, index, facts)
        control.ground([(STATE, [])])
        return self._answers(reader, len(states), first=0)

    def _answers(self, reader: _Reader, count: int, first: int) -> list[Answer]:
        if reader.undecided:
            raise RuntimeError("the rules left an atom undecided; they should be stratified")
        cells: list[list[Cell]] = [[] for _ in range(count)]
        relations: list[list[str]] = [[] for _ in range(count)]
        for text, atom in reader.found:
            # "cell(place(0,1),2,17)" is cell(place(0,1),2) in state 17; "flag(17)" is flag.
            cut = text.rfind(",") if "," in text else text.index("(")
            index = int(text[cut + 1 : -1]) - first
            if text.startswith("cell("):
                cells[index].append(self._cell(text[:cut], atom))
            else:
                relations[index].append(text[:cut] + (")" if text[cut] == "," else ""))
        return [
            Answer(tuple(sorted(c, key=_cell_order)), tuple(sorted(r)))
            for c, r in zip(cells, relations, strict=True)
        ]

    def _cell(self, text: str, atom: clingo.Symbol) -> Cell:
        cell = self._cells.get(text)
        if cell is None:
            if len(self._cells) >= MAX_TEXTS:
                self._cells.clear()
            table, key = cell_of(atom)
            cell = self._cells[text] = (table, key[:-1])
        return cell


def _cell_order(cell: Cell) -> tuple[str, tuple[tuple[bool, int | str], ...]]:
    """Numbers before texts, so that mixed keys can be compared."""
    return cell[0], tuple((isinstance(k, str), k) for k in cell[1])
