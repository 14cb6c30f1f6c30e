"""Steps that fit a question in clingo's words: ``contact(1,4), do(fire), reward < 0``.

The question becomes the body of a rule, which is asked of every step of the recorded games as a
background file of a user is: parsed and checked first, and grounded in a process of its own with
limits on time and memory (`symbolic.rules.worker`). What it asks of one object alone is asked of
the objects there were, see `question`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from dsrl.runs.stateblock import Stated
from dsrl.runs.statelog import FILE_NAME, StateLog
from dsrl.view.question import COLUMNS, FITS, ME, Part, divided
from symbolic.facts import Fact, Facts, SymbolicObject, constant_of, fact_of, state_facts
from symbolic.rules.syntax import ProgramError, Source, blank_out
from symbolic.rules.worker import Limits, Worker

LONGEST = 500  # characters of a question
MOST_FOUND = 500  # steps that are told
MOST_KEPT = 64  # games
TOGETHER = 4096  # states that are asked at a time
NUMBERS = ("reward", "step")  # which may stand as bare words in a comparison
OF_OBJECTS = set(COLUMNS)
OWN = OF_OBJECTS | {"do", "reward", "step", "greedy", "lost", "last"}
PLACE = "question"
LIMITS = Limits(cpu_seconds=10.0, wall_seconds=30.0, memory_bytes=2 * 1024**3)

_BARE = re.compile(rf"\b({'|'.join(NUMBERS)})\b(?!\s*\()")
_CALLED = re.compile(r"\b(_*[a-z]\w*)\b(?=\s*\()")
_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"')
_CONSTANT = re.compile(r"_*[a-z]\w*", re.ASCII)
_WHERE = re.compile(rf"^{PLACE}:(?:\d+:\d+(?:-\d+)?:)? ")


class Steps(NamedTuple):
    """The log of one game in its folder, and what to call it by in an answer."""

    run: int
    game: str
    folder: Path

    @property
    def version(self) -> tuple[int, int]:
        """Of the log, another whenever it was written: it grows, or the game is recorded again."""
        about = (self.folder / FILE_NAME).stat()
        return about.st_mtime_ns, about.st_size


def facts_of(
    step: Stated, actions: Sequence[str], names: Collection[str], logged: Mapping[str, Fact]
) -> Facts:
    """What a question may ask of a step: the log's relations and percepts, the objects as the
    rules are told them (`state_facts`), and of our own ``do(action)`` in small letters,
    ``reward(R)`` in whole points, ``step(S)`` of the game, and ``greedy``, ``lost`` (a life),
    ``last``.

    Those of these names alone: making facts takes longer than asking. ``logged`` are those of the
    log, by their text.
    """
    found = {logged[text]: None for text in step.facts if text in logged} if logged else {}
    if not OF_OBJECTS.isdisjoint(names):
        objects = [SymbolicObject(*row) for row in sorted(step.objects)]  # the i-th has slot i
        found.update(dict.fromkeys(state_facts(objects)))
    found["do", constant_of(actions[step.action])] = None
    found["reward", round(step.reward)] = None
    found["step", step.episode_step] = None
    flags = {"greedy": step.greedy, "lost": step.life_lost, "last": step.last}
    found.update(dict.fromkeys((name,) for name, holds in flags.items() if holds))
    return tuple(fact for fact in found if fact[0] in names)


@lru_cache(maxsize=MOST_KEPT)
def _stated(folder: Path, version: tuple[int, int], objects: bool) -> list[Stated]:
    """What this version of a log states; kept, for most questions are followed by another."""
    return list(StateLog(folder).stated(objects))


def _name(text: str) -> str:
    return text.partition("(")[0]


def _read(text: str) -> Fact | None:
    """A fact of numbers and constants; None where it holds something else."""
    fact = fact_of(text)
    plain = all(isinstance(v, int) or _CONSTANT.fullmatch(v) for v in fact[1:])
    return fact if plain else None


def search(question: str, games: Iterable[tuple[Steps, Sequence[str]]]) -> dict[str, Any]:
    """The steps of these games (each with its action names) that fit, as JSON values.

    Raises:
        ProgramError: the question cannot be read, names a fact that no step has, or takes too
            long; one line says where and what to do.
    """
    games = list(games)
    objects = any(name in question for name in (*OF_OBJECTS, ME))
    stated = [_stated(steps.folder, steps.version, objects) for steps, _ in games]
    texts = {text for each in stated for step in each for text in step.facts}
    text, names = _asked(question, {_name(each) for each in texts} | OWN)
    try:
        parts = divided(text)
    except RuntimeError:  # it cannot be read, as the worker will say with its place
        parts = [Part(text, frozenset(names))]
    fitting = [[True] * len(each) for each in stated]
    for part in parts:
        answers = _of_objects(stated, part) if part.alone else _of_steps(games, stated, texts, part)
        fitting = [
            [so_far and now for so_far, now in zip(before, answer, strict=True)]
            for before, answer in zip(fitting, answers, strict=True)
        ]
    fits = [
        {"run": steps.run, "game": steps.game, "index": index}
        for (steps, _), each in zip(games, fitting, strict=True)
        for index, fit in enumerate(each)
        if fit
    ]
    return {
        "found": fits[:MOST_FOUND],
        "count": len(fits),
        "steps": sum(map(len, fitting)),
        "games": len(fitting),
    }


def _of_steps(
    games: Sequence[tuple[Steps, Sequence[str]]],
    stated: Sequence[list[Stated]],
    texts: Collection[str],
    part: Part,
) -> list[list[bool]]:
    """Whether each step fits a part."""
    wanted = {each: _read(each) for each in texts if _name(each) in part.names}
    logged = {each: fact for each, fact in wanted.items() if fact is not None}
    states = [
        [facts_of(step, actions, part.names, logged) for step in each]
        for (_, actions), each in zip(games, stated, strict=True)
    ]
    fitting = _fitting(list(dict.fromkeys(state for each in states for state in each)), part.text)
    return [[state in fitting for state in each] for each in states]


def _of_objects(stated: Sequence[list[Stated]], part: Part) -> list[list[bool]]:
    """Whether each step has an object that fits a part."""
    columns = [column for name in part.names - {ME} for column in COLUMNS[name]]
    shown: dict[tuple[Any, ...], Facts] = {}
    steps = []
    for each in stated:
        for step in each:
            keys = []
            for slot, row in enumerate(sorted(step.objects)):
                me = ME in part.names and f"{ME}({slot})" in step.facts
                key = (slot if part.slot else 0, me, *[row[column] for column in columns])
                if key not in shown:
                    shown[key] = _facts_of_one(key[0], row, part.names, me)
                keys.append(key)
            steps.append(keys)
    fitting = _fitting(list(dict.fromkeys(shown.values())), part.text)
    known = {key for key, facts in shown.items() if facts in fitting}
    at = iter(steps)
    return [[not known.isdisjoint(next(at)) for _ in each] for each in stated]


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
        raise ProgramError(_WHERE.sub("", str(error))) from None
    finally:
        worker.close()
    return {state for state, told in zip(states, answers, strict=True) if told.relations}


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
