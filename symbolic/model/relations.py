"""The relations that a program of laws defines: those of relations.lp that it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

OBSERVED: Final = Path(__file__).with_name("observed.lp")
FIRST: Final = "first_"  # before the name of a relation as what obeys sees it

WIDE: Final = 100  # columns

_TEXT = Path(__file__).with_name("relations.lp")
_NAME = re.compile(r"\b(not )?([a-z]\w*)\(")
_SEEN = re.compile(  # of what obeys and of all others, each their own
    r"\b(looks|looks_at_any|sought|gaps|next_gaps|apart|closest|nearest|nothing|next_d[yx]|next_gap|next_gap_[yx]"
    r"|gap_[yx]|nearest_v[yx]|nearest_had_v[yx]|ahead)\("
)


class _Rule(NamedTuple):
    text: str
    head: str
    positive: frozenset[str]
    every: frozenset[str]  # names in the body


class _Paragraph(NamedTuple):
    comment: str
    rules: tuple[_Rule, ...]


def names_in(text: str) -> list[str]:
    """The predicates of some rules, as they come."""
    return [name for _, name in _NAME.findall(text)]


def heads_of(text: str) -> list[str]:
    """The predicates that rules derive, each line that is not indented being the start of one."""
    return re.findall(r"^([a-z]\w*)\(", text, re.MULTILINE)


def definitions(wanted: Iterable[str], given: Iterable[str]) -> str:
    """The paragraphs that the ``wanted`` predicates rest on, in the order of the file.

    ``given`` predicates are observed or defined elsewhere; a rule that asks for what is neither
    given nor defined derives nothing, and is left out.
    """
    paragraphs = _paragraphs(_TEXT.read_text())
    rules = [rule for paragraph in paragraphs for rule in paragraph.rules]
    true, before = set(given), -1
    while before < len(true):
        before = len(true)
        true |= {rule.head for rule in rules if rule.positive <= true}
    rules = [rule for rule in rules if rule.positive <= true]
    needed, before = set(wanted), -1
    while before < len(needed):
        before = len(needed)
        needed |= {name for rule in rules if rule.head in needed for name in rule.every}
    told = []
    for paragraph in paragraphs:
        kept = [r.text for r in paragraph.rules if r.head in needed and r.positive <= true]
        if kept:
            told.append("\n".join([*filter(None, [paragraph.comment]), *kept]))
    return "\n\n".join(told)


def _paragraphs(text: str) -> list[_Paragraph]:
    """What is written in the file, and what obeys sees before it."""
    found = []
    for part in text.split("\n\n")[1:]:  # after the first, which tells of the file
        lines = part.strip().splitlines()
        comment = "\n".join(line for line in lines if line.startswith("%"))
        body = "\n".join(line for line in lines if not line.startswith("%"))
        rules = [_rule(each) for each in re.split(r"(?<=\.)\n", body)]
        first = [
            _rule(_fitted(_SEEN.sub(rf"{FIRST}\1(", rule.text)))
            for rule in rules
            if _SEEN.match(rule.text) and rule.head != "ahead"
        ]
        found.append(_Paragraph(comment, (*first, *rules)))
    return found


def _fitted(text: str) -> str:
    """With one more break in lines that a longer name made too long."""
    lines = []
    for line in text.splitlines():
        if len(line) > WIDE:
            cut = line.rindex(", ", 0, line.index("#") if "#" in line else WIDE) + 1
            lines.append(line[:cut])
            line = f"    {line[cut + 1 :]}"
        lines.append(line)
    return "\n".join(lines)


def _rule(text: str) -> _Rule:
    (_, head), *body = _NAME.findall(text)
    positive = frozenset(name for negated, name in body if not negated)
    return _Rule(text, head, positive, frozenset(name for _, name in body))
