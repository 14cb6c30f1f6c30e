"""Rules that a person types, tried on one step: what is wrong with them, what they would say.

They are checked as ``dsrl knowledge check`` checks a file, then asked of the step beside the run's
own rules in a process of their own, with limits (`symbolic.rules.worker`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.agent import StepRecord
from agents.dsrl import DSRLAgent
from dsrl.reports.explain import told_facts
from dsrl.reports.prospects import Knowing
from symbolic.advice import HALF_AFTER, advised
from symbolic.facts import Facts
from symbolic.rules.compiled import ADVICE, compile_sources
from symbolic.rules.grounder import Answer, cell_name
from symbolic.rules.program import Program
from symbolic.rules.syntax import ProgramError, Source, written_source
from symbolic.rules.worker import Limits, Worker

PLACE = "rules"
LONGEST = 16_000  # characters
MOST = 60  # atoms that are told of each sort
LIMITS = Limits(cpu_seconds=2.0, wall_seconds=15.0, memory_bytes=1024**3)
_WHERE = re.compile(rf"{PLACE}:(\d+):(\d+)(?:-\d+)?: ")
_HEADS = "shown"  # where the page has each head shown


def tried(
    text: str, record: StepRecord, background: Sequence[Source], knowing: Knowing
) -> dict[str, Any]:
    """The rules in ``text``, on a step of a run with rules of its own (``background``).

    `error` (with `line` and `column`) says why they cannot be used; else `facts`, `cells` and
    `advice` are what they would add in this step, and `values` what that would change.
    """
    try:
        if len(text) > LONGEST:
            raise ProgramError(f"{PLACE}:1:1: at most {LONGEST} characters")
        program = Program.of((*background, written_source(PLACE, text)), trial=LIMITS)
        answer, own = _asked(program, _state(record))
    except ProgramError as error:
        return _fault(str(error))
    logged = {name for name, _ in record.cells}
    cells = [cell for cell in answer.cells if cell_name(cell) not in logged]
    new = [
        fact
        for fact in answer.relations
        if fact.partition("(")[0] in own and fact not in record.facts
    ]
    advice = [fact for fact in new if fact.startswith(f"{ADVICE[0]}(")]
    notes = ["nothing is known yet to obey the actions: me, axis and range are not told"]
    found: dict[str, Any] = {
        "warnings": list(program.warnings),
        "facts": [fact for fact in new if fact not in advice][:MOST],
        "cells": [cell_name(cell) for cell in cells][:MOST],
        "advice": advice[:MOST],
        "notes": notes if not record.percepts else [],
        "values": None,
    }
    if isinstance(knowing.agent, str):
        found["notes"].append(f"what they would change is not known: {knowing.agent}")
    elif len(record.values) > 1:
        found["values"] = _values(record, answer, cells, knowing.agent[0])
    return found


def _asked(program: Program, facts: Facts) -> tuple[Answer, set[str]]:
    """What holds in the state, all that the typed rules derive among it, and their predicates."""
    compiled = compile_sources(program.base, program.background)  # it was checked: it can be read
    heads = {rule.head for rule in compiled.background if rule.source.path == PLACE}
    shown = "\n".join(f"#show {name}/{arity}." for name, arity in sorted(heads))
    worker = Worker(program.base, [*program.background, Source(path=_HEADS, text=shown)], LIMITS)
    try:
        return worker.solve([facts])[0], {name for name, _ in heads if name != "cell"}
    finally:
        worker.close()


def _state(record: StepRecord) -> Facts:
    """All that rules of a user are told of a step: of what comes the first alone."""
    facts, coming = [], False
    for fact, _ in told_facts(record, whole=True):
        if fact[0] != "comes" or not coming:
            facts.append(fact)
        coming = coming or fact[0] == "comes"
    return tuple(facts)


def _fault(message: str) -> dict[str, Any]:
    where = _WHERE.search(message)
    if where is None:
        return {"error": message, "line": None, "column": None}
    text = message[: where.start()] + message[where.end() :]
    return {"error": text, "line": int(where[1]), "column": int(where[2])}


def _values(
    record: StepRecord, answer: Answer, cells: Sequence[Any], agent: DSRLAgent
) -> dict[str, Any]:
    """The values as they were, and with what the rules add: advice as it counts when learning
    begins and as it counts now, and entries of cells that the tables know already."""
    learner = agent.learner
    known = {cell: weights for cell, weights, _ in learner.tables.items()}
    entries = [known[cell] for cell in cells if cell in known]
    logged = {name for name, _ in record.cells}
    before, nothing = np.array(record.values), np.zeros(len(record.values))

    def advice(steps: int) -> np.ndarray:
        parts = advised(answer.relations, learner.ways, steps)
        return sum((part for name, part in parts if name not in logged), nothing)

    return {
        "before": before.tolist(),
        "first": (before + advice(0)).tolist(),
        "now": (before + advice(learner.steps) + sum(entries, nothing)).tolist(),
        "steps": learner.steps,
        "share": round(HALF_AFTER / (HALF_AFTER + learner.steps), 4),
        "unlearned": len(cells) - len(entries),
    }
