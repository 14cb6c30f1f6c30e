"""Steps that fit a question in clingo's words: ``contact(1,4), do(fire), reward < 0``.

The question becomes the body of a rule, which is asked of every step of the games as a
background file of a user is: parsed and checked first, and grounded in a process of its own with
limits on time and memory (`symbolic.rules.worker`). Parts of it that are joins of facts (`joins`)
have the same answer without that process, sooner.
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dsrl.runs.names import Names
from dsrl.runs.stated import Stated
from dsrl.runs.statelog import FILE_NAME, StateLog
from dsrl.view.joins import TooLong, Unanswerable, numbered
from dsrl.view.question import FITS, Part, divided
from dsrl.view.tables import OF_OBJECTS, OF_STEPS, Tables, tables_of
from symbolic.facts import Facts, constant_of
from symbolic.rules.syntax import TEXT, ProgramError, Source, blank_out
from symbolic.rules.worker import Limits, Worker

LONGEST = 500  # characters of a question
MOST_FOUND = 500  # steps that are told
MOST_KEPT = 64  # games
TOGETHER = 4096  # states that are asked at a time
NUMBERS = ("reward", "step")  # which may stand as bare words in a comparison
OWN = {*OF_OBJECTS, *OF_STEPS}
PLACE = "question"
TOO_LONG = "the question takes too long: name kinds, or ask for less at a time"
HOW = "write facts and comparisons with , between them, and not before a single one"
LIMITS = Limits(cpu_seconds=10.0, wall_seconds=30.0, memory_bytes=2 * 1024**3)

_NUMBER = re.compile(rf"\b({'|'.join(map(str.capitalize, NUMBERS))})__")
_ALONE = re.compile(rf"(?:[,;]|:-|\bnot\b)\s*({'|'.join(map(str.capitalize, NUMBERS))})__\s*[,;.]")
_BARE = re.compile(rf"\b({'|'.join(NUMBERS)})\b(?!\s*\()")
_DONE = re.compile(r"\bdo\(([^)]*)\)")
_WORD = re.compile(r"\b[A-Za-z_]\w*\b(?!\s*\()")
_ANY = re.compile(r"\w+")
_APART = re.compile(f"({TEXT.pattern})")
_WHERE = re.compile(rf"^{PLACE}:(?:\d+:\d+(?:-\d+)?:)? ")


class Steps(NamedTuple):
    """The log of one game in its folder, and what to call it by in an answer; or that of training,
    whose ``episodes`` are games, each called by ``game`` and its number."""

    run: int
    game: str
    folder: Path
    episodes: range | None = None

    @property
    def version(self) -> tuple[int, int]:
        """Of the log, another whenever it was written: it grows, or the game is recorded again."""
        about = (self.folder / FILE_NAME).stat()
        return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=MOST_KEPT)
def _stated(folder: Path, version: tuple[int, int]) -> Stated:
    """What this version of a log states; kept, for most questions are followed by another."""
    stated = StateLog(folder).stated()
    keys = (stated.objects_at.astype(np.int64) << 32) + stated.objects[:, 0]
    order = keys.argsort(kind="stable")  # the i-th has slot i
    return stated._replace(objects=stated.objects[order])


def read(games: Iterable[Steps]) -> None:
    """Reads these logs, so that the first question to them is answered as soon as others are.

    Raises:
        RunError: one cannot be read.
    """
    for steps in games:
        _stated(steps.folder, steps.version)


def _name(text: str) -> str:
    return text.partition("(")[0]


def search(
    question: str, games: Iterable[tuple[Steps, Sequence[str]]], called: Iterable[Names] = ()
) -> dict[str, Any]:
    """The steps of these games (each with its action names) that fit, as JSON values.

    What kinds of runs are ``called`` is no part of any fact: where it is asked for, its number is
    told.

    Raises:
        ProgramError: the question cannot be read, names a fact that no step has, or takes too
            long; one line says where and what to do.
    """
    games = list(games)
    if not games:
        return {"found": [], "count": 0, "steps": 0, "games": 0}
    stated = [_stated(steps.folder, steps.version) for steps, _ in games]
    text = _asked(question)
    known = {_name(each) for game in stated for each in game.texts} | OWN
    try:
        parts = divided(text)
    except RuntimeError:  # it cannot be read, as the worker will say with its place
        if alone := _ALONE.search(text):
            name = alone[1].lower()
            raise ProgramError(f"{name} is a number: compare it, as in {name} > 0") from None
        parts = [Part(text, frozenset(known.intersection(_ANY.findall(text))))]
    names = {name for part in parts for name in part.names}
    _check_known(names, known, [action for _, actions in games for action in actions])
    _in_small_letters(text, [action for _, actions in games for action in actions])
    _in_numbers(text, called, [action for _, actions in games for action in actions])
    offered = [_offered(steps, each) for (steps, _), each in zip(games, stated, strict=True)]
    actions = [actions for _, actions in games]
    tables = tables_of(list(zip(stated, actions, strict=True)), names)
    answers = [_by_joins(part, tables) or _by_clingo(part, tables) for part in parts]
    fit = [np.logical_and.reduce(of_a_game) for of_a_game in zip(offered, *answers, strict=True)]
    found = [
        place
        for (steps, _), each, of_it in zip(games, stated, fit, strict=True)
        for place in _places(steps, each, np.flatnonzero(of_it)[:MOST_FOUND])
    ]
    return {
        "found": found[:MOST_FOUND],
        "count": sum(int(each.sum()) for each in fit),
        "steps": sum(int(each.sum()) for each in offered),
        "games": sum(1 if steps.episodes is None else len(steps.episodes) for steps, _ in games),
    }


def _offered(steps: Steps, stated: Stated) -> np.ndarray:
    """Which steps (N,) are of a game that can be asked about."""
    if steps.episodes is None:
        return np.ones(len(stated.action), bool)
    within = (stated.episode >= steps.episodes.start) & (stated.episode < steps.episodes.stop)
    return np.asarray(within)


def _places(steps: Steps, stated: Stated, which: np.ndarray) -> Iterator[dict[str, Any]]:
    """Where these steps are, as JSON values: run, game, and the index within the game."""
    for index in which.tolist():
        game, begins = steps.game, 0
        if steps.episodes is not None:
            episode = int(stated.episode[index])
            game, begins = f"{game}{episode}", int(np.searchsorted(stated.episode, episode))
        yield {"run": steps.run, "game": game, "index": index - begins}


def _in_numbers(rule: str, called: Iterable[Names], actions: Iterable[str]) -> None:
    """ProgramError where a kind is asked for by the name that a person gave it, and that is neither
    a variable nor an action."""
    words = {each for each in _WORD.findall(TEXT.sub('""', rule)) if not each[0].isupper()}
    asked = words - OWN - {constant_of(action) for action in actions}
    numbers = sorted({(name, kind) for each in called for kind, name in each.items()})
    for name, kind in numbers:
        if name in asked:
            raise ProgramError(f"kinds are asked for by number: {name} is {kind}")


def _in_small_letters(rule: str, actions: Collection[str]) -> None:
    """ProgramError where an action is asked for in capitals: to the rules that is a variable."""
    for written in _ANY.findall(" ".join(_DONE.findall(rule))):
        if written in actions:
            raise ProgramError(f"actions are in small letters: do({constant_of(written)})")


def _by_joins(part: Part, games: Sequence[Tables]) -> list[np.ndarray] | None:
    """At which steps (N,) of each game a part holds; None where clingo is to be asked."""
    if not part.joins or not part.signatures <= set(games[0].tables):
        return None
    until = time.monotonic() + LIMITS.cpu_seconds
    try:
        return [part.fitting(each, until) for each in games]
    except Unanswerable:
        return None
    except TooLong:
        raise ProgramError(TOO_LONG) from None


def _by_clingo(part: Part, games: Sequence[Tables]) -> list[np.ndarray]:
    """The same, asked of each of different steps."""
    shown, which = [], []
    for game in games:
        first, which_of = _different(game, part.names)
        shown.append(game.facts(first, part.names))
        which.append(which_of)
    told = _fitting(list({facts for each in shown for facts in each}), part.text)
    fits = [np.array([facts in told for facts in each], bool) for each in shown]
    return [fit[which_of] for fit, which_of in zip(fits, which, strict=True)]


def _different(game: Tables, names: Collection[str]) -> tuple[np.ndarray, np.ndarray]:
    """Of steps with facts that are called so the first of each that is different, and for each step
    (N,) which of these it is."""
    bundles = [np.zeros(game.steps, np.int64)]
    for (name, _), table in game.tables.items():
        if name in names:
            codes = numbered([np.zeros(len(table.at), np.int64), *table.columns])
            begins = np.searchsorted(table.at, np.arange(game.steps + 1)).tolist()
            numbers: dict[bytes, int] = {}
            facts = [codes[a:b].tobytes() for a, b in pairwise(begins)]
            bundles.append(np.array([numbers.setdefault(f, len(numbers)) for f in facts], np.int64))
    _, first, which = np.unique(numbered(bundles), return_index=True, return_inverse=True)
    return first, which


def _fitting(states: Sequence[Facts], text: str) -> set[Facts]:
    """Of different states those that fit; most steps are as many others, so few are asked."""
    given = {(str(fact[0]), len(fact) - 1) for state in states for fact in state}
    declared = "".join(f"#defined {name}/{arity}.\n" for name, arity in sorted(given))
    worker = Worker(Source(path="facts", text=declared), [Source(path=PLACE, text=text)], LIMITS)
    try:
        parts = [states[at : at + TOGETHER] for at in range(0, len(states), TOGETHER)]
        answers = [answer for part in parts for answer in worker.solve(part)]
    except ProgramError as error:
        raise ProgramError(_told(_WHERE.sub("", str(error)))) from None
    finally:
        worker.close()
    return {state for state, told in zip(states, answers, strict=True) if told.relations}


def _told(message: str) -> str:
    """A message with numbers called as in the question, and with what may be written."""
    told = _NUMBER.sub(lambda m: m[1].lower(), message)
    return f"{told}; {HOW}" if told.startswith(("syntax error", "lexer error")) else told


def _asked(question: str) -> str:
    """The rule that a step fits, as text."""
    text = question.strip().rstrip(".")
    if not text:
        raise ProgramError("ask for something, such as: reward < 0")
    if len(text) > LONGEST or "\n" in text or "\0" in text:
        raise ProgramError(f"a question is one line of at most {LONGEST} characters")
    clean, includes = blank_out(PLACE, text)
    if includes:
        raise ProgramError("a question includes no files")
    if "." in TEXT.sub('""', clean).replace("..", ""):  # after it another statement may follow
        raise ProgramError("a question is one condition without a full stop: put , between parts")
    numbers = list(dict.fromkeys(_BARE.findall(TEXT.sub('""', clean))))
    body = "".join(
        part if part.startswith('"') else _BARE.sub(lambda m: f"{m[1].capitalize()}__", part)
        for part in _APART.split(clean)
    )
    given = "".join(f"{name}({name.capitalize()}__), " for name in numbers)
    return f"{FITS} :- {given}{body}.\n#show {FITS}/0."


def _check_known(names: Iterable[str], known: Collection[str], actions: Iterable[str]) -> None:
    """ProgramError where facts are asked for that no step has."""
    done = {constant_of(action) for action in actions}
    for name in sorted(set(names) - set(known)):
        if name in done:
            raise ProgramError(f"no step has a fact {name}: an action is asked for as do({name})")
        near = difflib.get_close_matches(name, known, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {_listed(known)}"
        raise ProgramError(f"no step has a fact {name}: {hint}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
