"""From rules about *the* state to rules about many states: one more argument, the state.

Rules are written for one state. Here every predicate that depends on a state's facts gets
the state as its last argument, once as the parameter of a program part (one state after the
other in one Control) and once as a variable (many states in one grounding).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clingo import ast
from clingo.ast import AST, ASTType

from symbolic.rules.syntax import ProgramError, Source, location, walk

Signature = tuple[str, int]

STATE = "state__"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A normal rule without pools, and what it needs."""

    source: Source
    node: AST
    head: Signature
    positive: frozenset[Signature]
    negative: frozenset[Signature]  # under 'not', in aggregates, in conditions

    @property
    def where(self) -> str:
        return location(self.source, self.node)


def signature(atom: AST) -> Signature:
    """Name and arity of a symbolic atom."""
    return atom.symbol.name, len(atom.symbol.arguments)


def rules_of(source: Source, statement: AST) -> list[Rule]:
    """The rules a statement stands for (``p(1;2)`` is two)."""
    return [_rule(source, node) for node in statement.unpool()]


def _rule(source: Source, node: AST) -> Rule:
    positive: set[Signature] = set()
    negative: set[Signature] = set()
    for literal in node.body:
        plain = literal.ast_type == ASTType.Literal and literal.sign == ast.Sign.NoSign
        found = {signature(n) for n in walk(literal) if n.ast_type == ASTType.SymbolicAtom}
        (positive if plain and literal.atom.ast_type == ASTType.SymbolicAtom else negative).update(
            found
        )
    return Rule(
        source=source,
        node=node,
        head=signature(node.head.atom),
        positive=frozenset(positive),
        negative=frozenset(negative),
    )


def depending(rules: Sequence[Rule], start: Iterable[Signature]) -> frozenset[Signature]:
    """``start`` and every predicate whose rules use one of them, directly or not."""
    found = set(start)
    grown = True
    while grown:
        before = len(found)
        found |= {r.head for r in rules if (r.positive | r.negative) & found}
        grown = len(found) > before
    return frozenset(found)


def needed(rules: Sequence[Rule], goals: Iterable[Signature]) -> tuple[Rule, ...]:
    """The rules that some goal rests on: every rule costs time in every state."""
    wanted = set(goals)
    grown = True
    while grown:
        before = len(wanted)
        for rule in rules:
            if rule.head in wanted:
                wanted |= rule.positive | rule.negative
        grown = len(wanted) > before
    return tuple(rule for rule in rules if rule.head in wanted)


def possible(rules: Sequence[Rule], given: Iterable[Signature]) -> tuple[Rule, ...]:
    """The rules that can derive something from facts of the ``given`` predicates alone."""
    true = set(given)
    grown = True
    while grown:
        before = len(true)
        true |= {rule.head for rule in rules if rule.positive <= true}
        grown = len(true) > before
    return tuple(rule for rule in rules if rule.positive <= true)


def check_stratified(rules: Sequence[Rule]) -> None:
    """Refuse a predicate that depends on its own absence: such rules may have 0 or 2 answers.

    Raises:
        ProgramError: naming the circle, rule by rule.
    """
    for rule in rules:
        circle = depending(rules, [rule.head]) & rule.negative
        if circle:
            around = [rule, *_path(rules, min(circle), rule.head)]
            goals = [*(each.head for each in around[1:]), rule.head]
            steps = ", ".join(_step(*step) for step in zip(around, goals, strict=True))
            raise ProgramError(
                f"{rule.where}: {_named(rule.head)} depends on itself through 'not', an aggregate "
                f"or a condition: {steps}. Such rules may have no answer or several, and every "
                "state has one: leave one of them out, or derive it from facts alone"
            )


def _path(rules: Sequence[Rule], start: Signature, goal: Signature) -> list[Rule]:
    """The fewest rules by which ``start`` rests on ``goal``; none when they are the same."""
    paths: dict[Signature, list[Rule]] = {start: []}
    waiting = [start]
    while goal not in paths:
        head = waiting.pop(0)
        for rule in (rule for rule in rules if rule.head == head):
            for need in sorted((rule.positive | rule.negative) - paths.keys()):
                paths[need] = [*paths[head], rule]
                waiting.append(need)
    return paths[goal]


def _step(rule: Rule, need: Signature) -> str:
    return f"{_named(rule.head)} rests on {_named(need)} ({rule.where})"


def _named(predicate: Signature) -> str:
    return f"{predicate[0]}/{predicate[1]}"


class _AddState(ast.Transformer):
    def __init__(self, dependent: frozenset[Signature], variable: bool) -> None:
        self.dependent = dependent
        self.variable = variable

    def term(self, node: AST) -> AST:
        if self.variable:
            return ast.Variable(node.location, "State__")
        return ast.Function(node.location, STATE, [], 0)

    def visit_SymbolicAtom(self, atom: AST) -> AST:
        if signature(atom) not in self.dependent:
            return atom
        function = atom.symbol
        return atom.update(
            symbol=function.update(arguments=[*function.arguments, self.term(function)])
        )


def with_state(rules: Sequence[Rule], dependent: frozenset[Signature], *, variable: bool) -> str:
    """Program text: rules that know no state first, the others in a part ``state__``.

    With ``variable`` the part has no parameter and its rules range over ``state__(S)``.
    """
    add = _AddState(dependent, variable)
    fixed: list[str] = []
    stated: list[str] = []
    for rule in rules:
        if rule.head not in dependent:
            fixed.append(str(rule.node))
            continue
        node = add(rule.node)
        if variable:
            place = node.location
            guard = ast.SymbolicAtom(ast.Function(place, STATE, [add.term(node)], 0))
            node = node.update(body=[ast.Literal(place, ast.Sign.NoSign, guard), *node.body])
        stated.append(str(node))
    part = f"#program {STATE}." if variable else f"#program {STATE}({STATE})."
    return "\n".join([*fixed, part, *stated])
