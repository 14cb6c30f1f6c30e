"""docs/python.md: its blocks run, and each line has the value that stands behind it."""

import ast
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/python.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def with_values_told(source: str) -> str:
    """The program, which hands `told` each line that has a value behind it, and both values."""
    lines, program = source.splitlines(), []
    for node in ast.parse(source).body:
        text = ast.unparse(node)
        assert node.end_lineno is not None
        _, mark, said = lines[node.end_lineno - 1].partition("  # ")
        shown = isinstance(node, ast.Expr) and mark
        program.append(f"told({text!r}, {text}, {said!r})" if shown else text)
    return "\n".join(program)


def run(source: str, file: Path) -> tuple[dict[str, Any], list[str]]:
    """The names that a program leaves, and which of its lines are not as they say."""
    wrong: list[str] = []

    def told(text: str, value: object, said: str) -> None:
        if repr(value) != said:
            wrong.append(f"{text} is {value!r}, the page says {said}")

    file.write_text(with_values_told(source))
    return runpy.run_path(str(file), {"told": told}), wrong


def test_the_page_runs_and_tells_the_truth(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) == PAGE.read_text().count("```python") > 5
    names, wrong = run("".join(blocks), tmp_path / "page.py")
    assert wrong == []
    for made in ("env", "game", "short"):
        names[made].close()


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    _, wrong = run("x = 2\nx + 1  # 4\nx  # 2\nx", tmp_path / "a.py")
    assert wrong == ["x + 1 is 3, the page says 4"]
    with pytest.raises(NameError):
        run("y", tmp_path / "b.py")
