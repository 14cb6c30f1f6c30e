"""Every command line of the pages is one that the program takes, word by word.

Each is parsed whole by the program's own parser, up to the function that would do the work; those
that can be cheap are run as well (test_page_commands_run.py).
"""

import argparse
import contextlib
import functools
import importlib
import inspect
import io
import re
import runpy
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from shown_commands import Shown, shown_in, ways
from test_pages import PAGES, ROOT
from tyro.extras import SubcommandApp

from dsrl import cli
from dsrl.experiments import resolve_game

NEEDED = {"game": "pong", "simulator": "box"}  # and a path else, where a sentence leaves it out
SHOWING = [page for page in PAGES if page.name != "CHANGELOG.md"]  # which tells of what was, too


class Parsed(Exception):
    """A script has read its options."""


@pytest.fixture(autouse=True)
def nothing_is_done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands and scripts read what they are given, and do no more."""
    parse = argparse.ArgumentParser.parse_known_args

    def known(self: argparse.ArgumentParser) -> None:
        parse(self)
        raise Parsed

    def all_known(self: argparse.ArgumentParser) -> None:
        if rest := parse(self)[1]:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        raise Parsed

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "_command", lambda name: idle(command_of(name)))
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", all_known)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", known)


@functools.cache
def command_of(name: str) -> Any:
    return importlib.import_module(f"dsrl.commands.{name}").command


def idle(command: Any) -> Any:
    """The same command, which looks at the names it is given alone."""
    if isinstance(command, SubcommandApp):
        app = SubcommandApp()
        for name, part in command._subcommands.items():
            app.command(idle(part.target), name=name)
        return app

    @functools.wraps(command)
    def look(*places: Any, **options: Any) -> None:
        if options.get("game") and not options.get("module"):
            resolve_game(options["game"])
        for run in flat(places):
            if str(run).startswith("results/") and not list(ROOT.glob(str(run))):
                raise ValueError(f"{run} is not there")

    return look


def flat(places: Sequence[Any]) -> Iterator[Any]:
    """Of a command that takes several runs, each."""
    for place in places:
        yield from place if isinstance(place, tuple) else [place]


def wrong_in(page: str) -> list[str]:
    """What of a page the program does not take, and why."""
    return [told for shown in shown_in(page) if (told := wrong_with(shown))]


def wrong_with(shown: Shown) -> str:
    """The line and what the program says to it; nothing if it takes it."""
    try:
        told = "".join(map(complaint, given(shown))) or of_comment(shown)
    except KeyError as error:
        told = f"nothing is known to stand for {error}"
    return told and f"{shown.text}: {told}"


def given(shown: Shown) -> Iterator[list[str]]:
    """What is asked of the program for a line."""
    for words in ways(shown.text):
        if words[0] != "dsrl" or shown.whole:
            yield words
            continue
        *group, function = parts_of(words[1:])
        path = [name for name, _ in group]
        if len(words) == len(path) + 1:
            yield [*words, "--help"]  # a command by its name alone
        else:
            yield [*words, *left_out(function, words)]


def parts_of(words: Sequence[str]) -> list[Any]:
    """The command that words call for: (name, what it names) of each part, and its function."""
    if words[0] not in cli.COMMANDS:
        return [None]
    found: list[Any] = [(words[0], command := command_of(words[0]))]
    parts = getattr(command, "_subcommands", {})
    if len(words) > 1 and words[1] in parts:
        command = parts[words[1]].target
        found.append((words[1], command))
    return [*found, command]


def left_out(function: Any, words: Sequence[str]) -> list[str]:
    """The options that a command must have and a sentence about another one does without."""
    if not inspect.isfunction(function):
        return []
    options = inspect.signature(function).parameters.values()
    needed = [o.name for o in options if o.kind is o.KEYWORD_ONLY and o.default is o.empty]
    missing = [name for name in needed if f"--{name}" not in words]
    return [word for name in missing for word in (f"--{name}", NEEDED.get(name, "somewhere"))]


def complaint(words: Sequence[str]) -> str:
    """What a program says to a line that it does not take; nothing to one that it does."""
    said = io.StringIO()
    status = 0
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            call(words)
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        except (FileNotFoundError, Parsed) as ending:
            status = isinstance(ending, FileNotFoundError)
            said.write(str(ending))
    return said.getvalue() if status else ""


def call(words: Sequence[str]) -> None:
    if words[0] == "dsrl":
        cli.main(words[1:])
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [*words[1:]])
        runpy.run_path(str(ROOT / words[1]), run_name="__main__")


def of_comment(shown: Shown) -> str:
    """An option that a comment names and the command has not."""
    options = [
        word.strip("[],;") for word in shown.comment.split() if word.strip("[").startswith("--")
    ]
    if not options:
        return ""
    names = [part[0] for part in parts_of(shown.text.split()[1:])[:-1]]
    has = cli._help_of(names)
    return "".join(f"has no {o}" for o in options if o not in has)


@pytest.mark.parametrize("page", SHOWING, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_what_the_program_takes(page: Path) -> None:
    assert wrong_in(page.read_text()) == []


@pytest.mark.parametrize("page", SHOWING, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_scripts_that_are_there(page: Path) -> None:
    named = set(re.findall(r"scripts/\w+\.(?:py|sh)", page.read_text()))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_page_of_commands_shows_each(name: str) -> None:
    shown = [each.text.split() for each in shown_in((ROOT / "docs/commands.md").read_text())]
    assert any(words[:2] == ["dsrl", name] for words in shown)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("--agent-steps 100000", "--agent-step 100000", "did you mean --agent-steps"),
        ("[--record]", "[--recrod]", "did you mean --record"),
        ("--game breakout", "--game breakotu", "did you mean breakout"),
        ("--perception simvae|betavae", "--perception simvae|betavea", "invalid choice 'betavea'"),
        ("--seed 0 ", "--seed zero ", "Value error"),
        ("--out DIR [--adapt", "[--adapt", "Missing from dsrl transfer"),
        ("name RUN", "name RNU", "nothing is known to stand for 'RNU'"),
        ("dsrl knowledge check", "dsrl knowledge chekc", "did you mean dsrl knowledge check"),
        ("dsrl bench", "dsrl bnech", "unknown command 'bnech'"),
        ("[--perception pixels]", "[--perceptoin pixels]", "has no --perceptoin"),
        ("`dsrl inspect results/pong/dsrl-pong-s0", "`dsrl inspect results/pong/s0", "not there"),
        ("`dsrl explain`", "`dsrl explian`", "did you mean explain"),
    ],
)
def test_what_is_wrong_in_a_page_is_found(right: str, wrong: str, message: str) -> None:
    page = (ROOT / "docs/commands.md").read_text()
    (changed,) = set(shown_in(page.replace(right, wrong, 1))) - set(shown_in(page))
    told = wrong_with(changed)
    assert message in " ".join(told.split())


def test_options_of_a_script_are_read_too() -> None:
    line = "`python scripts/latent_eyes.py --out x.csv --seeds {}`"
    assert wrong_in(line.format("3")) == []
    (told,) = wrong_in(line.format("3 --sedes 4"))
    assert "unrecognized arguments: --sedes 4" in told
    (told,) = wrong_in("`python scripts/kill_test.py`")
    assert "the following arguments are required: out" in told


def test_what_may_be_typed_by_a_line() -> None:
    line = "dsrl x [--a 1] [RUN ...] --b l2|lp r{0,1}{,-s} > FILE"
    runs = ["r0", "r0-s", "r1", "r1-s"]
    assert list(ways(line)) == [
        ["dsrl", "x", "--b", "l2", *runs],
        ["dsrl", "x", "--b", "lp", *runs],
        ["dsrl", "x", "--a", "1", "RUN", "--b", "l2", *runs],
        ["dsrl", "x", "--a", "1", "RUN", "--b", "lp", *runs],
    ]
