"""What a program was seen to do so far, kept while it is asked: that may take an hour."""

from __future__ import annotations

import hashlib
from pathlib import Path

from symbolic import Facts


class Journal:
    """Answers by state, for one program: another one's are forgotten.

    A line a state, so what a kill leaves unfinished is the last line, and asked about again.
    """

    def __init__(self, path: Path, program: str) -> None:
        self._path = path
        head = hashlib.sha256(program.encode()).hexdigest()
        self._known: dict[str, str] = {}
        lines = path.read_text().split("\n") if path.is_file() else []
        if lines[:1] != [head]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{head}\n")
            return
        for line in lines[1:-1]:  # after the last newline nothing is whole
            state, answer = line.split(" ")
            self._known[state] = answer
        path.write_text("\n".join([*lines[:-1], ""]))

    def __len__(self) -> int:
        return len(self._known)

    def get(self, facts: Facts) -> str | None:
        """What it does in a state; None where it was not asked yet."""
        return self._known.get(_name(facts))

    def add(self, facts: Facts, act: str) -> None:
        """One more answer."""
        self._known[_name(facts)] = act
        with self._path.open("a") as file:
            file.write(f"{_name(facts)} {act}\n")

    def remove(self) -> None:
        """Nothing of it is needed any more."""
        self._path.unlink(missing_ok=True)


def _name(facts: Facts) -> str:
    return hashlib.sha256(repr(sorted(map(repr, facts))).encode()).hexdigest()
