"""toy.lp: what follows from one percept."""

from pathlib import Path

import pytest

import symbolic.rules
from symbolic import Program, Solver
from symbolic.rules.syntax import read_sources

RULES = Path(symbolic.rules.__file__).with_name("toy.lp")


@pytest.mark.parametrize(
    ("kind", "dy", "dx", "relations"),
    [
        ("cross", 0, 0, ("met(cross)",)),
        ("cross", -1, 0, ("beside(cross,above)",)),
        ("circle", 1, 0, ("beside(circle,below)",)),
        ("circle", 0, -1, ("beside(circle,left)",)),
        ("cross", 0, 1, ("beside(cross,right)",)),
        ("cross", 1, 1, ()),
        ("circle", -6, 5, ()),
    ],
)
def test_a_percept_makes_one_cell(kind: str, dy: int, dx: int, relations: tuple[str, ...]) -> None:
    answer = Solver(Program(base=read_sources(RULES)[0])).solve((("sees", kind, dy, dx),))
    assert answer.cells == ((f"place(agent,{kind})", (dy, dx)),)
    assert answer.relations == relations
