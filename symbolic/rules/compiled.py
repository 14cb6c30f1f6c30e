"""Checked rule files, ready to ground: what goes in, what comes out, the program text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from clingo.ast import AST, ASTType

from symbolic.rules import rewrite
from symbolic.rules.rewrite import Rule, Signature
from symbolic.rules.syntax import (
    ProgramError,
    Source,
    check_safe,
    check_statement,
    location,
    parse,
    walk,
)

Keep: TypeAlias = Literal["cells", "shown", "all"]
ADVICE: Signature = ("advice", 3)


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """Checked rules, the facts they take, and what they are to tell."""

    rules: tuple[Rule, ...]
    inputs: frozenset[Signature]
    outputs: frozenset[Signature]
    constants: tuple[str, ...]
    background: tuple[Rule, ...]  # the user's, also those not taken
    declared: frozenset[Signature]  # by the user, with #defined
    shown: Mapping[Signature, str]  # by the user, with #show, and where
    files: tuple[str, ...]  # the user's
    keep: Keep

    @property
    def constant_names(self) -> frozenset[str]:
        """What #const gives a value to."""
        return frozenset(re.findall(r"^#const (\w+)", "\n".join(self.constants), re.MULTILINE))

    def kept(self, given: frozenset[Signature]) -> tuple[Rule, ...]:
        """The rules for states with facts of these predicates.

        Every rule costs time in every state, so rules that cannot fire or that no output rests
        on are left out.
        """
        if self.keep == "all":
            return self.rules
        return rewrite.needed(rewrite.possible(self.rules, given), self.outputs)

    def text(self, rules: Sequence[Rule], *, many: bool) -> str:
        """The program made of these rules, for one state at a time or for many."""
        dependent = rewrite.depending(self.rules, self.inputs | self.outputs)
        show = [f"#show {name}/{arity + 1}." for name, arity in sorted(self.outputs)]
        body = rewrite.with_state(rules, dependent, variable=many)
        return "\n".join([*self.constants, "#show.", *show, body])


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """The statements of some files by what they are."""

    rules: tuple[Rule, ...]
    defined: frozenset[Signature]
    shown: Mapping[Signature, str]  # and where
    constants: tuple[tuple[str, AST], ...]  # (where, #const)


def _parts(sources: Sequence[Source], *, trusted: bool) -> _Parts:
    rules: list[Rule] = []
    defined: set[Signature] = set()
    shown: dict[Signature, str] = {}
    constants: list[tuple[str, AST]] = []
    for source in sources:
        statements = parse(source)
        if not trusted:
            for statement in statements:
                check_statement(source, statement)
            check_safe(source, statements)
        for statement in statements:
            if statement.ast_type == ASTType.Rule:
                rules.extend(rewrite.rules_of(source, statement))
            elif statement.ast_type == ASTType.Defined:
                defined.add((statement.name, statement.arity))
            elif statement.ast_type == ASTType.ShowSignature and statement.name:
                shown[statement.name, statement.arity] = location(source, statement)
            elif statement.ast_type == ASTType.Definition:
                constants.append((location(source, statement), statement))
    return _Parts(
        rules=tuple(rules),
        defined=frozenset(defined),
        shown=shown,
        constants=tuple(constants),
    )


def _check_heads(base: _Parts, user: _Parts) -> None:
    own = {rule.head for rule in base.rules if rule.head[0] != "cell"}
    for rule in user.rules:
        name, arity = rule.head
        if rule.head in base.defined:
            raise ProgramError(
                f"{rule.where}: {name}/{arity} is observed and cannot be derived; use another name"
            )
        if rule.head in own:
            raise ProgramError(
                f"{rule.where}: {name}/{arity} belongs to relations.lp; use another name"
            )
        if rule.head == ("cell", 0):
            raise ProgramError(f"{rule.where}: a cell names its table: cell(Table,Key...)")
        if name == "advice" and rule.head != ADVICE:
            raise ProgramError(f"{rule.where}: advice takes three: advice(Why,Way,Hundredths)")


def _check_constants(base: _Parts, user: _Parts) -> None:
    used = {
        node.name if node.ast_type == ASTType.Function else str(node)
        for rule in base.rules
        for node in walk(rule.node)
        if node.ast_type in (ASTType.Function, ASTType.SymbolicTerm)
    }
    used |= {statement.name for _, statement in base.constants}
    for where, statement in user.constants:
        if statement.name in used:
            raise ProgramError(
                f"{where}: #const {statement.name} would change relations.lp; use another name"
            )


def compile_sources(
    base: Source,
    background: Sequence[Source] = (),
    *,
    keep: Keep = "shown",
    first_rules: int | None = None,
) -> Compiled:
    """Parse and check everything; ground nothing.

    ``keep`` says what the rules are for: the cells alone, all that is shown, or every rule.
    With ``first_rules`` only that many of the background's rules are taken.

    Raises:
        ProgramError: with file, line, column and the reason.
    """
    own = _parts([base], trusted=True)
    user = _parts(background, trusted=False)
    _check_heads(own, user)
    _check_constants(own, user)
    rules = own.rules + user.rules[:first_rules]
    rewrite.check_stratified(rules)
    outputs = {rule.head for rule in rules if rule.head[0] == "cell"}
    if keep != "cells":
        outputs |= {shown for shown in (*own.shown, *user.shown) if shown[0] != "cell"}
        outputs |= {rule.head for rule in rules if rule.head == ADVICE}
    return Compiled(
        rules=rules,
        inputs=own.defined,
        outputs=frozenset(outputs),
        constants=tuple(str(statement) for _, statement in own.constants + user.constants),
        background=user.rules,
        declared=user.defined,
        shown=user.shown,
        files=tuple(source.path for source in background),
        keep=keep,
    )
