"""Mistakes in a user's rules that clingo is silent about: rules that can never say anything.

A run takes hours and its rules cannot be changed on the way, so these are refused before it
starts; `compile_sources` lets them pass.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

import clingo
from clingo import ast
from clingo.ast import AST, ASTType

from symbolic.rules.advice_terms import ADVICE, MOST, worth_of
from symbolic.rules.compiled import Compiled
from symbolic.rules.rewrite import Rule, Signature, signature
from symbolic.rules.syntax import walk
from symbolic.scene import WAYS

ORDERS = {
    ast.ComparisonOperator.LessThan,
    ast.ComparisonOperator.LessEqual,
    ast.ComparisonOperator.GreaterThan,
    ast.ComparisonOperator.GreaterEqual,
}
AXES = ("y", "x")


def mistakes(compiled: Compiled, written: Mapping[Signature, str]) -> Iterator[str]:
    """What is wrong with the background's rules: file, line, column, what, and the mend.

    ``written`` is how each predicate is to be written, with the names of its arguments.
    """
    derived = {rule.head for rule in compiled.rules}
    known = frozenset(derived | compiled.inputs | compiled.declared)
    for rule in compiled.background:
        for node in walk(rule.node):
            if node.ast_type == ASTType.SymbolicAtom:
                yield from _unknown(rule, node, known, written)
                yield from _names_for_numbers(rule, node, compiled, written)
            elif node.ast_type in (ASTType.BinaryOperation, ASTType.UnaryOperation):
                yield from _arithmetic(rule, node, compiled)
            elif node.ast_type == ASTType.Comparison:
                yield from _order(rule, node, compiled)
        if rule.head[0] == ADVICE:
            yield from _advice(rule, compiled)
    for shown, where in compiled.shown.items():
        if shown not in known:
            yield from _underived(where, f"#show {shown[0]}/{shown[1]}", shown, known, written)


def _unknown(
    rule: Rule, atom: AST, known: frozenset[Signature], written: Mapping[Signature, str]
) -> Iterator[str]:
    if signature(atom) not in known:
        where = _place(rule, atom.symbol)
        yield from _underived(where, str(atom), signature(atom), known, written)


def _underived(
    where: str,
    text: str,
    wanted: Signature,
    known: frozenset[Signature],
    written: Mapping[Signature, str],
) -> Iterator[str]:
    (name, arity), silent = wanted, f"#defined {wanted[0]}/{wanted[1]}."
    for other in sorted(known):
        if other[0] == name and name != "cell":
            asked = f"{arity} argument{'' if arity == 1 else 's'}"
            right = written.get(other, f"{name}/{other[1]}")
            yield f"{where}: {text}: {name} has not {asked} but {other[1]}: write {right}"
            return
    near = difflib.get_close_matches(name, sorted({other[0] for other in known}), n=1)
    hints = [written.get(other, f"{other[0]}/{other[1]}") for other in sorted(known)]
    nearest = [hint for hint in hints if near and hint.startswith((f"{near[0]}(", f"{near[0]}/"))]
    hint = f"did you mean {nearest[0]}?" if nearest else "see `dsrl knowledge page`."
    yield f"{where}: nothing derives {name}/{arity}; {hint} If nothing is meant to, write {silent}"


def _names_for_numbers(
    rule: Rule, atom: AST, compiled: Compiled, written: Mapping[Signature, str]
) -> Iterator[str]:
    if signature(atom) not in compiled.inputs:
        return
    hint = written.get(signature(atom), f"{atom.symbol.name}/{len(atom.symbol.arguments)}")
    for term in atom.symbol.arguments:
        if atom.symbol.name == "axis":
            if term.ast_type == ASTType.SymbolicTerm and str(term) not in AXES:
                yield f"{_place(rule, term)}: {atom}: an axis is y or x"
        elif name := _bare_name(term, compiled):
            yield (
                f"{_place(rule, term)}: {atom}: {name} is no whole number, so this never holds; "
                f"write {hint} with a number or a Variable"
            )


def _arithmetic(rule: Rule, operation: AST, compiled: Compiled) -> Iterator[str]:
    for key in operation.child_keys:
        if name := _bare_name(getattr(operation, key), compiled):
            yield (
                f"{_place(rule, operation)}: {operation}: {name} is no whole number, so nothing "
                f"is derived; give it a value: #const {name.strip(chr(34))} = 1."
            )


def _order(rule: Rule, comparison: AST, compiled: Compiled) -> Iterator[str]:
    terms = [comparison.term, *(guard.term for guard in comparison.guards)]
    orders = any(guard.comparison in ORDERS for guard in comparison.guards)
    for term in terms if orders else []:
        if name := _bare_name(term, compiled):
            yield (
                f"{_place(rule, term)}: {comparison}: {name} is no whole number, and greater than "
                f"all of them; give it a value: #const {name.strip(chr(34))} = 1."
            )


def _advice(rule: Rule, compiled: Compiled) -> Iterator[str]:
    _, way, hundredths = rule.node.head.atom.symbol.arguments
    for term, sample in (
        (way, (_said(way, compiled), "1")),
        (hundredths, (str(WAYS[0]), _said(hundredths, compiled))),
    ):
        if None not in sample and not _understood(*sample):
            yield f"{_place(rule, term)}: {_bad_advice(str(rule.node.head))}"


def misled(compiled: Compiled, advice: Sequence[str]) -> Iterator[str]:
    """Advice that was derived, in a state that was tried, and says nothing."""
    for text in advice:
        arguments = [str(term) for term in clingo.parse_term(text).arguments]
        if not _understood(*arguments[1:]):
            rule = next(rule for rule in compiled.background if _may_say(rule, arguments, compiled))
            yield f"{rule.where}: {_bad_advice(text)}; this follows in a state that was tried"


def _may_say(rule: Rule, arguments: Sequence[str], compiled: Compiled) -> bool:
    """Whether the rule derives an advice with these, as far as what it leaves open goes."""
    if rule.head[0] != ADVICE:
        return False
    pairs = zip(rule.node.head.atom.symbol.arguments, arguments, strict=True)
    return all(_said(term, compiled) in (None, said) for term, said in pairs)


def _said(term: AST, compiled: Compiled) -> str | None:
    """What the term is whatever the state; None where that is open."""
    if term.ast_type == ASTType.UnaryOperation and term.operator_type == ast.UnaryOperator.Minus:
        number = _said(term.argument, compiled)
        return str(-int(number)) if number is not None and number.isdecimal() else None
    if term.ast_type != ASTType.SymbolicTerm or str(term) in compiled.constant_names:
        return None
    return str(term.symbol)


def _understood(way: str, hundredths: str) -> bool:
    return worth_of(way, hundredths) is not None and abs(int(hundredths)) <= MOST


def _bad_advice(text: str) -> str:
    ways = ", ".join(map(str, WAYS))
    return (
        f"{text}: advice(Why,Way,Hundredths) takes a Way of {ways}, and a whole number of at most "
        f"{MOST} either way"
    )


def undefined(compiled: Compiled, messages: Sequence[str]) -> Iterator[str]:
    """Operations that gave no number in a state that was tried, from clingo's messages."""
    for operation in dict.fromkeys(m.strip().split("\n")[-1].strip() for m in messages):
        for rule in compiled.background:
            if operation in str(rule.node):
                yield (
                    f"{rule.where}: {operation} is no number for some objects (it divides by 0, or "
                    "counts with a name); nothing is derived from these"
                )
                break


def idle(compiled: Compiled) -> Iterator[str]:
    """That the rules change nothing the agent does, if so; they may be there to be looked at."""
    if not any(rule.head[0] in ("cell", ADVICE) for rule in compiled.background):
        yield (
            f"{compiled.files[0]}:1:1: no rule derives a cell or advice, so the agent will play as "
            "without this file; add cell(Table,Key...) for the learner to weigh, or "
            "advice(Why,Way,Hundredths)"
        )


def endless(compiled: Compiled) -> list[Rule]:
    """Rules that rest on what they derive, and derive it with greater terms, as p(X+1) :- p(X)."""
    below: dict[Signature, set[Signature]] = {}
    for rule in compiled.background:
        below.setdefault(rule.head, set()).update(rule.positive)
    return [rule for rule in compiled.background if _grows(rule) and _rests_on_itself(rule, below)]


def _grows(rule: Rule) -> bool:
    """Whether the head's terms are put together from those of the body."""
    return any(
        node.ast_type == ASTType.BinaryOperation
        or (node.ast_type == ASTType.Function and len(node.arguments))
        for term in rule.node.head.atom.symbol.arguments
        for node in walk(term)
    )


def _rests_on_itself(rule: Rule, below: Mapping[Signature, set[Signature]]) -> bool:
    waiting, met = list(rule.positive), set(rule.positive)
    while waiting:
        new = below.get(waiting.pop(), set()) - met
        met |= new
        waiting += new
    return rule.head in met


def _bare_name(term: AST, compiled: Compiled) -> str | None:
    """A name or a text where a number belongs; None for numbers, variables and constants."""
    if term.ast_type != ASTType.SymbolicTerm or term.symbol.type == clingo.SymbolType.Number:
        return None
    return None if str(term) in compiled.constant_names else str(term)


def _place(rule: Rule, node: AST) -> str:
    begin = node.location.begin
    return f"{rule.source.path}:{begin.line}:{begin.column}"
