"""Rule lists as programs: the numbers that rules test, derived by clingo, and the rules themselves.

The numbers are defined once, in `sights.lp`: they are learned from and decided by as clingo derives
them, so that there is nothing for two versions to disagree on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from clingo.ast import ASTType

from symbolic.facts import Facts, fact_text
from symbolic.policies.policy import PolicyProgram
from symbolic.policies.rule_list import UNSEEN, Bounds, Rule
from symbolic.rules import rewrite
from symbolic.rules.program import RELATIONS
from symbolic.rules.rewrite import Signature
from symbolic.rules.syntax import parse, read_sources

SIGHTS = Path(__file__).with_name("sights.lp")


@cache
def sights() -> tuple[str, ...]:
    """The names of the numbers that rules may test, in the order of columns."""
    return tuple(re.findall(r"^#show (\w+)/1\.", SIGHTS.read_text(), re.MULTILINE))


@cache
def _explained() -> dict[str, tuple[str, str]]:
    """Of each number the variable that stands for it, and the line that says what it is."""
    lines = re.findall(r"^(%: (\w+)\((\w)\).*)$", SIGHTS.read_text(), re.MULTILINE)
    return {name: (variable, line) for line, name, variable in lines}


def definitions(wanted: Sequence[Signature]) -> str:
    """The rules of relations.lp and sights.lp that these predicates rest on, and what they take."""
    sources = [source for path in (RELATIONS, SIGHTS) for source in read_sources(path)]
    rules, text, inputs = [], {}, set[Signature]()
    for source in sources:
        for statement in parse(source):
            if statement.ast_type == ASTType.Defined:
                inputs.add((statement.name, statement.arity))
            elif statement.ast_type == ASTType.Rule:
                (rule,) = rewrite.rules_of(source, statement)
                rules.append(rule)
                text[rule.where] = _as_written(source.text, statement)
    used = rewrite.needed(rules, wanted)
    bodies = frozenset[Signature]().union(*(rule.positive | rule.negative for rule in used))
    given = sorted((bodies & inputs) - {rule.head for rule in used} - {("group", 2)})
    lines = [f"#defined {name}/{arity}." for name, arity in given]
    return "\n".join([*lines, "", *(text[rule.where] for rule in used)])


def _as_written(text: str, statement: object) -> str:
    begin, end = statement.location.begin, statement.location.end  # type: ignore[attr-defined]
    lines = text.splitlines()[begin.line - 1 : end.line]
    lines[-1] = lines[-1][: end.column - 1]
    return "\n".join(line.rstrip() for line in [lines[0][begin.column - 1 :], *lines[1:]])


@cache
def _numbers_program() -> PolicyProgram:
    shows = [f"#show {name}/1." for name in sights()]
    return PolicyProgram("\n".join([definitions([(name, 1) for name in sights()]), *shows]))


def numbers_of(facts: Facts) -> np.ndarray:
    """(F,) the numbers of one state, `rule_list.UNSEEN` for those that it lacks."""
    row = np.full(len(sights()), UNSEEN)
    for atom in _numbers_program().shown(facts):
        row[sights().index(atom.name)] = atom.arguments[0].number
    return row


def group_facts(acts: Sequence[str], groups: Sequence[int]) -> Facts:
    """Which acts (constants) move me alike: what the number ``went`` rests on."""
    return tuple(("group", act, int(group)) for act, group in zip(acts, groups, strict=True))


def program_of(rules: Sequence[Rule], acts: Sequence[str], groups: Sequence[int]) -> str:
    """A program that does as the list does; ``acts`` are the constants of its acts by number, and
    ``groups`` tells which of them move me alike."""
    names = [name for i, name in enumerate(sights()) if any(i in dict(r.tests) for r in rules)]
    group = " ".join(f"{fact_text(fact)}." for fact in group_facts(acts, groups))
    return "\n".join(
        [
            "% --- what the rules speak of, derived from the facts of a step",
            *(_explained()[name][1] for name in names),
            definitions([(name, 1) for name in names]),
            *([group] if "went" in names else []),
            "",
            "% --- the rules: the first that applies decides",
            *(rule_text(n, rule, acts) for n, rule in enumerate(rules, 1)),
            "",
            "% --- what to do",
            "first(N) :- N = #min { M : rule(M,_) }.",
            "do(A) :- first(N), rule(N,A).",
            "#show do/1.",
            "",
        ]
    )


def rule_text(number: int, rule: Rule, acts: Sequence[str]) -> str:
    """One rule as it stands in the program."""
    head, parts = f"rule({number},{acts[rule.act]})", []
    for column, bounds in rule.tests:
        name = sights()[column]
        parts.append(_test(name, _explained()[name][0], bounds))
    return f"{head} :- {', '.join(parts)}." if parts else f"{head}."


def _test(name: str, value: str, bounds: Bounds) -> str:
    low, high = bounds
    if low is None and high is None:
        return f"{name}({value})"  # it has this number, whatever it is
    if low == high:
        return f"{name}({low})"
    if low is None:
        return f"{name}({value}), {value} <= {high}"
    if high is None:
        return f"{name}({value}), {value} >= {low}"
    return f"{name}({value}), {low} <= {value} <= {high}"
