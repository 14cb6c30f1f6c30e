"""The settled policy as one program for clingo: what was learned as facts, and `whole.lp`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from symbolic.dynamics.motion import end_of
from symbolic.facts import MAX_VELOCITY, fact_text
from symbolic.percepts import MOST_LEVEL
from symbolic.planning.foresight import FARTHEST, MOST_MEETINGS
from symbolic.planning.lookahead import Moves, part_way
from symbolic.policies.rule_text import definitions
from symbolic.policies.settled import AHEAD, CHANCES, DISCOUNTS, UNIT, Settled, SettledError
from symbolic.policies.whole_worth import WorthTables
from symbolic.rules.grounder import cell_order
from symbolic.scene import way

RULES = Path(__file__).with_name("whole.lp")
EACH_STEP, ONCE = "#program step(t).\n", "#program now.\n"
QUARTERS, HALF = (1, 3, 5, 7), 4  # eighths of a step: the middles of its quarters, and of it
LARGEST = 2**31 - 1


def program_text(settled: Settled) -> str:
    """The whole program.

    Raises:
        SettledError: a number in it could outgrow what clingo counts with.
    """
    worth = WorthTables(settled)
    check_bounds(settled, worth)
    constants = {
        "ahead": AHEAD, "far": FARTHEST, "chances": CHANCES,
        "discount": round(settled.discount * DISCOUNTS),
    }  # fmt: skip
    return "\n".join(
        [
            "% --- what was learned: see the rules below for what each fact says",
            *(f"#const {name}={value}." for name, value in constants.items()),
            *_lines(_actions(settled)),
            *_lines(_places(settled)),
            *_lines(_moves(settled.moves)),
            *_lines(_lands(settled)),
            *_lines(worth.facts()),
            *_lines(_weights(settled)),
            "",
            "% --- relations between what is seen, as in relations.lp",
            definitions([("meets", 5), ("cell", 5)]),
            "",
            rules_text(AHEAD + MOST_LEVEL),
        ]
    )


def check_bounds(settled: Settled, worth: WorthTables) -> None:
    """Raises SettledError where a sum or a product could leave the 32 bits of clingo's numbers."""
    strike = max((int(np.abs(table).max()) for table in worth.tables), default=0)
    value = strike * MOST_MEETINGS * (1 + MOST_LEVEL)  # as if each were met at every step
    entries = sum(int(np.abs(each).max()) for each in settled.entries.values())
    largest = max(strike * 128 * CHANCES, value * DISCOUNTS, value * CHANCES, value + entries)
    if largest > LARGEST:
        raise SettledError(
            f"numbers up to {largest} occur in it, and clingo counts to {LARGEST}: meetings are "
            f"worth up to {strike / UNIT:g}, entries {entries / UNIT:g}"
        )


def rules_text(last: int) -> str:
    """The rules, those of a step written out from step ``last`` back to the next one."""
    before, rest = RULES.read_text().split(EACH_STEP)
    each, after = rest.split(ONCE)
    steps = [
        each.replace("t+1,", f"{t + 1},").replace("(t,", f"({t},").replace("(t)", f"({t})")
        for t in range(last, 0, -1)
    ]
    return "".join([before, *steps, after])


Numbers = Sequence[int | str]


def _lines(facts: Iterator[tuple[str, Numbers]]) -> Iterator[str]:
    """Facts of one predicate share lines."""
    for _, same in groupby(facts, key=lambda fact: fact[0]):
        row: list[str] = []
        for name, values in same:
            row.append(f"{fact_text((name, *values))}.")
            if sum(map(len, row)) > 80:
                yield " ".join(row)
                row = []
        if row:
            yield " ".join(row)


def _actions(settled: Settled) -> Iterator[tuple[str, Numbers]]:
    for i, act in enumerate(settled.acts):
        yield "action", (act, i, int(settled.groups[i]), int(settled.variants[i]))


def _places(settled: Settled) -> Iterator[tuple[str, Numbers]]:
    low, high = settled.positions.start, settled.positions.stop - 1
    yield "span", (low, high)
    ends = [(p, end_of(p, settled.moves.low, settled.moves.high)) for p in settled.positions]
    yield from (("end", run) for run in _runs(ends))
    bins = [(v, settled.bin_of(v)) for v in range(-MAX_VELOCITY, MAX_VELOCITY + 1)]
    yield from (("bin", run) for run in _runs(bins))


def _runs(numbered: Sequence[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    """``(low..high, value)`` for each run of equal values."""
    for value, run in groupby(numbered, key=lambda pair: pair[1]):
        places = [place for place, _ in run]
        yield f"{places[0]}..{places[-1]}", value


def _moves(moves: Moves) -> Iterator[tuple[str, Numbers]]:
    middle = moves.chances.shape[-1] // 2
    for end, before, speed, group, d in np.argwhere(moves.chances).tolist():
        chance = round(moves.chances[end, before, speed, group, d] * CHANCES)
        to = int(moves.bin_of_displacement[d])
        yield "moves", (end, before, speed, group, d - middle, to, chance)


def _lands(settled: Settled) -> Iterator[tuple[str, Numbers]]:
    """Where a step may be part of the way: between two pixels a share counts for each."""
    moves = settled.moves
    middle = moves.chances.shape[-1] // 2
    for eighths in (*QUARTERS, HALF) if settled.passing else QUARTERS:
        chances: dict[tuple[int, ...], int] = {}
        for end, before, speed, group, d in np.argwhere(moves.chances).tolist():
            chance = round(moves.chances[end, before, speed, group, d] * CHANCES)
            moved, before_that = np.array(d - middle), np.array(moves.speed_of_bin[speed])
            gone = float(part_way(before_that, moved, eighths / 8))
            below = int(np.floor(gone))
            share = round((gone - below) * 128)
            for pixel, part in ((below, 128 - share), (below + 1, share)):
                where = (end, before, speed, group, way(d - middle), pixel)
                chances[where] = chances.get(where, 0) + chance * part
        for key, chance in chances.items():
            if chance:
                yield "lands", (eighths, *key, chance)


def _weights(settled: Settled) -> Iterator[tuple[str, Numbers]]:
    for (table, key), weights in sorted(settled.entries.items(), key=lambda e: cell_order(e[0])):
        name = f"cell({table},{','.join(map(str, key))})"
        for act, weight in zip(settled.acts, weights.tolist(), strict=True):
            if weight:
                yield "weight", (name, act, weight)
