"""Arithmetic of a user's rules that may go beyond what clingo counts with.

clingo's numbers have 32 bits, and what is greater begins anew from the other end, silently.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

import clingo
from clingo import ast
from clingo.ast import AST, ASTType

from symbolic.rules.rewrite import Rule, Signature, signature
from symbolic.rules.syntax import walk

MOST = 2**31 - 1  # of clingo's numbers, and as much below 0
CORNERS: dict[int, Callable[[int, int], int]] = {  # greatest and least at ends of the ranges
    ast.BinaryOperator.Plus: operator.add,
    ast.BinaryOperator.Minus: operator.sub,
    ast.BinaryOperator.Multiplication: operator.mul,
}
DIVISIONS = (ast.BinaryOperator.Division, ast.BinaryOperator.Modulo)
Range: TypeAlias = tuple[int, int]
"""Least and most."""
Ranges: TypeAlias = Mapping[Signature, list[Range | None]]
"""Of the numbers that each argument of a predicate has; None where it has none."""


def ranges_of(atoms: Iterable[clingo.Symbol]) -> dict[Signature, list[Range | None]]:
    """Of what holds in a state that was tried; the last argument of each atom is the state."""
    found: dict[Signature, list[Range | None]] = {}
    for atom in atoms:
        arguments = atom.arguments[:-1]
        ranges = found.setdefault((atom.name, len(arguments)), [None] * len(arguments))
        for i, term in enumerate(arguments):
            if term.type == clingo.SymbolType.Number:
                low, high = ranges[i] or (term.number, term.number)
                ranges[i] = min(low, term.number), max(high, term.number)
    return found


def divides(rules: Iterable[Rule]) -> bool:
    """Whether one of them divides, or takes what is left of it."""
    return any(
        node.ast_type == ASTType.BinaryOperation and node.operator_type in DIVISIONS
        for rule in rules
        for node in walk(rule.node)
    )


def overflows(rules: Iterable[Rule], ranges: Ranges) -> Iterator[str]:
    """Operations that have too great a result for some numbers of these ranges, one a rule."""
    for rule in rules:
        bounds = _bounds(rule, ranges)
        for node in walk(rule.node):
            found = _range(node, bounds)
            if found is not None and max(-found[0], found[1]) > MOST:
                yield (
                    f"{rule.where}: {node} may be up to {max(found, key=abs)}, and numbers go to "
                    f"{MOST} either way, then begin anew from the other end"
                )
                break


def _bounds(rule: Rule, ranges: Ranges) -> dict[str, Range]:
    """Of the variables that facts of the body have as arguments."""
    bounds: dict[str, Range] = {}
    for literal in rule.node.body:
        positive = literal.ast_type == ASTType.Literal and literal.sign == ast.Sign.NoSign
        if not positive or literal.atom.ast_type != ASTType.SymbolicAtom:
            continue
        known = ranges.get(signature(literal.atom), [])
        for term, found in zip(literal.atom.symbol.arguments, known, strict=False):
            if term.ast_type == ASTType.Variable and found is not None:
                low, high = bounds.get(term.name, found)
                bounds[term.name] = max(low, found[0]), min(high, found[1])
    return {name: each for name, each in bounds.items() if each[0] <= each[1]}


def _range(term: AST, bounds: Mapping[str, Range]) -> Range | None:
    """What a term may be; None where that is open."""
    if term.ast_type == ASTType.Variable:
        return bounds.get(term.name)
    if term.ast_type == ASTType.SymbolicTerm:
        number = term.symbol.type == clingo.SymbolType.Number
        return (term.symbol.number,) * 2 if number else None
    if term.ast_type == ASTType.UnaryOperation:
        inner = _range(term.argument, bounds)
        if inner is None or term.operator_type == ast.UnaryOperator.Negation:
            return None
        if term.operator_type == ast.UnaryOperator.Minus:
            return -inner[1], -inner[0]
        return (0 if inner[0] <= 0 <= inner[1] else min(map(abs, inner)), max(map(abs, inner)))
    if term.ast_type != ASTType.BinaryOperation:
        return None
    left, right = _range(term.left, bounds), _range(term.right, bounds)
    if left is None or right is None:
        return None
    if (of_two := CORNERS.get(term.operator_type)) is not None:
        corners = [of_two(a, b) for a in left for b in right]
        return min(corners), max(corners)
    if term.operator_type == ast.BinaryOperator.Power and right[0] >= 0 and right[1] <= 64:
        most = max(map(abs, left)) ** right[1]
    elif term.operator_type == ast.BinaryOperator.Division:
        most = max(map(abs, left))
    elif term.operator_type == ast.BinaryOperator.Modulo:
        most = max(map(abs, right))
    else:
        return None
    return -most, most
