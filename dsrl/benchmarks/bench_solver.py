"""What answering a state costs: a Control for each, one reused, many states in one grounding."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from symbolic import Program, Solver, SymbolicObject, state_facts
from symbolic.facts import Fact, Facts
from symbolic.percepts import Habits, coming, percepts
from symbolic.planning.foresight import MOST_MEETINGS
from symbolic.rules.compiled import Compiled, compile_sources
from symbolic.rules.grounder import Grounder

Way = Callable[[Sequence[Facts]], object]


def random_states(count: int, objects: int, seed: int = 0) -> list[Facts]:
    """States of so many moving objects, each of a kind of its own, with their percepts.

    The first is the controlled one.
    """
    draw = random.Random(seed)
    habits = {kind: Habits(along=(0, 209), across=(0, 159), reach=None) for kind in range(objects)}
    return [_random_state(draw, objects, habits) for _ in range(count)]


def _random_state(draw: random.Random, objects: int, habits: dict[int, Habits]) -> Facts:
    seen = [
        SymbolicObject(
            id=i,
            kind=i,
            y=draw.randrange(210),
            x=draw.randrange(160),
            dy=draw.randint(-4, 4),
            dx=draw.randint(-4, 4),
            height=8,
            width=4,
        )
        for i in range(objects)
    ]
    on_the_way = coming(seen, seen[0], 0, habits)[:MOST_MEETINGS]
    facts: list[Fact] = [("me", 0), ("axis", "y"), *percepts(seen, seen[0], 0, on_the_way)]
    return state_facts(seen, [*facts, *(each.fact for each in on_the_way)])


def _search(compiled: Compiled, states: Sequence[Facts]) -> None:
    """The textbook way: a fresh Control, and a search for the answer set."""
    grounder = Grounder(compiled, states_per_control=1)
    for facts in states:
        grounder.one(facts)
        *_, ground = grounder._grounds.values()  # the one just used
        with ground.control.solve(yield_=True) as found:
            for model in found:
                sorted(model.symbols(shown=True))


def _reused(compiled: Compiled, times: int) -> Way:
    def way(states: Sequence[Facts]) -> None:
        grounder = Grounder(compiled, states_per_control=times)
        for facts in states:
            grounder.one(facts)

    return way


def _together(compiled: Compiled, size: int) -> Way:
    def way(states: Sequence[Facts]) -> None:
        grounder = Grounder(compiled)
        for start in range(0, len(states), size):
            grounder.many(states[start : start + size])

    return way


def _solved(solver: Solver, size: int) -> Way:
    """Through ``Solver``, its memory too small to help."""

    def way(states: Sequence[Facts]) -> None:
        for start in range(0, len(states), size):
            solver.solve_batch(states[start : start + size])

    return way


def _by_percept(solver: Solver) -> Way:
    """As the learner asks without rules of a user's: percept by percept, remembering."""

    def way(states: Sequence[Facts]) -> None:
        for facts in states:
            solver.solve_batch([(fact,) for fact in facts if fact[0] in ("seen", "comes")])

    return way


def _ways(folder: Path) -> Iterator[tuple[str, Way]]:
    program = Program.load()
    shown = compile_sources(program.base)
    cells = compile_sources(program.base, keep="cells")
    yield "fresh Control, search", lambda states: _search(shown, states)
    yield "fresh Control, facts observed", _reused(shown, 1)
    for times in (8, 32, 128):
        yield f"Control reused {times} times", _reused(shown, times)
    yield "Control reused 32 times, cells only", _reused(cells, 32)
    for size in (8, 64):
        yield f"{size} states in one grounding", _together(shown, size)
    yield "64 states in one grounding, cells only", _together(cells, 64)
    (folder / "own.lp").write_text("cell(crowd,N) :- N = #count { I : object(I,_) }.\n")
    user = Program.load(folder / "own.lp")
    yield "own process, one by one", _solved(Solver(user, memory=1), 1)
    yield "own process, 64 in one grounding", _solved(Solver(user, memory=1), 64)
    yield "percepts remembered", _by_percept(Solver(program))
    yield "states remembered", _solved(Solver(program), 1)


def bench_solver(
    objects: int, states: int = 128, rounds: int = 5
) -> list[tuple[str, float, float]]:
    """(way, milliseconds per state, share of the first way), best of interleaved rounds."""
    facts = random_states(states, objects)
    with TemporaryDirectory() as folder:
        ways = list(_ways(Path(folder)))
        best = dict.fromkeys((name for name, _ in ways), float("inf"))
        for _ in range(rounds):
            for name, way in ways:
                start = time.perf_counter()
                way(facts)
                best[name] = min(best[name], (time.perf_counter() - start) / states * 1e3)
    first = next(iter(best.values()))
    return [(name, cost, cost / first) for name, cost in best.items()]
