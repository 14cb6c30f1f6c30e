"""A question in its parts, each of which is answered by itself.

Parts of a conjunction that share no variable hold or do not hold whatever the others do. Hardly two
steps of a game are the same to a whole question, but to a part of it most are; and where a part
asks of one object alone, it is asked of the objects there were.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from clingo import ast

COLUMNS = {"object": (1,), "at": (2, 3), "velocity": (4, 5), "size": (6, 7)}
"""Facts of an object, and where they stand in its row of the log."""
ALL = frozenset(column for each in COLUMNS.values() for column in each)
ME = "me"  # whether it is the one that obeys: of the log's facts the one that is of one object
_VARIABLE = re.compile(r"_|_*[A-Z]\w*")
_OF_TWO = re.compile(r"_*[A-Z]\w* (?:!=|<|<=|>|>=) _*[A-Z]\w*")
OF_STEPS = ("do", "reward", "step", "greedy", "lost", "last")
FITS = "fits__"


class Part(NamedTuple):
    """A rule for `FITS`, and the names it looks at; whether all of it is of one object, and whether
    it matters which of the step's objects that is. Where it joins objects, the columns of their
    rows that it looks at, and the ``kinds`` that they may be of, None for any."""

    text: str
    names: frozenset[str]
    alone: bool = False
    slot: bool = False
    columns: frozenset[int] = ALL
    kinds: frozenset[int] | None = None


class _Seen(ast.Transformer):
    """The variables and the predicates of a part of a rule, each as often as it stands there."""

    def __init__(self, part: ast.AST) -> None:
        self.variables: list[str] = []
        self.names: list[str] = []
        self.atoms: list[ast.AST] = []
        self.visit(part)

    def visit_Variable(self, node: ast.AST) -> ast.AST:
        self.variables.append(node.name)
        return node

    def visit_SymbolicAtom(self, node: ast.AST) -> ast.AST:
        symbol = node.symbol
        pool = symbol.arguments if symbol.ast_type == ast.ASTType.Pool else [symbol]
        self.atoms += [each for each in pool if each.ast_type == ast.ASTType.Function]
        self.names += [each.name for each in pool if each.ast_type == ast.ASTType.Function]
        self.visit_children(node)
        return node


def divided(text: str) -> list[Part]:
    """The parts of a rule's body. RuntimeError where it cannot be read."""
    rules: list[ast.AST] = []
    ast.parse_string(text, rules.append, logger=lambda code, message: None)
    rule = next(each for each in rules if each.ast_type == ast.ASTType.Rule)
    return [_part(literals) for literals in _apart(rule.body)]


def _apart(body: Sequence[ast.AST]) -> list[list[ast.AST]]:
    """Its literals by the variables they share, and together those that have none; each ``_`` is a
    variable of its own."""
    parts: list[tuple[set[str], list[ast.AST]]] = []
    for literal in body:
        variables = {name for name in _Seen(literal).variables if name != "_"} or {""}
        mine = [part for part in parts if part[0] & variables]
        joined = [each for part in mine for each in part[1]]
        parts = [part for part in parts if part not in mine]
        parts.append((variables.union(*(part[0] for part in mine)), [*joined, literal]))
    return [literals for _, literals in parts]


def _part(literals: Sequence[ast.AST]) -> Part:
    text = f"{FITS} :- {'; '.join(map(str, literals))}.\n#show {FITS}/0."
    seen = [_Seen(literal) for literal in literals]
    names = frozenset(name for each in seen for name in each.names)
    slot = _object_of(literals)
    if slot is None:
        atoms_of = [atom for each in seen for atom in each.atoms if atom.name in COLUMNS]
        columns = frozenset(column for atom in atoms_of for column in _asked(atom))
        return Part(text, names, columns=columns, kinds=_kinds(literals, names, atoms_of))
    atoms = sum(len(each.names) for each in seen)
    matters = slot.isdigit() or sum(each.variables.count(slot) for each in seen) > atoms
    return Part(text, names, True, matters)


def _object_of(literals: Sequence[ast.AST]) -> str | None:
    """The variable or number that stands for the one object of which these ask, None where they ask
    of more, or of anything else."""
    slots, found = set(), False
    for literal in literals:
        if literal.ast_type != ast.ASTType.Literal:
            return None
        atom = literal.atom
        if atom.ast_type == ast.ASTType.Comparison:
            continue
        if atom.ast_type != ast.ASTType.SymbolicAtom:
            return None
        symbol = atom.symbol
        if symbol.ast_type != ast.ASTType.Function or not symbol.arguments:
            return None
        first, *others = symbol.arguments
        if symbol.name not in COLUMNS and (symbol.name != ME or others):
            return None
        if str(first) != "_" and (first.ast_type == ast.ASTType.Variable or str(first).isdigit()):
            slots.add(str(first))
        else:
            return None
        found = found or literal.sign == ast.Sign.NoSign
    return slots.pop() if len(slots) == 1 and found else None


def _asked(atom: ast.AST) -> list[int]:
    """The columns of an object's row that a fact of it looks at."""
    values = zip(COLUMNS[atom.name], atom.arguments[1:], strict=False)
    return [column for column, value in values if str(value) != "_"]


def _kinds(
    literals: Sequence[ast.AST], names: frozenset[str], atoms: Sequence[ast.AST]
) -> frozenset[int] | None:
    """The kinds that the objects must be of, where each that is asked of is asked for by its kind;
    None where one is not, where something must not hold, or where it matters which of the step's
    objects they are."""
    plain = all(
        each.ast_type == ast.ASTType.Literal
        and each.sign == ast.Sign.NoSign
        and each.atom.ast_type in (ast.ASTType.Comparison, ast.ASTType.SymbolicAtom)
        for each in literals
    )
    if not plain or not names <= {*COLUMNS, *OF_STEPS}:
        return None
    kinds, known = set(), set()
    slots = {str(atom.arguments[0]) for atom in atoms if atom.arguments}
    for atom in atoms:
        whose, kind, *_ = *map(str, atom.arguments), "", ""
        if atom.name == "object" and kind.isdigit():
            kinds.add(int(kind))
            known.add(whose)
        elif whose == "_":
            return None
    if slots != known or not all(map(_VARIABLE.fullmatch, slots)):
        return None
    return frozenset(kinds) if not any(_numbers(each, slots) for each in literals) else None


def _numbers(literal: ast.AST, slots: set[str]) -> bool:
    """Whether a literal looks at one of these as a number, and not just at who is who."""
    if not slots & set(_Seen(literal).variables):
        return False
    if literal.atom.ast_type == ast.ASTType.Comparison:
        return _OF_TWO.fullmatch(str(literal)) is None or not slots >= set(_Seen(literal).variables)
    symbol = literal.atom.symbol
    if symbol.name not in COLUMNS:
        return True
    return any(slots & set(_Seen(each).variables) for each in symbol.arguments[1:])
