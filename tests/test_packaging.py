"""What is built to be installed holds all that a user needs."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("agents", "docs", "dsrl", "knowledge", "perception", "scripts", "symbolic", "tests")
FILES = (
    "CHANGELOG.md", "CITATION.cff", "LICENSE", "MANIFEST.in", "Makefile", "README.md",
    "constraints.txt", "pyproject.toml",
)  # fmt: skip
BUILD = """
import sys, setuptools.build_meta as b
out = sys.argv[1]  # which building changes
b.build_sdist(out)
b.build_wheel(out)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel, made from a copy."""
    pytest.importorskip("setuptools")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for part in PARTS:
        without = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / part, source / part, ignore=without)
    for file in FILES:
        shutil.copy(ROOT / file, source / file)
    subprocess.run(
        [sys.executable, "-c", BUILD, str(out)], cwd=source, check=True, capture_output=True
    )
    return out


def needed() -> set[str]:
    """Every file of the packages that is not built or cached."""
    return {
        path.relative_to(ROOT).as_posix()
        for part in ("agents", "dsrl", "perception", "symbolic")
        for path in (ROOT / part).rglob("*")
        if path.suffix in (".py", ".lp", ".html", ".js", ".css") or path.name == "py.typed"
    }


def test_the_wheel_has_code_rules_knowledge_and_licence(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert needed() - names == set()
    for file in (ROOT / "knowledge").glob("*.lp"):
        assert any(name.endswith(f"share/dsrl/knowledge/{file.name}") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_source_archive_can_be_tested_and_built_again(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert (needed() | set(FILES)) - names == set()
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    assert tests - names == set()


def test_what_says_the_version_says_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"\nversion: {project['version']}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\nlicense: {project['license']}\n" in (ROOT / "CITATION.cff").read_text()
    assert (ROOT / "LICENSE").read_text().startswith(f"{project['license']} License")


def test_what_says_which_python_says_the_same() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, tool = settings["project"], settings["tool"]
    head = "Programming Language :: Python :: 3."
    minors = [int(c.removeprefix(head)) for c in project["classifiers"] if c.startswith(head)]
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert project["requires-python"] == f">=3.{minors[0]}"
    assert tool["ruff"]["target-version"] == f"py3{minors[0]}"
    assert tool["mypy"]["python_version"] == f"3.{minors[0]}"


def test_the_workflow_checks_with_the_python_that_it_sets_up(tmp_path: Path) -> None:
    file = ROOT / ".github/workflows/test.yml"
    if not file.exists():
        pytest.skip("no part of the source archive")
    (line,) = re.findall(r"run: (.*\.ci/run.*)", file.read_text())
    programs = {
        "bin/sudo": 'exec /usr/bin/env -i PATH=/usr/bin:/bin "$@"',  # as sudo's secure_path
        "bin/python3": "echo that of the workflow",
        ".ci/run": "python3 --version",
    }
    for name, text in programs.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    place = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=place, capture_output=True, text=True, check=True
    )
    assert done.stdout == "that of the workflow\n"
