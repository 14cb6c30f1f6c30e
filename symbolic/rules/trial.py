"""A user's rules tried on one state before a run begins: what is wrong with them, what is odd."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import clingo

from symbolic.facts import Facts, symbol
from symbolic.rules import lint
from symbolic.rules.compiled import ADVICE, Compiled, compile_sources
from symbolic.rules.overflow import divides, overflows, ranges_of
from symbolic.rules.reference import sections, written
from symbolic.rules.rewrite import STATE, Signature
from symbolic.rules.syntax import Source

MOST_LOOKED_AT = 50_000  # atoms


class Verdict(NamedTuple):
    """What the rules must not do, and what is odd; of each background rule its place and text, and
    whether it could go on without end."""

    mistakes: list[str]
    warnings: list[str]
    where: list[tuple[str, str, bool]]


def check(
    base: Source, background: Sequence[Source], *, state: Facts, first_rules: int | None = None
) -> Verdict:
    """Compile, look over, and ground ``state`` with the first background rules, or with all.

    Only all of them are looked over: of a part it is no mistake to miss the others.

    Raises:
        ProgramError: rules that cannot be compiled.
    """
    compiled = compile_sources(base, background, keep="all", first_rules=first_rules)
    endless = lint.endless(compiled)
    where = [(rule.where, str(rule.node), rule in endless) for rule in compiled.background]
    if first_rules is None:
        names = written(sections(Path(base.path).read_text()))
        if mistakes := list(lint.mistakes(compiled, names)):
            return Verdict(mistakes, [], where)
    atoms, messages = tried(compiled, state)
    if divides(compiled.background):  # by a velocity, maybe
        messages += tried(compiled, still(state))[1]
    advice = [_without_state(atom) for atom in atoms if _signature(atom) == ADVICE]
    warnings = [
        *lint.undefined(compiled, messages),
        *overflows(compiled.background, ranges_of(atoms[:MOST_LOOKED_AT])),
        *lint.idle(compiled),
    ]
    return Verdict(list(lint.misled(compiled, advice)), warnings, where)


def still(state: Facts) -> Facts:
    """The same, in which nothing moves."""
    return tuple((*fact[:2], 0, 0) if fact[0] == "velocity" else fact for fact in state)


def tried(compiled: Compiled, facts: Facts) -> tuple[list[clingo.Symbol], list[str]]:
    """Ground one state aloud: what holds in it, the state the last argument of each atom, and
    clingo's messages."""
    messages: list[str] = []
    levels = ["--warn=none", "--warn=operation-undefined"]
    control = clingo.Control(levels, logger=lambda code, text: messages.append(text))
    control.add("base", [], compiled.text(compiled.rules, many=False))
    control.ground([("base", [])])
    state = clingo.Number(0)
    with control.backend() as backend:
        for name, *values in facts:
            if (name, len(values)) in compiled.inputs:
                atom = clingo.Function(str(name), [*map(symbol, values), state])
                backend.add_rule([backend.add_atom(atom)])
    control.ground([(STATE, [state])])
    names = {rule.head for rule in compiled.background} | compiled.inputs | {ADVICE}
    return [
        each.symbol
        for name, arity in sorted(names)
        for each in control.symbolic_atoms.by_signature(name, arity + 1)
    ], messages


def _signature(atom: clingo.Symbol) -> Signature:
    return atom.name, len(atom.arguments) - 1


def _without_state(atom: clingo.Symbol) -> str:
    return str(clingo.Function(atom.name, atom.arguments[:-1]))
