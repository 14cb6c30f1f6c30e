"""The reference page for rules of one's own, made from relations.lp itself."""

from __future__ import annotations

from symbolic.rules.compiled import compile_sources
from symbolic.rules.program import RELATIONS, Program
from symbolic.rules.reference import Section, sections, signature_of
from symbolic.rules.rewrite import Rule

COMMAND = "dsrl knowledge page --out docs/knowledge.md"

OPENING = f"""# Rules of your own

`dsrl train --background my.lp` adds knowledge to the agent's own rules
([`relations.lp`](../symbolic/rules/relations.lp)), in the language of
[clingo](https://potassco.org/clingo/). Worked examples: [`bounce.lp`](../knowledge/bounce.lp),
[`centre.lp`](../knowledge/centre.lp), [`cover.lp`](../knowledge/cover.lp),
[`onward.lp`](../knowledge/onward.lp). Where the package is installed they lie in
`share/dsrl/knowledge` of the environment. This page is made by `{COMMAND}`.
`dsrl knowledge check my.lp` looks a file over without training.

A word with a capital stands for a value, `_` for one that does not matter."""

ENDING = """## What a file may hold

Facts, rules with one head, `#const`, `#defined p/n`, `#show p/n` (then `dsrl inspect` lists it) and
`#include "file.lp"` from the file's own folder. Every state must have exactly one answer, so there
are no choices, disjunctions or constraints, and nothing may rest on its own absence. Numbers are
whole: write hundredths instead of 0.01. Scripts and functions from outside are refused. The rules
run in a process of their own with limits on time and memory; a file whose grounding explodes is
refused with the rule that does it. Of a mistake the file, line and column are told, and the mend.

Cells whose keys are fine (a place in pixels) are hardly ever met again and learn nothing: divide.
Where an operation gives no number (a division by 0), its rule derives nothing; beyond 2,147,483,647
numbers begin anew from the other end. `knowledge check` warns of both."""


def page() -> str:
    """The page as markdown.

    Raises:
        ValueError: relations.lp describes a predicate it does not have, or the other way round.
    """
    found = sections(RELATIONS.read_text())
    compiled = compile_sources(Program.load().base)
    _check(found, {rule.head for rule in compiled.rules} | compiled.inputs)
    parts = [OPENING, *(_section(section, compiled.rules) for section in found), ENDING]
    return "\n\n".join(parts) + "\n"


def _check(found: tuple[Section, ...], known: set[tuple[str, int]]) -> None:
    *ours, yours = found
    described = {signature_of(a) for s in ours for entry in s.entries for a in entry.atoms}
    allowed = {signature_of(a) for entry in yours.entries for a in entry.atoms}
    if odd := (described ^ known) - allowed:
        names = ", ".join(f"{name}/{arity}" for name, arity in sorted(odd))
        raise ValueError(f"{RELATIONS}: the comments at the top and the rules differ in {names}")


def _section(section: Section, rules: tuple[Rule, ...]) -> str:
    lines = [
        f"## {section.title}",
        "",
        section.text,
        "",
        "| predicate | what it says |",
        "|---|---|",
    ]
    for entry in section.entries:
        atoms = "<br>".join(f"`{atom}`" for atom in entry.atoms)
        lines.append(f"| {atoms} | {entry.text} |")
    heads = {atom.partition("(")[0] for entry in section.entries for atom in entry.atoms}
    made = [str(rule.node) for rule in rules if rule.head[0] in heads - {"cell"}]
    if made:
        lines += ["", "The rules they come from:", "", "```prolog", *made, "```"]
    return "\n".join(lines)
