"""Steps of a game at which to look: near ties, changes of plan, surprises."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from agents.agent import StepRecord
from dsrl.runs.stateblock import LogEntry
from symbolic.facts import fact_of

TIE = 0.02  # of what the choice is worth, from the worst action to the best
DISCOUNT = 0.99  # an agent step, as both learners have it unless told otherwise
SURPRISED = 3.0  # standard deviations of a game's temporal-difference errors
SOON = 3.0  # agent steps: what is nearer is over in a moment, whatever was planned
STEPS, PIXELS = 1.0, 8  # by which the same meeting may shift from a step to the next


class Expectation(NamedTuple):
    """What is counted on next: what, in how many agent steps, and where along (pixels)."""

    what: str
    time: float
    place: int = 0


def near_ties(entries: Sequence[LogEntry]) -> list[int]:
    """Steps at which the best two actions are nearly as good while much depends on the choice: as
    much as in the median step. Of neighbours the nearest tie."""
    share, spread = np.full(len(entries), np.inf), np.zeros(len(entries))
    for i, entry in enumerate(entries):
        if len(entry.record.values) > 1:
            worst, *_, second, best = (min(entry.record.values), *sorted(entry.record.values)[-2:])
            spread[i] = best - worst
            share[i] = (best - second) / spread[i] if spread[i] else np.inf
    known = spread[spread > 0]
    tied = (share <= TIE) & (spread >= (np.median(known) if len(known) else np.inf))
    found: list[int] = []
    for i in np.flatnonzero(tied).tolist():
        if found and tied[found[-1] : i].all():
            found[-1] = i if share[i] < share[found[-1]] else found[-1]
        else:
            found.append(i)
    return found


def expectation(record: StepRecord) -> Expectation | None:
    """The meeting that the rules foresee first, or the reward that a model's plan counts on."""
    meets = [fact_of(text)[1:] for text in record.facts if text.startswith("meets(")]
    if meets:
        kind, time, place, *_ = min(meets, key=lambda each: int(each[1]))
        return Expectation(f"meets {kind}", int(time) / 4, int(place))
    plan = [fact_of(text)[1:] for text in record.facts if text.startswith("foreseen(")]
    if plan:
        _, ahead, worth = min(plan, key=lambda each: int(each[1]))
        return Expectation("gain" if int(worth) > 0 else "loss", int(ahead))
    return None


def plan_changes(entries: Sequence[LogEntry]) -> list[int]:
    """Steps at which what is counted on is not what was counted on a step before, a step nearer.
    Of neighbours the first."""
    expected = [expectation(entry.record) for entry in entries]
    changed = [
        was is not None and was.time >= SOON and not _goes_on(was, now)
        for was, now in pairwise(expected)
    ]
    return [i + 1 for i, each in enumerate(changed) if each and not (i and changed[i - 1])]


def _goes_on(was: Expectation, now: Expectation | None) -> bool:
    if now is None or now.what != was.what:
        return False
    shift = abs(now.time - (was.time - 1))
    return shift <= STEPS and abs(now.place - was.place) <= PIXELS


def surprises(entries: Sequence[LogEntry]) -> list[int]:
    """Steps that brought far more or less than their action's value said: by the
    temporal-difference error, rewards in units of their mean size in the game."""
    rewards = [abs(entry.reward) for entry in entries if entry.reward]
    unit = sum(rewards) / len(rewards) if rewards else 1.0
    steps, errors = [], []
    for i, entry in enumerate(entries):
        after = entries[i + 1].record.values if i + 1 < len(entries) else ()
        if len(entry.record.values) > 1 and (after or entry.last):
            value = entry.record.values[entry.record.action]
            steps.append(i)
            errors.append(entry.reward / unit + DISCOUNT * max(after, default=0.0) - value)
    if not steps:
        return []
    error = np.array(errors)
    far = np.abs(error - error.mean()) > SURPRISED * error.std()
    return np.array(steps)[far].tolist()
