"""The shape of the project, held by reading its source."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {  # package: packages of ours that it may import
    "perception": set(),
    "symbolic": set(),
    "agents": {"perception", "symbolic"},
    "dsrl": {"perception", "symbolic", "agents"},
    "scripts": {"dsrl"},
}
SYMBOLIC = {  # the same for the folders of symbolic; the files beside them put all together
    "rules": set(),
    "dynamics": set(),
    "values": {"rules"},
    "shooting": {"rules", "dynamics", "values"},
    "planning": {"rules", "dynamics", "values", "shooting"},
    "policies": {"rules", "dynamics", "values", "shooting", "planning"},
    "model": set(),
    "search": set(),
}
BASE = {"symbolic.facts", "symbolic.scene"}  # what any of them may import
ABOVE = {"symbolic.learner", "symbolic.inquiry", "symbolic.percepts"}  # and policies alone
NETWORKLESS = {  # what perception/pixels may import of perception
    "perception.pixels", "perception.background", "perception.files", "perception.fixtures",
    "perception.objects", "perception.tracking",
}  # fmt: skip
GAMES = {  # a word of a game's name, as it would stand in source
    "pong", "breakout", "invaders", "freeway", "tennis", "boxing", "asteroids", "pacman",
    "seaquest", "enduro",
}  # fmt: skip
FORBIDDEN_MODULES = {"pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
RAM_NAMES = {"ram", "rams", "getRAM"}
RAM_FILES = {"agents/envs.py", "dsrl/scoring/ground_truth.py"}


def sources() -> list[Path]:
    return sorted(path for package in ALLOWED for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(params=sources(), ids=name_of)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def imports(tree: ast.AST) -> Iterator[str]:
    """The full names of all modules imported anywhere in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def problems(source: str, place: str) -> list[str]:
    """What a file at ``place`` (relative to the root) does that it must not."""
    tree = ast.parse(source)
    package = place.split("/")[0]
    found = []
    for module in imports(tree):
        top = module.split(".")[0]
        if top in ALLOWED and top != package and top not in ALLOWED[package]:
            found.append(f"imports {module}")
        if top in FORBIDDEN_MODULES:
            found.append(f"imports {module}, which can run code from files")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += called(node)
        if isinstance(node, ast.Attribute) and node.attr in RAM_NAMES and place not in RAM_FILES:
            found.append(f"line {node.lineno} reads RAM")
        if isinstance(node, ast.Constant | ast.Name) and place != "dsrl/experiments.py":
            found += named_games(node)
    return found


def misplaced(source: str, folder: str) -> list[str]:
    """What a file in this folder of symbolic imports of symbolic that it must not."""
    may = {f"symbolic.{each}" for each in SYMBOLIC[folder] | {folder}} | BASE
    may |= ABOVE if folder == "policies" else set()
    ours = [m for m in imports(ast.parse(source)) if m.split(".")[0] == "symbolic"]
    return [m for m in ours if ".".join(m.split(".")[:2]) not in may]


def called(node: ast.Call) -> list[str]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in FORBIDDEN_CALLS:
        return [f"line {node.lineno} calls {function.id}"]
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        whole = f"{function.value.id}.{function.attr}"
        if whole == "torch.load":
            return [f"line {node.lineno} calls torch.load"]
        if function.attr == "load" and any(k.arg == "allow_pickle" for k in node.keywords):
            return [f"line {node.lineno} allows pickle"]
    return []


def named_games(node: ast.Constant | ast.Name) -> list[str]:
    text = node.id if isinstance(node, ast.Name) else node.value
    if not isinstance(text, str):
        return []
    words = set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()))
    return [f"line {node.lineno} names the game {game}" for game in sorted(words & GAMES)]


def test_a_file_keeps_to_the_shape(path: Path) -> None:
    source = path.read_text()
    if name_of(path).startswith("scripts/"):  # scripts reproduce named experiments
        tree = ast.parse(source)
        tops = {module.split(".")[0] for module in imports(tree)}
        assert tops & set(ALLOWED) <= {"dsrl"}
        return
    documentation = documented(source)
    found = [text for text in problems(source, name_of(path)) if text not in documentation]
    assert found == []


def documented(source: str) -> set[str]:
    """Game names within docstrings are documentation, such as an example of a game's name."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found |= set(named_games(first.value))
    return found


@pytest.mark.parametrize("folder", SYMBOLIC)
def test_the_folders_of_symbolic_build_on_each_other(folder: str) -> None:
    for file in (ROOT / "symbolic" / folder).glob("*.py"):
        assert misplaced(file.read_text(), folder) == [], file.name


def test_every_folder_of_symbolic_has_its_place() -> None:
    assert {f.parent.name for f in (ROOT / "symbolic").glob("*/__init__.py")} == set(SYMBOLIC)


def test_the_eyes_of_pixels_have_no_network() -> None:
    for file in (ROOT / "perception/pixels").glob("*.py"):
        for module in imports(ast.parse(file.read_text())):
            folder = ".".join(module.split(".")[:2])
            assert not module.startswith("torch"), file.name
            assert not module.startswith("perception.") or folder in NETWORKLESS, file.name


def test_every_folder_is_packaged() -> None:
    """What is not, an installed copy lacks."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    folders = {f.parent for top in ALLOWED for f in (ROOT / top).rglob("__init__.py")}
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert names == set(settings["tool"]["setuptools"]["packages"])


def test_what_is_misplaced_is_found() -> None:
    assert misplaced("from symbolic.planning.foresight import x", "rules")
    assert misplaced("from symbolic import learner", "rules")
    assert misplaced("from symbolic.learner import x", "planning")
    assert not misplaced("from symbolic.scene import x", "rules")


@pytest.mark.parametrize(
    ("place", "source", "message"),
    [
        ("perception/a.py", "import symbolic.facts", "imports symbolic.facts"),
        ("symbolic/a.py", "from agents.envs import AtariEnv", "imports agents.envs"),
        ("agents/a.py", "def f():\n    from dsrl import loop", "imports dsrl"),
        ("dsrl/a.py", "import pickle", "imports pickle, which can run code from files"),
        ("dsrl/a.py", "eval('1')", "line 1 calls eval"),
        ("dsrl/a.py", "torch.load('x', weights_only=True)", "line 1 calls torch.load"),
        ("dsrl/a.py", "np.load('x', allow_pickle=True)", "line 1 allows pickle"),
        ("agents/a.py", "env.ram()", "line 1 reads RAM"),
        ("dsrl/a.py", "x = 'ALE/Pong-v5'", "line 1 names the game pong"),
        ("agents/a.py", "def f(pong_height=pong): ...", "line 1 names the game pong"),
    ],
)
def test_what_breaks_the_shape_is_found(place: str, source: str, message: str) -> None:
    assert problems(source, place) == [message]


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("dsrl/experiments.py", "x = 'ALE/Pong-v5'"),
        ("agents/envs.py", "self.ale.getRAM()"),
        ("dsrl/a.py", "import agents.envs, symbolic, perception\nre.compile('x')"),
    ],
)
def test_what_keeps_the_shape_is_let_be(place: str, source: str) -> None:
    assert problems(source, place) == []
