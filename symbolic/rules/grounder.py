"""Grounding: facts of states in, answers out. Rules without choices need no search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import clingo

from symbolic.facts import Facts, symbol
from symbolic.rules.compiled import Compiled
from symbolic.rules.rewrite import STATE, Signature

Cell: TypeAlias = tuple[str, tuple[int | str, ...]]
"""A table's name, such as ``place(0,2)``, and the key of one entry in it."""

TOGETHER = 16  # from so many states on, one grounding for all is cheaper
MAX_CELLS = 100_000
MAX_CONTROLS = 8
MAX_PROGRAMS = 256


class Answer(NamedTuple):
    """What holds in one state, sorted."""

    cells: tuple[Cell, ...]
    relations: tuple[str, ...]


def cell_of(atom: clingo.Symbol) -> Cell:
    """``cell(Table,Key...)`` as a hashable key."""
    table, *key = atom.arguments
    values = (k.number if k.type == clingo.SymbolType.Number else str(k) for k in key)
    return str(table), tuple(values)


def cell_name(cell: Cell) -> str:
    """How a cell is called in logs: ``place(0,2)[-1,4]``."""
    table, key = cell
    return f"{table}[{','.join(map(str, key))}]"


class _Reader(clingo.Observer):
    """Collects shown atoms while clingo grounds: no search, no second pass over all atoms."""

    def __init__(self) -> None:
        self.found: list[tuple[str, clingo.Symbol]] = []
        self.undecided = False

    def output_atom(self, symbol: clingo.Symbol, atom: int) -> None:
        # atom 0 is a fact; rules without choices make nothing else.
        self.undecided |= atom != 0
        self.found.append((str(symbol), symbol))


@dataclass(frozen=True)
class _Text:
    """A program, and the facts that its rules look at."""

    program: str
    facts: frozenset[Signature]


@dataclass
class _Ground:
    """A Control, what it tells, and how many states it has seen."""

    control: clingo.Control
    reader: _Reader
    facts: frozenset[Signature]
    states: int = 0


class Grounder:
    """Answers a few states in a Control reused for ``states_per_control``, or many together.

    A Control keeps all it ever grounded and slows down with it, but reading the rules costs
    more than grounding one state: reuse it, not for ever (see ``scripts/bench_solver.py``).
    There is one Control for each set of predicates that a state's facts use.
    """

    def __init__(self, compiled: Compiled, states_per_control: int = 128) -> None:
        self._compiled = compiled
        self._states_per_control = states_per_control
        self._texts: dict[tuple[frozenset[Signature], bool], _Text] = {}
        self._grounds: dict[frozenset[Signature], _Ground] = {}
        self._cells: dict[str, Cell] = {}

    def answers(self, states: Sequence[Facts]) -> list[Answer]:
        """The answers in order, the cheaper way: a grounding together starts a new Control.

        Raises:
            ValueError: a fact whose predicate relations.lp does not declare.
        """
        if len(states) >= TOGETHER:
            return self.many(states)
        alike: dict[frozenset[Signature], list[int]] = {}
        for index, facts in enumerate(states):
            alike.setdefault(self._given([facts]), []).append(index)
        found: dict[int, Answer] = {}
        for given, indices in alike.items():
            answers = self.alike([states[index] for index in indices], given)
            found.update(zip(indices, answers, strict=True))
        return [found[index] for index in range(len(states))]

    def one(self, facts: Facts) -> Answer:
        """The answer for one state. Raises as `answers` does."""
        return self.answers([facts])[0]

    def alike(self, states: Sequence[Facts], given: frozenset[Signature]) -> list[Answer]:
        """The answers for states whose facts are of these predicates, in one used Control."""
        ground = self._grounds.pop(given, None)
        if ground is None or ground.states >= self._states_per_control:
            ground = self._start(given, many=False)
        first = ground.states
        ground.reader.found.clear()
        with ground.control.backend() as backend:
            for index, facts in enumerate(states, first):
                _add(backend, ground.facts, index, facts)
        ground.states += len(states)
        parts = [(STATE, [clingo.Number(index)]) for index in range(first, ground.states)]
        ground.control.ground(parts)
        self._grounds[given] = ground  # an error above leaves it out: it would be half filled
        if len(self._grounds) > MAX_CONTROLS:
            del self._grounds[next(iter(self._grounds))]
        return self._answers(ground.reader, len(states), first)

    def many(self, states: Sequence[Facts]) -> list[Answer]:
        """The answers for many states, in one grounding. Raises as `answers` does."""
        ground = self._start(self._given(states), many=True)
        with ground.control.backend() as backend:
            for index in range(len(states)):
                backend.add_rule([backend.add_atom(clingo.Function(STATE, [clingo.Number(index)]))])
            for index, facts in enumerate(states):
                _add(backend, ground.facts, index, facts)
        ground.control.ground([(STATE, [])])
        return self._answers(ground.reader, len(states), first=0)

    def _given(self, states: Sequence[Facts]) -> frozenset[Signature]:
        given = frozenset((str(fact[0]), len(fact) - 1) for facts in states for fact in facts)
        for name, arity in sorted(given - self._compiled.inputs):
            raise ValueError(f"relations.lp declares no fact {name}/{arity}")
        return given

    def _text(self, given: frozenset[Signature], *, many: bool) -> _Text:
        text = self._texts.get((given, many))
        if text is None:
            if len(self._texts) >= MAX_PROGRAMS:
                self._texts.clear()
            rules = self._compiled.kept(given)
            facts = frozenset().union(*(rule.positive | rule.negative for rule in rules))
            text = _Text(self._compiled.text(rules, many=many), facts)
            self._texts[given, many] = text
        return text

    def _start(self, given: frozenset[Signature], *, many: bool) -> _Ground:
        text = self._text(given, many=many)
        # The logger only hears of undefined operations such as X/0, which derive nothing.
        control = clingo.Control(["--warn=none"], logger=lambda code, message: None)
        reader = _Reader()
        control.register_observer(reader)
        control.add("base", [], text.program)
        control.ground([("base", [])])
        return _Ground(control, reader, text.facts)

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
            Answer(tuple(sorted(c, key=cell_order)), tuple(sorted(r)))
            for c, r in zip(cells, relations, strict=True)
        ]

    def _cell(self, text: str, atom: clingo.Symbol) -> Cell:
        cell = self._cells.get(text)
        if cell is None:
            if len(self._cells) >= MAX_CELLS:
                self._cells.clear()
            table, key = cell_of(atom)
            cell = self._cells[text] = (table, key[:-1])
        return cell


def _add(backend: clingo.Backend, used: frozenset[Signature], index: int, facts: Facts) -> None:
    state = clingo.Number(index)
    for name, *values in facts:
        arguments = [*map(symbol, values), state]
        if (name, len(values)) in used:
            backend.add_rule([backend.add_atom(clingo.Function(str(name), arguments))])


def cell_order(cell: Cell) -> tuple[str, tuple[tuple[bool, int | str], ...]]:
    """Numbers before texts, so that mixed keys can be compared."""
    return cell[0], tuple((isinstance(k, str), k) for k in cell[1])
