"""Why an atom holds: the rule instances that derive it, down to the facts that were given.

Beside every rule ``h :- b`` stands one more, ``because__(n, h, atoms, variables) :- b``: it holds
for exactly those instances of rule ``n`` that fired. These rules go in as one more background
file, so that limits on time and memory hold for them where they hold for the rules of a user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Literal, NamedTuple, TypeAlias

import clingo
from clingo import ast
from clingo.ast import AST, ASTType

from symbolic.facts import Facts, fact_text
from symbolic.rules.compiled import ADVICE, compile_sources
from symbolic.rules.grounder import Answer, Grounder, cell_name, cell_of
from symbolic.rules.program import Program
from symbolic.rules.rewrite import Rule, Signature, depending, needed
from symbolic.rules.syntax import Source
from symbolic.rules.worker import Limits, Worker

BECAUSE = "because__"  # names ending in __ are refused in files of a user
_FORESIGHT = re.compile(r"foresight\((-?\d+)\)\[(-?\d+),(-?\d+)\]")

Role: TypeAlias = Literal["given", "derived", "test"]


class Premise(NamedTuple):
    """One ground literal of a rule's body: a given fact, an atom that rules derive, or a test
    (a comparison, an absence, an aggregate)."""

    text: str
    role: Role


class Instance(NamedTuple):
    """A rule with its variables filled in: the head holds because the whole body does."""

    rule: str
    where: str
    head: str
    body: tuple[Premise, ...]


Derivations: TypeAlias = dict[str, tuple[Instance, ...]]
"""For each derived atom the instances that derive it; a tree by way of derived premises."""


def derivations(program: Program, facts: Facts, limits: Limits | None = None) -> Derivations:
    """Everything the cells and relations of one state rest on.

    No atom is its own reason: of rules that go round in a circle only those instances are told
    whose premises held before.

    Raises:
        LimitError: the rules took too long, or too much memory.
        ValueError: a fact whose predicate relations.lp does not declare.
    """
    if program.background:
        _ask(program, (), (), limits)  # nothing of it is parsed here that crashes there
    opened = _opened(program)
    answer = opened.ask(facts) or _ask(program, (opened.helper,), facts, limits)
    given = {fact_text(fact) for fact in facts}
    found: dict[str, list[Instance]] = {}
    for relation in answer.relations:
        if relation.startswith(f"{BECAUSE}("):
            number, head, atoms, values = clingo.parse_term(relation).arguments
            instance = opened.rules[number.number].instance(head, atoms, values, given)
            found.setdefault(instance.head, []).append(instance)
    return _well_founded(found, opened.above)


def tree_of(atoms: Sequence[str], known: Mapping[str, Sequence[Instance]]) -> Derivations:
    """Those of the derivations that these atoms rest on, the atoms first."""
    found: Derivations = {}
    waiting = [atom for atom in reversed(atoms) if atom in known]
    while waiting:
        atom = waiting.pop()
        if atom not in found:
            found[atom] = tuple(known[atom])
            body = [premise for instance in known[atom] for premise in instance.body]
            waiting.extend(premise.text for premise in reversed(body) if premise.role == "derived")
    return found


def term_of(atom: str) -> str | None:
    """The name in the log of what an atom adds to the values; None where it adds nothing."""
    symbol = clingo.parse_term(atom)
    if symbol.name == "cell":
        return cell_name(cell_of(symbol))
    if (symbol.name, len(symbol.arguments)) == ADVICE:
        why, way, hundredths = map(str, symbol.arguments)
        return cell_name((f"{symbol.name}({why})", (way, hundredths)))
    return None


class Meeting(NamedTuple):
    """What a term of foresight is named after: a kind, the pixels along from the controlled
    object to the place of the meeting, and the quarters of an agent step until then."""

    kind: int
    offset: int
    time: int


def meeting_of(term: str) -> Meeting | None:
    """The meeting in a term's name; None where it names none."""
    match = _FORESIGHT.fullmatch(term)
    return Meeting(*map(int, match.groups())) if match else None


def _ask(program: Program, more: Sequence[Source], facts: Facts, limits: Limits | None) -> Answer:
    """The answer with more rules to a user's, which run in a process of their own."""
    worker = Worker(program.base, [*program.background, *more], limits or Limits())
    try:
        return worker.solve([facts])[0]
    finally:
        worker.close()


class _Name(ast.Transformer):
    """Gives each ``_`` a name of its own, so that what it stood for can be told."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Variable(self, variable: AST) -> AST:
        if variable.name != "_":
            return variable
        self.count += 1
        return variable.update(name=f"Any{self.count}__")


class _OuterVariables(ast.Transformer):
    """Collects the variables outside of aggregates' elements and conditions."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}  # in order

    def visit_Variable(self, variable: AST) -> AST:
        if variable.name != "_":
            self.names[variable.name] = None
        return variable

    def visit_BodyAggregateElement(self, element: AST) -> AST:
        return element

    def visit_ConditionalLiteral(self, literal: AST) -> AST:
        return literal


class _Fill(ast.Transformer):
    """Puts values in the place of variables."""

    def __init__(self, values: Mapping[str, clingo.Symbol]) -> None:
        self.values = values

    def visit_Variable(self, variable: AST) -> AST:
        if variable.name not in self.values:
            return variable  # bound within an aggregate or a condition
        return ast.SymbolicTerm(variable.location, self.values[variable.name])


@dataclass(frozen=True)
class _Open:
    """A rule whose body can be filled in."""

    rule: Rule
    body: tuple[AST, ...]
    variables: tuple[str, ...]

    @classmethod
    def of(cls, rule: Rule) -> _Open:
        name = _Name()
        body = tuple(name.visit(x) if _is_atom(x) else x for x in rule.node.body)
        outer = _OuterVariables()
        for part in (*body, rule.node.head):
            outer.visit(part)
        return cls(rule, body, tuple(outer.names))

    def because(self, number: int) -> str:
        """The rule that tells of this one's instances."""
        atoms = _tuple([str(x.atom) for x in self.body if _is_atom(x)])
        head = f"{BECAUSE}({number},{self.rule.node.head},{atoms},{_tuple(self.variables)})"
        return f"{head} :- {'; '.join(map(str, self.body))}." if self.body else f"{head}."

    def instance(
        self, head: clingo.Symbol, atoms: clingo.Symbol, values: clingo.Symbol, given: set[str]
    ) -> Instance:
        """The instance with these values, its positive atoms evaluated."""
        fill = _Fill(dict(zip(self.variables, values.arguments, strict=True)))
        evaluated = map(str, atoms.arguments)
        body = []
        for literal in self.body:
            if _is_atom(literal):
                text = next(evaluated)
                body.append(Premise(text, "given" if text in given else "derived"))
            else:
                body.append(Premise(str(fill.visit(literal)), "test"))
        return Instance(_as_written(self.rule), self.rule.where, str(head), tuple(body))


@dataclass(frozen=True)
class _Opened:
    """What of a program is the same for every state: reading it takes longer than asking."""

    rules: tuple[_Open, ...]
    above: Mapping[Signature, frozenset[Signature]]  # each head and what rests on it
    helper: Source
    grounder: Grounder | None  # None where a user's rules run in a process of their own
    lock: Lock = field(default_factory=Lock)

    def ask(self, facts: Facts) -> Answer | None:
        """The answer, where all rules are our own; several threads may ask."""
        if self.grounder is None:
            return None
        with self.lock:  # the grounder is one for all runs of these rules
            return self.grounder.one(facts)


@lru_cache(maxsize=2)
def _opened(program: Program) -> _Opened:
    compiled = compile_sources(program.base, program.background)
    rules = tuple(_Open.of(rule) for rule in needed(compiled.rules, compiled.outputs))
    text = "\n".join([f"#show {BECAUSE}/4.", *(r.because(n) for n, r in enumerate(rules))])
    helper = Source(path="explanation", text=text)
    heads = {rule.head for rule in compiled.rules}
    above = {head: depending(compiled.rules, [head]) for head in heads}
    ours = None if program.background else Grounder(compile_sources(program.base, [helper]))
    return _Opened(rules, above, helper, ours)


def _as_written(rule: Rule) -> str:
    begin, end = rule.node.location.begin, rule.node.location.end
    lines = rule.source.text.encode().split(b"\n")[begin.line - 1 : end.line]
    lines[-1] = lines[-1][: end.column - 1]  # clingo counts bytes
    lines[0] = lines[0][begin.column - 1 :]
    return " ".join(b" ".join(lines).decode().split())


def _is_atom(literal: AST) -> bool:
    plain = literal.ast_type == ASTType.Literal and literal.sign == ast.Sign.NoSign
    return plain and literal.atom.ast_type == ASTType.SymbolicAtom


def _tuple(parts: Sequence[str]) -> str:
    return f"({','.join(parts)}{',' * (len(parts) == 1)})"


def _well_founded(
    found: Mapping[str, Sequence[Instance]], above: Mapping[Signature, frozenset[Signature]]
) -> Derivations:
    order = _order(found)

    def holds_before(premise: Premise, head: str) -> bool:
        circle = premise.role == "derived" and _signature(premise.text) in above[_signature(head)]
        return not circle or order[premise.text] < order[head]

    return {
        head: tuple(i for i in instances if all(holds_before(p, head) for p in i.body))
        for head, instances in found.items()
    }


def _order(found: Mapping[str, Sequence[Instance]]) -> dict[str, int]:
    """For each atom the round of derivation in which it first holds."""
    missing: dict[int, set[str]] = {}
    users: dict[str, list[Instance]] = {}
    order: dict[str, int] = {}
    fresh: list[str] = []
    for instance in (i for instances in found.values() for i in instances):
        derived = {p.text for p in instance.body if p.role == "derived"}
        missing[id(instance)] = derived
        for atom in derived:
            users.setdefault(atom, []).append(instance)
        if not derived:
            fresh.append(instance.head)
    step = 0
    while fresh:
        new = [atom for atom in dict.fromkeys(fresh) if atom not in order]
        order.update(dict.fromkeys(new, step))
        fresh, step = [], step + 1
        for atom in new:
            for user in users.get(atom, ()):
                missing[id(user)].discard(atom)
                if not missing[id(user)]:
                    fresh.append(user.head)
    return order


def _signature(atom: str) -> tuple[str, int]:
    symbol = clingo.parse_term(atom)
    return symbol.name, len(symbol.arguments)
