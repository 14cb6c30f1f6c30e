"""The predicates that rules may use, as the comments at the top of relations.lp describe them.

``%# Title`` begins a section and ``%: atoms  text`` an entry of it, its atoms ending at two spaces;
a plain comment goes on with the one or the other. The first line that is no comment ends it all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Signature: TypeAlias = tuple[str, int]


class Entry(NamedTuple):
    """Atoms as they are written, such as ``at(I,Y,X)``, and what they say."""

    atoms: tuple[str, ...]
    text: str


class Section(NamedTuple):
    """Predicates that belong together."""

    title: str
    text: str
    entries: tuple[Entry, ...]


def sections(program: str) -> tuple[Section, ...]:
    """What the comments at the top of a program describe."""
    found: list[Section] = []
    for line in program.splitlines():
        if not line.startswith("%"):
            break
        if line.startswith("%#"):
            found.append(Section(line[2:].strip(), "", ()))
        elif found and line.startswith("%:"):
            atoms, _, text = line[2:].strip().partition("  ")
            entries = (*found[-1].entries, Entry(tuple(atoms.split()), text.strip()))
            found[-1] = found[-1]._replace(entries=entries)
        elif found and line[1:].strip():
            found[-1] = _continued(found[-1], line[1:].strip())
    return tuple(found)


def _continued(section: Section, text: str) -> Section:
    if not section.entries:
        return section._replace(text=f"{section.text} {text}".strip())
    *before, last = section.entries
    last = last._replace(text=f"{last.text} {text}".strip())
    return section._replace(entries=(*before, last))


def signature_of(atom: str) -> Signature:
    """Name and arity of an atom as it is written: ``cell(strike(K),Tile)`` is ``cell/2``."""
    name, _, arguments = atom.partition("(")
    flat = arguments.removesuffix(")")
    while "(" in flat:  # what is nested has commas of its own
        flat = re.sub(r"\([^()]*\)", "", flat)
    return name, flat.count(",") + 1 if flat else 0


def written(found: Sequence[Section]) -> dict[Signature, str]:
    """How each described predicate is written, by signature; ``cell`` is the user's to shape."""
    atoms = (atom for section in found for entry in section.entries for atom in entry.atoms)
    return {signature_of(atom): atom for atom in atoms if not atom.startswith("cell(")}
