"""Steps that fit a question in clingo's words: ``contact(1,4), do(fire), reward < 0``.

The question becomes the body of a rule, which is asked of every step of the recorded games as a
background file of a user is: parsed and checked first, and grounded in a process of its own with
limits on time and memory (`symbolic.rules.worker`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from dsrl.runs.stateblock import LogEntry
from symbolic.facts import Fact, SymbolicObject, fact_of, state_facts
from symbolic.policies.observer import constant_of
from symbolic.rules.syntax import ProgramError, Source, blank_out
from symbolic.rules.worker import Limits, Worker

LONGEST = 500  # characters of a question
MOST_FOUND = 500  # steps that are told
NUMBERS = ("reward", "step")  # which may stand as bare words in a comparison
OWN = {"object", "at", "velocity", "size", "do", "reward", "step", "greedy", "lost", "last"}
PLACE = "question"
LIMITS = Limits(cpu_seconds=10.0, wall_seconds=30.0, memory_bytes=2 * 1024**3)

_BARE = re.compile(rf"\b({'|'.join(NUMBERS)})\b(?!\s*\()")
_CALLED = re.compile(r"\b(_*[a-z]\w*)\b(?=\s*\()")
_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"')
_CONSTANT = re.compile(r"_*[a-z]\w*", re.ASCII)
_WHERE = re.compile(rf"^{PLACE}:(?:\d+:\d+(?:-\d+)?:)? ")


class Steps(NamedTuple):
    """The steps of one game, and what to call them by in an answer."""

    run: int
    game: str
    entries: Sequence[LogEntry]


def facts_of(entry: LogEntry, actions: Sequence[str], names: Collection[str]) -> tuple[Fact, ...]:
    """What a question may ask of a step: the log's relations and percepts, the objects as the
    rules are told them (`state_facts`), and of our own ``do(action)`` in small letters,
    ``reward(R)`` in whole points, ``step(S)`` of the game, and ``greedy``, ``lost`` (a life),
    ``last``.

    Those of these names alone: reading facts takes longer than asking.
    """
    record = entry.record
    facts = (_read(text) for text in _logged(entry) if _name(text) in names)
    found = dict.fromkeys(fact for fact in facts if fact is not None)
    objects = [SymbolicObject(*row) for row in sorted(record.objects)]  # the i-th has slot i
    found.update(dict.fromkeys(state_facts(objects)))
    found["do", constant_of(actions[record.action])] = None
    found["reward", round(entry.reward)] = None
    found["step", entry.episode_step] = None
    flags = {"greedy": record.greedy, "lost": entry.life_lost, "last": entry.last}
    found.update(dict.fromkeys((name,) for name, holds in flags.items() if holds))
    return tuple(fact for fact in found if fact[0] in names)


def _logged(entry: LogEntry) -> Iterator[str]:
    yield from entry.record.facts
    yield from (fact for fact, _ in entry.record.percepts)


def _name(text: str) -> str:
    return text.partition("(")[0]


@lru_cache(maxsize=100_000)
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
    known = {_name(text) for steps, _ in games for e in steps.entries for text in _logged(e)}
    text, names = _asked(question, known | OWN)
    states = [(steps, [facts_of(e, acts, names) for e in steps.entries]) for steps, acts in games]
    given = {(str(f[0]), len(f) - 1) for _, facts in states for state in facts for f in state}
    declared = "".join(f"#defined {name}/{arity}.\n" for name, arity in sorted(given))
    worker = Worker(Source(path="facts", text=declared), [Source(path=PLACE, text=text)], LIMITS)
    found: list[dict[str, Any]] = []
    count = 0
    try:
        for steps, facts in states:
            for index in _fitting(worker, facts):
                count += 1
                if len(found) < MOST_FOUND:
                    found.append({"run": steps.run, "game": steps.game, "index": index})
    except ProgramError as error:
        raise ProgramError(_WHERE.sub("", str(error))) from None
    finally:
        worker.close()
    searched = sum(len(facts) for _, facts in states)
    return {"found": found, "count": count, "steps": searched, "games": len(states)}


def _fitting(worker: Worker, facts: Sequence[tuple[Fact, ...]]) -> Iterator[int]:
    for index, answer in enumerate(worker.solve(facts)):
        if answer.relations:
            yield index


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
    return f"fits__ :- {given}{body}.\n#show fits__/0.", names


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
