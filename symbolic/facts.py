"""Facts about one state: integers in, clingo symbols out, never text pasted together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import clingo
from clingo import SymbolType

Fact: TypeAlias = tuple[str | int, ...]
"""A predicate's name, then its arguments: ``("at", 0, 120, 80)`` is ``at(0,120,80)``."""

Facts: TypeAlias = tuple[Fact, ...]

# clingo never frees a symbol, so everything is clipped to what a screen can show.
MAX_POSITION = 255
MAX_VELOCITY = 64


class SymbolicObject(NamedTuple):
    """One object: centre, size in pixels; velocity in pixels per agent step."""

    id: int
    kind: int
    y: int
    x: int
    dy: int
    dx: int
    height: int
    width: int


def fact_text(fact: Fact) -> str:
    """A fact as clingo writes it."""
    name, *values = fact
    return f"{name}({','.join(map(str, values))})" if values else str(name)


def fact_of(text: str) -> Fact:
    """The inverse of `fact_text`.

    Raises:
        ValueError: a text that is no fact of numbers and constants.
    """
    try:
        term = clingo.parse_term(text, logger=lambda code, message: None)
    except RuntimeError:
        raise ValueError(f"{text!r} is no fact") from None
    if term.type != SymbolType.Function or not term.name:
        raise ValueError(f"{text!r} is no fact")
    return (term.name, *map(_value, term.arguments))


def _value(term: clingo.Symbol) -> int | str:
    return term.number if term.type == SymbolType.Number else str(term)


def _clip(value: int, low: int, high: int) -> int:
    return max(low, min(high, int(value)))


def constant_of(action: str) -> str:
    """The constant that stands for an action in programs: its name in lower case."""
    return action.lower()


def state_facts(objects: Sequence[SymbolicObject], extra: Iterable[Fact] = ()) -> Facts:
    """Facts of one state; ``extra`` holds what was learned, such as ``("controlled", 2)``.

    The i-th object is called i (its slot): track ids grow for ever, slots stay few.
    """
    facts: list[Fact] = []
    for slot, o in enumerate(objects):
        y, x = _clip(o.y, 0, MAX_POSITION), _clip(o.x, 0, MAX_POSITION)
        dy, dx = (_clip(v, -MAX_VELOCITY, MAX_VELOCITY) for v in (o.dy, o.dx))
        height, width = _clip(o.height, 0, MAX_POSITION), _clip(o.width, 0, MAX_POSITION)
        facts += [
            ("object", slot, int(o.kind)),
            ("at", slot, y, x),
            ("velocity", slot, dy, dx),
            ("size", slot, height, width),
        ]
    facts.extend(extra)
    return tuple(facts)


@lru_cache(maxsize=4096)
def symbol(value: int | str) -> clingo.Symbol:
    """A number, a constant such as ``up``, or what is made of them: ``close(2)``.

    Raises:
        ValueError: a text that is none of these.
    """
    if not isinstance(value, str):
        return clingo.Number(value)
    if value.isidentifier() and value.isascii() and value.lstrip("_")[:1].islower():
        return clingo.Function(value)
    try:
        term = clingo.parse_term(value, logger=lambda code, message: None)
    except (RuntimeError, ValueError):  # ValueError: a NUL
        term = clingo.Infimum
    if str(term) != value or term.type not in (SymbolType.Function, SymbolType.String):
        raise ValueError(f"fact argument {value!r} is no constant: use lower_case letters")
    return term
