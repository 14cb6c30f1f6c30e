"""A question in its parts, each of which is answered by itself.

Parts of a conjunction that share no variable hold or do not hold whatever the others do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from clingo import ast

from dsrl.view.joins import Join, fitting, join_of
from dsrl.view.tables import Signature, Tables

FITS = "fits__"
MOST_WAYS = 16  # to choose of pools, each of which is joined by itself


class Part(NamedTuple):
    """A rule for `FITS`, the names it looks at, and joins of which one must have an answer; none
    where it is no such thing."""

    text: str
    names: frozenset[str]
    joins: tuple[Join, ...] = ()

    @property
    def signatures(self) -> set[Signature]:
        """The predicates its joins look at."""
        return {each for join in self.joins for each in join.signatures}

    def fitting(self, game: Tables, until: float) -> np.ndarray:
        """At which steps (N,) one of its joins has an answer. Raises as `joins.fitting` does."""
        return np.logical_or.reduce([fitting(join, game, until) for join in self.joins])


class _Seen(ast.Transformer):
    """The variables, the predicates and the sizes of pools of a part of a rule."""

    def __init__(self, part: ast.AST) -> None:
        self.variables: set[str] = set()
        self.names: set[str] = set()
        self.pools: list[int] = []
        self.visit(part)

    def visit_Pool(self, node: ast.AST) -> ast.AST:
        self.pools.append(len(node.arguments))
        self.visit_children(node)
        return node

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
    return Part(text, names, _joins(literals))


def _joins(literals: Sequence[ast.AST]) -> tuple[Join, ...]:
    """A join for each choice of pools, such as ``(1;2)``; none where one of them is no join."""
    if math.prod(size for literal in literals for size in _Seen(literal).pools) > MOST_WAYS:
        return ()
    place = literals[0].location
    rule = ast.Rule(place, ast.Literal(place, ast.Sign.NoSign, ast.BooleanConstant(0)), literals)
    joins = [join_of(way.body) for way in rule.unpool()]
    return tuple(join for join in joins if join is not None) if all(joins) else ()
