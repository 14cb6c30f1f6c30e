"""The page of predicates, and the examples that stand beside it."""

from functools import cache
from pathlib import Path

import pytest

from dsrl.reports.knowledge_page import COMMAND, page
from symbolic import Program, Solver, SymbolicObject, state_facts
from symbolic.rules.reference import sections, signature_of, written

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "knowledge").glob("*.lp"))


def test_the_page_is_that_of_the_program() -> None:
    assert (ROOT / "docs" / "knowledge.md").read_text() == page(), f"write it again: {COMMAND}"


def test_a_predicate_that_is_not_described_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (ROOT / "symbolic" / "rules" / "relations.lp").read_text()
    changed = tmp_path / "relations.lp"
    changed.write_text(program.replace("%: level(A,B) ", "%: levels(A,B) "))
    monkeypatch.setattr("dsrl.reports.knowledge_page.RELATIONS", changed)
    with pytest.raises(ValueError, match="differ in level/2, levels/2"):
        page()


def test_comments_are_read_as_sections_and_entries() -> None:
    program = """% a title
%# One
% said of
%  it
%: p(A,B) q(f(A,B),g)   both
%                of them
%# Two
%: r  no arguments
p(1,2).
%: s(X)  too late
"""
    one, two = sections(program)
    assert (one.title, one.text) == ("One", "said of it")
    assert one.entries == ((("p(A,B)", "q(f(A,B),g)"), "both of them"),)
    assert [entry.atoms for entry in two.entries] == [("r",)]
    assert written((one, two)) == {("p", 2): "p(A,B)", ("q", 2): "q(f(A,B),g)", ("r", 0): "r"}


@pytest.mark.parametrize(
    ("atom", "signature"),
    [("a", ("a", 0)), ("a(X)", ("a", 1)), ("c(f(A,g(B,C)),D)", ("c", 2)), ("c(f(A))", ("c", 1))],
)
def test_arity_counts_the_outer_arguments(atom: str, signature: tuple[str, int]) -> None:
    assert signature_of(atom) == signature


@cache
def solver_of(example: str) -> Solver:
    return Solver(Program.load(ROOT / "knowledge" / f"{example}.lp"))


def said(example: str, objects: list[SymbolicObject], *learned: tuple[str | int, ...]) -> set[str]:
    answer = solver_of(example).solve(state_facts(objects, [("me", 0), *learned]))
    cells = {f"{table}{list(key)}" for table, key in answer.cells}
    return {text for text in answer.relations if text.startswith("advice(")} | cells


def test_every_example_is_clean() -> None:
    assert len(EXAMPLES) >= 3
    for path in EXAMPLES:
        assert Program.load(path).warnings == ()


@pytest.mark.parametrize(
    ("place", "way"), [(60, 1), (96, 0), (100, 0), (104, 0), (140, -1)]
)  # fmt: skip
def test_bounce_goes_where_the_meeting_will_be(place: int, way: int) -> None:
    me = SymbolicObject(0, 1, place, 140, 0, 0, 16, 4)
    comes = ("comes", 2, 100, 0, 20, 4, 34, 194)  # at 100, level in 20/4 steps
    assert f"advice(bounce,{way},10)" in said("bounce", [me], ("axis", "y"), comes)
    far = ("comes", 2, 100, 0, 60, 4, 34, 194)
    assert said("bounce", [me], ("axis", "y"), far) == set()


@pytest.mark.parametrize(("place", "way", "third"), [(22, 1, 0), (80, 0, 1), (138, -1, 2)])
def test_centre_goes_to_the_middle_when_nothing_comes(place: int, way: int, third: int) -> None:
    me = SymbolicObject(0, 1, 185, place, 0, 0, 8, 8)
    learned = [("axis", "x"), ("range", 20, 140)]
    assert said("centre", [me], *learned) == {f"advice(centre,{way},3)", f"third[{third}]"}
    soon = ("comes", 2, 100, 0, 20, 4, 0, 159)
    assert said("centre", [me], *learned, soon) == set()


def test_cover_leaves_what_falls_unless_something_still_is_between() -> None:
    me = SymbolicObject(0, 1, 185, 80, 0, 0, 8, 8)
    learned = [("axis", "x"), ("range", 20, 140)]
    left, right, far = (SymbolicObject(1, 2, 120, x, 10, 0, 8, 2) for x in (77, 83, 120))
    assert said("cover", [me, left], *learned) == {"advice(cover,1,20)", "aimed[1]"}
    assert said("cover", [me, right], *learned) == {"advice(cover,-1,20)", "aimed[1]"}
    assert said("cover", [me, far], *learned) == {"aimed[0]"}
    shield = SymbolicObject(2, 3, 160, 80, 0, 0, 16, 16)
    assert said("cover", [me, left, shield], *learned) == {"aimed[0]"}
    assert said("cover", [me, left._replace(dy=-10)], *learned) == {"aimed[0]"}
    above = SymbolicObject(1, 2, 120, 80, 10, 0, 8, 2)
    assert "advice(cover,1,20)" in said("cover", [me, above], *learned)
    assert "advice(cover,-1,20)" in said("cover", [me._replace(x=120), above._replace(x=120)],
                                         *learned)  # fmt: skip
