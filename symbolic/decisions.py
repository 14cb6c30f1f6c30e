"""One choice of the learner, and why: what is logged and explained."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from symbolic.facts import fact_text
from symbolic.inquiry import Reply
from symbolic.planning.foresight import Parts
from symbolic.rules.grounder import cell_name
from symbolic.scene import Expected
from symbolic.values.cells import TIE

BUTTON, SENDING, CURIOSITY = "foresight(button)", "foresight(sending)", "curiosity"
IMAGINED = "imagined"  # what a search over imagined futures found, among the contributions,
FORESEEN, OTHERWISE = "foreseen", "otherwise"  # and what it counts on, among the relations


class Decision(NamedTuple):
    """One choice and why: `values` (A,) are the sums of the `contributions` (name, (A,)).

    `percepts` are the facts that the rules were asked about and the ids of the objects that each
    is about; `relations` and cells follow from them (and from the whole state where a user's rules
    may join facts).
    """

    action: int
    values: np.ndarray
    contributions: tuple[tuple[str, np.ndarray], ...]
    relations: tuple[str, ...]
    greedy: bool
    reason: str
    percepts: tuple[tuple[str, tuple[int, ...]], ...]


def decision_of(
    reply: Reply,
    entries: np.ndarray,
    ahead: Parts | None,
    advice: tuple[tuple[str, np.ndarray], ...],
    values: np.ndarray,
    action: int,
    why: str | None,
) -> Decision:
    """The choice of an ``action`` and its parts: foresight's, the active cells' ``entries``
    (cells, A), advice. ``why`` it was chosen, None if as one of the best."""
    cells = zip(map(cell_name, reply.answer.cells), entries, strict=True)
    foreseen = () if ahead is None else parts_of(ahead, reply.expected)
    ties = (values >= values.max() - TIE).sum() > 1
    return Decision(
        action=action,
        values=values,
        contributions=(*foreseen, *cells, *advice),
        relations=reply.answer.relations,
        greedy=why is None,
        reason=why or ("best (tie)" if ties else "best"),
        percepts=tuple((fact_text(each.fact), each.ids) for each in reply.asked),
    )


def parts_of(ahead: Parts, expected: tuple[Expected, ...]) -> tuple[tuple[str, np.ndarray], ...]:
    """Foresight's parts by name: what is known first, what noise makes of it last; none where all
    of it is nothing."""
    if not ahead.values.any() and not ahead.calm.any():
        return ()
    more = ((BUTTON, ahead.button), (SENDING, ahead.sending))
    return (
        (_named(expected), ahead.plan),
        *((name, part) for name, part in more if part.any()),
        (CURIOSITY, ahead.curiosity),
    )


def _named(expected: tuple[Expected, ...]) -> str:
    """How foresight's plan is called in the log: by the meeting that comes next, if any does."""
    if not expected:
        return "foresight(launch)"
    f = expected[0].forecast
    return f"foresight({f.kind})[{f.offset},{f.time}]"
