"""A question in its parts, each of which is answered by itself.

Parts of a conjunction that share no variable hold or do not hold whatever the others do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clingo import ast

from dsrl.view.joins import Join, join_of

FITS = "fits__"


class Part(NamedTuple):
    """A rule for `FITS`, the names it looks at, and the same as a join where it is one."""

    text: str
    names: frozenset[str]
    join: Join | None = None


class _Seen(ast.Transformer):
    """The variables and the predicates of a part of a rule."""

    def __init__(self, part: ast.AST) -> None:
        self.variables: set[str] = set()
        self.names: set[str] = set()
        self.visit(part)

    def visit_Variable(self, node: ast.AST) -> ast.AST:
        self.variables.add(node.name)
        return node

    def visit_SymbolicAtom(self, node: ast.AST) -> ast.AST:
        symbol = node.symbol
        pool = symbol.arguments if symbol.ast_type == ast.ASTType.Pool else [symbol]
        self.names |= {each.name for each in pool if each.ast_type == ast.ASTType.Function}
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
        variables = (_Seen(literal).variables - {"_"}) or {""}
        mine = [part for part in parts if part[0] & variables]
        joined = [each for part in mine for each in part[1]]
        parts = [part for part in parts if part not in mine]
        parts.append((variables.union(*(part[0] for part in mine)), [*joined, literal]))
    return [literals for _, literals in parts]


def _part(literals: Sequence[ast.AST]) -> Part:
    text = f"{FITS} :- {'; '.join(map(str, literals))}.\n#show {FITS}/0."
    names = frozenset(name for literal in literals for name in _Seen(literal).names)
    return Part(text, names, join_of(literals))
