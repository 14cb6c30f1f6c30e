"""A question in two parts: what it asks of single objects, and the rest.

Hardly two steps of a game have all objects at the same places, but many have one: what concerns
one object alone is asked of the objects there were, and only its answer of the steps. Parts of a
conjunction that share no variable may be answered apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clingo import ast

COLUMNS = {"object": (1,), "at": (2, 3), "velocity": (4, 5), "size": (6, 7)}
"""Facts of an object, and where they stand in its row of the log."""
ME = "me"  # whether it is the one that obeys: of the log's facts the one that is of one object
FITS, MARK = "fits__", "of__"


class Alone(NamedTuple):
    """What is asked of one object: a rule, the names it looks at, and whether it matters which of
    the step's objects that is."""

    text: str
    names: frozenset[str]
    slot: bool


class Question(NamedTuple):
    """A rule that a step fits, the names it looks at, and what it asks of single objects, the k-th
    of which holds where the step has the fact ``of__(k)``."""

    text: str
    names: frozenset[str]
    alone: tuple[Alone, ...]


class _Seen(ast.Transformer):
    """The variables and the predicates of a part of a rule, each as often as it stands there."""

    def __init__(self, part: ast.AST) -> None:
        self.variables: list[str] = []
        self.names: list[str] = []
        self.visit(part)

    def visit_Variable(self, node: ast.AST) -> ast.AST:
        self.variables.append(node.name)
        return node

    def visit_SymbolicAtom(self, node: ast.AST) -> ast.AST:
        symbol = node.symbol
        self.names.append(symbol.name if symbol.ast_type == ast.ASTType.Function else "")
        self.visit_children(node)
        return node


def divided(text: str) -> Question:
    """The question that a rule for ``fits__`` asks. RuntimeError where it cannot be read."""
    rules: list[ast.AST] = []
    ast.parse_string(text, rules.append, logger=lambda code, message: None)
    rule = next(each for each in rules if each.ast_type == ast.ASTType.Rule)
    alone: list[Alone] = []
    rest: list[ast.AST | str] = []
    for part in _apart(rule.body):
        found = _alone(part)
        if found is None:
            rest += part
        else:
            rest.append(f"{MARK}({len(alone)})")
            alone.append(found)
    names = {name for each in rest if isinstance(each, ast.AST) for name in _Seen(each).names}
    return Question(_rule(rest), frozenset(names | ({MARK} if alone else set())), tuple(alone))


def _rule(body: Sequence[ast.AST | str]) -> str:
    return f"{FITS} :- {'; '.join(map(str, body))}.\n#show {FITS}/0."


def _apart(body: Sequence[ast.AST]) -> list[list[ast.AST]]:
    """Its literals by the variables they share, in order; each ``_`` is a variable of its own."""
    parts: list[tuple[set[str], list[ast.AST]]] = []
    for literal in body:
        variables = {name for name in _Seen(literal).variables if name != "_"}
        mine = [part for part in parts if part[0] & variables]
        joined = [each for part in mine for each in part[1]]
        parts = [part for part in parts if part not in mine]
        parts.append((variables.union(*(part[0] for part in mine)), [*joined, literal]))
    return [literals for _, literals in parts]


def _alone(part: Sequence[ast.AST]) -> Alone | None:
    """What a part asks of one object, None where it asks of more, or of anything else."""
    slots, names, found = set(), set(), False
    for literal in part:
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
        if first.ast_type != ast.ASTType.Variable or first.name == "_":
            return None
        slots.add(first.name)
        names.add(symbol.name)
        found = found or literal.sign == ast.Sign.NoSign
    if len(slots) != 1 or not found:
        return None
    (slot,) = slots
    variables = [name for each in part for name in _Seen(each).variables]
    atoms = sum(each.atom.ast_type == ast.ASTType.SymbolicAtom for each in part)
    return Alone(_rule(part), frozenset(names), variables.count(slot) > atoms)
