"""Rules of a user's own, as commands are given them; loads no torch."""

import warnings
from pathlib import Path

from symbolic.rules.program import Program
from symbolic.rules.syntax import Source


def rules_of(background: Path | None) -> tuple[Source, ...]:
    """The user's rule files, checked; warnings about them are printed."""
    program = Program.load(background)
    for text in program.warnings:
        warnings.warn(text, stacklevel=2)
    return program.background
