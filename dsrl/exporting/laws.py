"""The laws of a run as a program for clingo, and whether clingo answers what the model says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dsrl.runs.files import write_atomic
from symbolic.facts import fact_of
from symbolic.model.laws import Laws
from symbolic.model.memory import Episodes
from symbolic.model.model import RelationalModel
from symbolic.model.next_state import NextState, likeliest, state_facts
from symbolic.model.program import HEAD, program_of
from symbolic.model.relations import OBSERVED
from symbolic.model.rounding import rounded
from symbolic.rules.grounder import Answer
from symbolic.rules.syntax import ProgramError, Source, read_sources
from symbolic.rules.worker import Limits, Worker

TOGETHER = 100  # states in one grounding
LIMITS = Limits(cpu_seconds=60.0, wall_seconds=300.0)  # of one grounding


class Check(NamedTuple):
    """In how many states clingo answered as the model does, and as the model with its outcomes
    rounded beforehand; ``differing`` is the first transition of those others, -1 for none."""

    asked: int
    same: int
    same_as_rounded: int
    differing: int

    @property
    def lines(self) -> list[str]:
        """As a person reads it."""
        told = f"clingo answers as the model does in {self.same} of {self.asked} states"
        if not self.asked:
            return ["no state is remembered whose kinds the laws all know"]
        lines = [f"{told} ({self.same / self.asked:.2%}), places to an eighth of a pixel"]
        if self.same < self.asked:
            share = self.same_as_rounded / self.asked
            lines.append(
                f"  with outcomes rounded before and not after in {self.same_as_rounded} "
                f"({share:.2%})"
            )
        if self.differing >= 0:
            lines.append(
                f"  the first that differs even so: remembered transition {self.differing}"
            )
        return lines


def write_laws(out: Path, laws: Laws, actions: Sequence[str], kind: int | None) -> int:
    """Writes the program, all or nothing, and says how many lines it has. ValueError where another
    file would be lost, or no such kind is known."""
    if kind is not None and not 0 <= kind < laws.kinds:
        raise ValueError(f"kind {kind} has no laws: there are kinds 0 to {laws.kinds - 1}")
    if out.is_dir():
        raise ValueError(f"{out} is a folder: give the name of a file")
    first = HEAD.splitlines()[0]
    if out.exists() and not out.read_bytes().startswith(first.encode()):
        raise ValueError(f"{out} is no program of laws and is not overwritten: give another name")
    program = program_of(laws, actions, kind)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, program.encode())
    return program.count("\n")


def check_laws(
    file: Path,
    model: RelationalModel,
    most: int,
    progress: Callable[[int, int], None],
) -> Check:
    """Asks clingo what follows in ``most`` remembered states, spread evenly, or in all of them.

    The file is read as one that nobody has vouched for: rules without scripts, in a process of
    their own.

    Raises:
        ProgramError: what is wrong with the file, and where.
    """
    base = Source(path=str(OBSERVED), text=OBSERVED.read_text())
    worker = Worker(base, read_sources(file), LIMITS)
    laws, told = model.laws, model.memory.episodes()
    even, same, same_rounded, differing = rounded(laws), 0, 0, -1
    chosen = states_of(told, laws.kinds, most)
    try:
        if mistakes := worker.check()["mistakes"]:
            raise ProgramError(mistakes[0])
        for start in range(0, len(chosen), TOGETHER):
            some = chosen[start : start + TOGETHER]
            states = [scene_of(told, t) for t in some]
            answers = worker.solve([state_facts(*state) for state in states])
            for t, state, answer in zip(some, states, answers, strict=True):
                found = answered(answer)
                same += found == likeliest(*state, laws)
                if found == likeliest(*state, even):
                    same_rounded += 1
                elif differing < 0:
                    differing = t
            progress(start + len(some), len(chosen))
    finally:
        worker.close()
    return Check(len(chosen), same, same_rounded, differing)


def states_of(told: Episodes, kinds: int, most: int) -> list[int]:
    """At most so many transitions from scenes of which all kinds are known, spread evenly."""
    known = [
        t
        for t in range(len(told.action))
        if (told.rows[told.start[t] : told.start[t + 1], 0] < kinds).all()
    ]
    if len(known) <= most:
        return known
    return [known[int(at)] for at in np.linspace(0, len(known) - 1, most)]


def scene_of(told: Episodes, t: int) -> tuple[np.ndarray, int, int]:
    """The scene of a transition, what was done in it and before."""
    rows = told.rows[told.start[t] : told.start[t + 1]]
    return rows, int(told.action[t]), int(told.before[t])


def answered(answer: Answer) -> NextState:
    """The next state that clingo told of."""
    return NextState(tuple(sorted(fact_of(text) for text in answer.relations)))
