"""Why one action and not another: what each term of the value speaks for, and what tips it."""

from typing import NamedTuple

import numpy as np

from agents.agent import StepRecord
from dsrl.runs.stateblock import RESOLUTION, slack
from symbolic.decisions import CURIOSITY

EXACT = 1e-5  # a sum of contributions farther from its value than this is not the value


class Term(NamedTuple):
    """What a cell (or foresight) adds to the values of two actions."""

    name: str
    taken: float
    other: float

    @property
    def lead(self) -> float:
        """How much it speaks for the action taken."""
        return self.taken - self.other


class Contrast(NamedTuple):
    """The action taken against another: the terms, those that speak most for it first."""

    taken: int
    other: int
    values: tuple[float, float]
    terms: tuple[Term, ...]

    @property
    def lead(self) -> float:
        """By how much the action taken is worth more."""
        return self.values[0] - self.values[1]


def contrast(record: StepRecord, other: int | None = None) -> Contrast:
    """The action taken against ``other``, by default the best of the others.

    There are two values at least.
    """
    taken = record.action
    if other is None:
        others = [action for action in range(len(record.values)) if action != taken]
        other = max(others, key=lambda action: record.values[action])
    terms = [Term(name, share[taken], share[other]) for name, share in record.cells]
    terms.sort(key=lambda term: -term.lead)
    return Contrast(taken, other, (record.values[taken], record.values[other]), tuple(terms))


class Calm(NamedTuple):
    """What would have been done without noise: the ``best`` action, by how much it is worth more
    than the one ``taken`` then (0 where that is as good), and what noise added to each."""

    best: int
    lead: float
    added: tuple[float, float]  # to the action taken, to the best


def calm(record: StepRecord) -> Calm | None:
    """What noise made of the choice; None where the log does not tell noise apart, or nothing was
    foreseen that there could be noise on."""
    noise = next((share for name, share in record.cells if name == CURIOSITY), None)
    if noise is None:
        return None
    values = [value - part for value, part in zip(record.values, noise, strict=True)]
    taken = record.action
    best = max(range(len(values)), key=lambda action: values[action])
    if values[best] - values[taken] <= RESOLUTION * len(record.cells):  # as the log rounds
        best = taken
    return Calm(best, values[best] - values[taken], (noise[taken], noise[best]))


def decisive(found: Contrast) -> tuple[str, ...] | None:
    """The fewest terms without which the other action would have been worth more.

    Empty where it was anyway; None where it would not be, whatever is left out. Leaving out what
    speaks most for the action taken does most, so taking terms in that order gives the fewest.
    """
    left, without = found.lead, []
    for term in found.terms:
        if left < -RESOLUTION / 2 or term.lead <= 0:
            break
        left -= term.lead
        without.append(term.name)
    return tuple(without) if left < -RESOLUTION / 2 else None


def rounding(record: StepRecord) -> float:
    """The largest distance between a value and the sum of its contributions."""
    sums = [0.0] * len(record.values)
    for _, share in record.cells:
        sums = [total + x for total, x in zip(sums, share, strict=True)]
    return max((abs(v - s) for v, s in zip(record.values, sums, strict=True)), default=0.0)


def bound(record: StepRecord) -> float:
    """How far the values the agent used may lie from the sums of what the log keeps, at most,
    where `rounding` is within `EXACT`."""
    steps = np.array(record.values) / RESOLUTION
    return max(EXACT, float(slack(len(record.cells), steps).max() * RESOLUTION))
