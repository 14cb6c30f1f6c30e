"""docs/python.md: its blocks run, and each line has the value that stands behind it."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/python.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def checked(source: str, names: dict[str, Any]) -> list[str]:
    """Runs a block; what differs from the value behind a line (one that can be read as one)."""
    wrong = []
    lines = source.splitlines()
    for node in ast.parse(source).body:
        text = ast.unparse(node)
        if not isinstance(node, ast.Expr):
            exec(text, names)
            continue
        value = eval(text, names)
        _, mark, said = lines[node.end_lineno - 1].partition("  # ")
        if mark and repr(value) != said:
            wrong.append(f"{text} is {value!r}, the page says {said}")
    return wrong


def test_the_page_runs_and_tells_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) == PAGE.read_text().count("```python") > 5
    names: dict[str, Any] = {}
    assert [wrong for block in blocks for wrong in checked(block, names)] == []
    for made in ("env", "game", "short"):
        names[made].close()


def test_what_is_wrong_is_found() -> None:
    assert checked("x = 2\nx + 1  # 4\nx  # 2\nx", {}) == ["x + 1 is 3, the page says 4"]
    with pytest.raises(NameError):
        checked("y", {})
