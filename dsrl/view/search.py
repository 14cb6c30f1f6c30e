"""Steps that fit a question in clingo's words: ``contact(1,4), do(fire), reward < 0``.

The question becomes the body of a rule, which is asked of every step of the games as a
background file of a user is: parsed and checked first, and grounded in a process of its own with
limits on time and memory (`symbolic.rules.worker`). What it asks of one object alone is asked of
the objects there were, see `question`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dsrl.runs.names import Names
from dsrl.runs.stated import Stated
from dsrl.runs.statelog import FILE_NAME, StateLog
from dsrl.view.question import COLUMNS, FITS, ME, OF_STEPS, Part, divided
from symbolic.facts import Fact, Facts, SymbolicObject, constant_of, fact_of, state_facts
from symbolic.rules.syntax import ProgramError, Source, blank_out
from symbolic.rules.worker import Limits, Worker

LONGEST = 500  # characters of a question
MOST_FOUND = 500  # steps that are told
MOST_KEPT = 64  # games
TOGETHER = 4096  # states that are asked at a time
NUMBERS = ("reward", "step")  # which may stand as bare words in a comparison
OF_OBJECTS = set(COLUMNS)
OWN = OF_OBJECTS | {*OF_STEPS}
PLACE = "question"
LIMITS = Limits(cpu_seconds=10.0, wall_seconds=30.0, memory_bytes=2 * 1024**3)

_NUMBER = re.compile(rf"\b({'|'.join(map(str.capitalize, NUMBERS))})__")
_BARE = re.compile(rf"\b({'|'.join(NUMBERS)})\b(?!\s*\()")
_CALLED = re.compile(r"\b(_*[a-z]\w*)\b(?=\s*\()")
_DONE = re.compile(r"\bdo\(\s*([A-Z]\w*)\s*\)")
_WORD = re.compile(r"\b[A-Za-z_]\w*\b(?!\s*\()")
_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"')
_OF_ME = re.compile(rf"{ME}\((0|[1-9][0-9]*)\)")
_CONSTANT = re.compile(r"_*[a-z]\w*", re.ASCII)
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
    order = np.lexsort((stated.objects[:, 0], stated.objects_at))  # the i-th has slot i
    return stated._replace(objects=stated.objects[order])


def _name(text: str) -> str:
    return text.partition("(")[0]


def _read(text: str) -> Fact | None:
    """A fact of numbers and constants; None where it holds something else."""
    fact = fact_of(text)
    plain = all(isinstance(v, int) or _CONSTANT.fullmatch(v) for v in fact[1:])
    return fact if plain else None


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
    texts = {text for each in stated for text in each.texts}
    text, names = _asked(question, {_name(each) for each in texts} | OWN)
    try:
        parts = divided(text)
    except RuntimeError:  # it cannot be read, as the worker will say with its place
        parts = [Part(text, frozenset(names))]
    _in_small_letters(text, [action for _, actions in games for action in actions])
    _in_numbers(text, called)
    fitting = [_offered(steps, each) for (steps, _), each in zip(games, stated, strict=True)]
    asked = sum(int(each.sum()) for each in fitting)
    for part in parts:
        ask = _of_objects if part.alone else _of_steps
        shown = [ask(each, actions, part) for each, (_, actions) in zip(stated, games, strict=True)]
        told = _fitting(list({facts for each in shown for facts in each.facts}), part.text)
        for so_far, each in zip(fitting, shown, strict=True):
            fit = np.array([facts in told for facts in each.facts], bool)[each.which]
            so_far &= np.bincount(each.at[fit], minlength=len(so_far)) > 0
    found = [
        place
        for (steps, _), each, fit in zip(games, stated, fitting, strict=True)
        for place in _places(steps, each, np.flatnonzero(fit)[:MOST_FOUND])
    ]
    return {
        "found": found[:MOST_FOUND],
        "count": sum(int(fit.sum()) for fit in fitting),
        "steps": asked,
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


def _in_numbers(rule: str, called: Iterable[Names]) -> None:
    """ProgramError where a kind is asked for by the name that a person gave it."""
    asked = set(_WORD.findall(_TEXT.sub('""', rule))) - OWN
    numbers = sorted({(name, kind) for each in called for kind, name in each.items()})
    for name, kind in numbers:
        if name in asked:
            raise ProgramError(f"kinds are asked for by number: {name} is {kind}")


def _in_small_letters(rule: str, actions: Collection[str]) -> None:
    """ProgramError where an action is asked for in capitals: to the rules that is a variable."""
    for written in _DONE.findall(rule):
        if written in actions:
            raise ProgramError(f"actions are in small letters: do({constant_of(written)})")


class _Shown(NamedTuple):
    """What a part is asked of: different states, and of each of many which of these it is
    and the step it was seen at."""

    facts: list[Facts]
    which: np.ndarray
    at: np.ndarray


def _of_steps(stated: Stated, actions: Sequence[str], part: Part) -> _Shown:
    """The log's relations and percepts, the objects as the rules are told them (`state_facts`), and
    of our own ``do(action)`` in small letters, ``reward(R)`` in whole points, ``step(S)`` of the
    game, and ``greedy``, ``lost`` (a life), ``last``: those the part names, of each step."""
    known = [_read(text) if _name(text) in part.names else None for text in stated.texts]
    asked = np.array([fact is not None for fact in known], bool)[stated.facts]
    facts, facts_at = stated.facts[asked], stated.facts_at[asked]
    own: dict[str, tuple[np.ndarray, Callable[[int], Fact | None]]] = {
        "do": (stated.action, lambda action: ("do", constant_of(actions[action]))),
        "reward": (np.rint(stated.reward).astype(np.int64), lambda reward: ("reward", reward)),
        "step": (stated.episode_step, lambda step: ("step", step)),
        "greedy": (stated.greedy, lambda holds: ("greedy",) if holds else None),
        "lost": (stated.life_lost, lambda holds: ("lost",) if holds else None),
        "last": (stated.last, lambda holds: ("last",) if holds else None),
    }
    own = {name: column for name, column in own.items() if name in part.names}
    steps = np.arange(len(stated.action))
    rows, rows_at = _rows_of(stated, part)
    bundles = [
        _bundled(items, at, len(steps))
        for items, at in ((facts[:, None], facts_at), (rows, rows_at))
        if len(items)
    ]
    first, which = _different([steps * 0, *(column for column, _ in own.values()), *bundles])
    ends, rows_ends = (np.searchsorted(at, [first, first + 1]) for at in (facts_at, rows_at))
    shown = []
    for i, step in enumerate(first.tolist()):
        found = {known[number]: None for number in facts[slice(*ends[:, i])].tolist()}
        objects = [SymbolicObject(0, *row) for row in rows[slice(*rows_ends[:, i])].tolist()]
        found.update(dict.fromkeys(state_facts(objects)))
        found.update(dict.fromkeys(made(int(column[step])) for column, made in own.values()))
        shown.append(tuple(fact for fact in found if fact is not None and fact[0] in part.names))
    return _Shown(shown, which, steps)


def _rows_of(stated: Stated, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Rows (M, 7), without ids, of the objects that a part may be about, and the steps they are of;
    what it does not look at is 0, so that more of them are the same."""
    if OF_OBJECTS.isdisjoint(part.names):
        return stated.objects[:0, 1:], stated.objects_at[:0]
    rows, rows_at = stated.objects[:, 1:], stated.objects_at
    if part.kinds is not None:
        may = np.isin(rows[:, COLUMNS["object"][0] - 1], sorted(part.kinds))
        rows, rows_at = rows[may], rows_at[may]
    asked = np.isin(np.arange(1, rows.shape[1] + 1), sorted(part.columns))
    return np.where(asked, rows, 0), rows_at


def _of_objects(stated: Stated, actions: Sequence[str], part: Part) -> _Shown:
    """Those facts of one object that the part names, of each object of each step."""
    at = stated.objects_at
    begins = np.searchsorted(at, np.arange(len(stated.action) + 1))
    slots = np.arange(len(at)) - begins[at]
    me = np.zeros(len(at), bool)
    if ME in part.names:
        for number, text in enumerate(stated.texts):
            if (found := _OF_ME.fullmatch(text)) is not None:
                steps, slot = stated.facts_at[stated.facts == number], int(found[1])
                steps = steps[begins[steps] + slot < begins[steps + 1]]
                me[begins[steps] + slot] = True
    if not part.slot:
        slots = np.zeros_like(slots)
    named = [column for name in part.names - {ME} for column in COLUMNS[name]]
    first, which = _different([slots, me, *stated.objects.T[named]])
    rows = zip(slots[first].tolist(), stated.objects[first].tolist(), me[first], strict=True)
    return _Shown([_facts_of_one(slot, row, part.names, me) for slot, row, me in rows], which, at)


def _different(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Of rows in (N,) columns of whole numbers the first of each that is different, and for each
    row which of these it is."""
    code = np.zeros(len(columns[0]), np.int64)
    first = which = code
    for column in columns:  # a number for each that is different so far keeps the numbers small
        _, values = np.unique(column, return_inverse=True)
        code = which * (values.max(initial=0) + 1) + values
        _, first, which = np.unique(code, return_index=True, return_inverse=True)
    return first, which


def _bundled(rows: np.ndarray, at: np.ndarray, steps: int) -> np.ndarray:
    """(steps,): the same number for steps that have the same rows (M, any), given where each is."""
    begins = np.searchsorted(at, np.arange(steps + 1)).tolist()
    numbers: dict[bytes, int] = {}
    packed, width = rows.tobytes(), rows.itemsize * rows.shape[1]
    bundles = [packed[a * width : b * width] for a, b in pairwise(begins)]
    return np.array([numbers.setdefault(bundle, len(numbers)) for bundle in bundles], np.int64)


def _facts_of_one(slot: int, row: Sequence[int], names: Collection[str], me: bool) -> Facts:
    """Those of one object, the slot-th of its step, which may be the one that obeys."""
    facts = state_facts([SymbolicObject(*row)])
    found: Facts = tuple((name, slot, *values) for name, _, *values in facts if name in names)
    return (*found, (ME, slot)) if me else found


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
    """A message with numbers called as in the question."""
    return _NUMBER.sub(lambda m: m[1].lower(), message)


def _asked(question: str, known: Collection[str]) -> tuple[str, set[str]]:
    """The rule that a step fits, as text, and the names of the facts it may look at."""
    text = question.strip().rstrip(".")
    if not text:
        raise ProgramError("ask for something, such as: reward < 0")
    if len(text) > LONGEST or "\n" in text or "\0" in text:
        raise ProgramError(f"a question is one line of at most {LONGEST} characters")
    clean, includes = blank_out(PLACE, text)
    if includes:
        raise ProgramError("a question includes no files")
    if "." in _TEXT.sub('""', clean).replace("..", ""):  # after it another statement may follow
        raise ProgramError("a question is one condition without a full stop: put , between parts")
    called = set(_CALLED.findall(clean))
    for name in sorted(called - set(known)):
        near = difflib.get_close_matches(name, known, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {_listed(known)}"
        raise ProgramError(f"no step has a fact {name}: {hint}")
    numbers = list(dict.fromkeys(_BARE.findall(clean)))
    body = _BARE.sub(lambda m: f"{m[1].capitalize()}__", clean)
    given = "".join(f"{name}({name.capitalize()}__), " for name in numbers)
    names = called | {*numbers, "greedy", "lost", "last"}
    return f"{FITS} :- {given}{body}.\n#show {FITS}/0.", names


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
