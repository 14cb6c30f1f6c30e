"""Whole policies as programs: clingo comes to the very numbers that the settled planner does."""

import re
from collections import Counter

import clingo
import numpy as np
import pytest

from symbolic import Facts, Program, Solver, SymbolicObject
from symbolic.config import LearnerConfig
from symbolic.dynamics.motion import ENDS, REACH, SPEEDS
from symbolic.facts import fact_text
from symbolic.learner import Learner
from symbolic.percepts import seen
from symbolic.planning.foresight import FARTHEST
from symbolic.planning.watcher import outcome_facts, strike_facts
from symbolic.policies.observer import Observer
from symbolic.policies.policy import PolicyProgram
from symbolic.policies.settled import CHANCES, Settled, SettledError, in_parts, settled_moves
from symbolic.policies.whole_text import program_text, rules_text
from symbolic.policies.whole_worth import WorthTables

ACTS, GROUPS = ("noop", "up", "upfire", "down"), np.array([1, 0, 0, 2])
MINE, TURNS, PASSES = 1, 2, 3
LOW, HIGH = 40, 64  # of my range
SOLVER = Solver(Program.load())


def motion_state(rng: np.random.Generator, axis: int) -> dict[str, object]:
    """Each group moves by little more than one of two displacements, otherwise at an end."""
    counts = np.zeros((2, ENDS, 4, SPEEDS, 4, 2 * REACH + 1), np.float32)
    for act, group in enumerate(GROUPS):
        for end in range(ENDS):
            for moved in rng.choice(np.arange(-4, 5) + 5 * (group - 1), 2, replace=False):
                counts[axis, end, :, :, act, moved + REACH] += rng.integers(1, 40, (4, SPEEDS))
    return {
        "histograms": {str(MINE): counts}, "controlled": MINE, "axis": axis, "groups": GROUPS,
    }  # fmt: skip


def learner_of(seed: int, worth: float = 1.0, lessons: int = 150) -> Learner:
    """One that never played: random motion, random strikes and their worth, random tables."""
    rng = np.random.default_rng(seed)
    learner, axis = Learner(4, LearnerConfig(), SOLVER, seed), seed % 2
    learner.motion.set_state(motion_state(rng, axis))
    for place in range(LOW, HIGH + 1, 4):
        here = [thing(0, MINE, place, 100, axis), thing(1, TURNS, place, place, axis)]
        for _ in range(3):
            learner.ranges.observe([*here, thing(2, PASSES, place, 2 * place, axis)])
    for _ in range(4):
        learner.watcher.turns.observe(TURNS, 8, 4, 8, 4)
    for _ in range(lessons):
        kind, offset = int(rng.integers(TURNS, PASSES + 1)), int(rng.integers(-30, 31))
        across, variant, way = int(rng.integers(1, 9)), int(rng.integers(2)), int(rng.integers(3))
        outcome = (
            ("leaves", int(rng.integers(-4, 5)) * 2, 0) if rng.random() < 0.7 else ("gone", 0, 0)
        )
        asked = strike_facts(kind, offset, across, variant, way - 1)
        learner.watcher.strikes.add(SOLVER.solve(asked).cells, outcome)
        place = int(rng.integers(LOW, HIGH))
        led_to = SOLVER.solve(outcome_facts(kind, outcome, across, place)).cells
        learner.watcher.values.learn(led_to, worth * rng.normal())
    for _ in range(lessons):
        other = thing(1, int(rng.integers(TURNS, PASSES + 1)), *rng.integers(20, 140, 2), axis)
        fact = seen(thing(0, MINE, 50, 100, axis), other, axis, calm=True)
        rows = learner.tables.rows(SOLVER.solve((fact,)).cells)
        learner.tables.weights[rows] = worth * rng.normal(size=4)
    return learner


def thing(id_: int, kind: int, along: int, across: int, axis: int, *speed: int) -> SymbolicObject:
    v, w = speed or (0, 0)
    (y, x), (dy, dx) = [(a, b) if axis == 0 else (b, a) for a, b in ((along, across), (v, w))]
    return SymbolicObject(id_, kind, int(y), int(x), int(dy), int(dx), 8, 8)


def states_of(learner: Learner, seed: int, count: int) -> list[Facts]:
    """Steps that begin an episode: me at any place, and up to three things that move or rest."""
    rng, axis, observer = np.random.default_rng(seed), learner.motion.axis, Observer(learner)
    states = []
    for _ in range(count):
        me = thing(9, MINE, rng.integers(LOW - 12, HIGH + 13), 100, axis, rng.integers(-9, 10), 0)
        others = [
            thing(
                i, int(rng.integers(TURNS, PASSES + 1)), rng.integers(LOW, HIGH),
                rng.integers(40, 99), axis, rng.integers(-5, 6), rng.choice([0, 3, 4, 6, 9]),
            )
            for i in range(rng.integers(4))
        ]  # fmt: skip
        observer.start_episode()
        states.append(observer.facts([*others, me], ACTS[rng.integers(4)]))
    return states


def totals(text: str, facts: Facts) -> list[int]:
    shown = PolicyProgram(text + "#show total/2.\n").shown(facts)
    found = {str(s.arguments[0]): s.arguments[1].number for s in shown if s.match("total", 2)}
    return [found[act] for act in ACTS]


Exported = tuple[Learner, Settled, str]


@pytest.fixture(scope="module")
def policies() -> list[Exported]:
    """One for each axis of control."""
    learners = [learner_of(seed) for seed in range(2)]
    settled = [Settled(learner, SOLVER, ACTS) for learner in learners]
    return [(one, other, program_text(other)) for one, other in zip(learners, settled, strict=True)]


@pytest.fixture
def exported(policies: list[Exported]) -> Exported:
    return policies[0]


def test_clingo_comes_to_the_numbers_of_the_settled_planner(policies: list[Exported]) -> None:
    met: Counter[str] = Counter()
    for seed, (learner, settled, text) in enumerate(policies):
        for facts in states_of(learner, seed, 12):
            values = settled.values(facts)
            assert totals(text, facts) == values.tolist(), facts
            told = settled.told(facts)
            assert told is not None
            met["negative"] += bool((values < 0).any())
            met["calm, with entries"] += not told.forecasts and bool(told.cells)
            met["several"] += len(told.forecasts) > 1
            met["lasts"] += any(f.lasts for f in told.forecasts)
            met["now"] += any(f.whole_steps == 0 for f in told.forecasts)
            met["far"] += any(f.whole_steps > 5 for f in told.forecasts)
            met["beyond my range"] += not LOW <= told.place <= HIGH
    assert min(met[name] for name in met) > 0 and len(met) == 7, met


def test_nothing_better_stands_beyond_the_last_offset(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every strike is a loss, the best of them is one too."""
    _, settled, _ = exported
    lost = np.full((2, 3, 2 * FARTHEST + 1), -5)
    monkeypatch.setattr(settled, "strike_worth", lambda forecast: lost)
    said = [numbers[2:] for name, numbers in WorthTables(settled).facts() if name == "worth"]
    assert {number for numbers in said for number in numbers} == {-5}


def test_a_changed_number_is_noticed(exported: Exported) -> None:
    learner, settled, text = exported
    wrong = re.sub(r"worth\((\d+,-?\d+),(-?\d+)", r"worth(\1,\2+300", text)
    states = states_of(learner, 1, 6)
    foreseen = [f for f in states if any(fact[0] == "comes" for fact in f)]
    assert any(totals(wrong, f) != settled.values(f).tolist() for f in foreseen)


def test_of_equal_actions_the_first_is_done() -> None:
    learner = learner_of(3, lessons=0)
    settled = Settled(learner, SOLVER, ACTS)
    program = PolicyProgram(program_text(settled))
    for facts in states_of(learner, 0, 3):
        assert not settled.values(facts).any()
        assert program.decide(facts) == settled.decide(facts) == "noop"


def test_unseen_i_do_the_first(exported: Exported) -> None:
    _, settled, text = exported
    facts = (("object", 0, TURNS), ("at", 0, 5, 5), ("velocity", 0, 1, 1), ("did", "up"))
    assert PolicyProgram(text).decide(facts) == settled.decide(facts) == "noop"


@pytest.mark.parametrize(("a", "b"), [(-7, 2), (7, -2), (-8, 2), (-1, 128), (513, 512)])
def test_clingo_cuts_off_towards_zero_as_trunc_does(a: int, b: int) -> None:
    control = clingo.Control()
    control.add("base", [], f"p({a}/({b})).")
    control.ground([("base", [])])
    (atom,) = control.symbolic_atoms.by_signature("p", 1)
    assert atom.symbol.arguments[0].number == int(np.trunc(a / b))


def test_parts_sum_to_the_whole_and_the_largest_remainders_win() -> None:
    assert in_parts(np.array([0.5, 0.3, 0.2]), 16).tolist() == [8, 5, 3]
    assert in_parts(np.array([1 / 3, 1 / 3, 1 / 3]), 16).tolist() == [6, 5, 5]
    moves = Settled(learner_of(0), SOLVER, ACTS).moves
    assert np.array_equal(moves.chances.sum(axis=-1), np.ones(moves.chances.shape[:-1]))
    assert np.array_equal(settled_moves(moves).chances, moves.chances)
    assert np.array_equal(moves.chances * CHANCES, np.rint(moves.chances * CHANCES))


def test_the_rules_of_a_step_are_written_from_the_last_to_the_first() -> None:
    text = rules_text(3)
    assert [int(n) for n in re.findall(r"^value\((\d),", text, re.MULTILINE)] == [3, 3, 2, 2, 1, 1]
    assert "(t" not in re.sub(r"%.*", "", text) and "#program" not in text


def test_what_cannot_be_settled_is_refused() -> None:
    learner = learner_of(0)
    learner.motion.controlled = None
    with pytest.raises(SettledError, match="obeys the actions"):
        Settled(learner, SOLVER, ACTS)


def test_numbers_that_clingo_cannot_count_are_refused() -> None:
    learner = learner_of(0, lessons=1, worth=1e9)
    with pytest.raises(SettledError, match="clingo counts to 2147483647"):
        program_text(Settled(learner, SOLVER, ACTS))


def test_facts_are_written_as_they_are_read(exported: Exported) -> None:
    learner, settled, text = exported
    (facts,) = states_of(learner, 7, 1)
    lines = "".join(f"{fact_text(fact)}.\n" for fact in facts)
    assert PolicyProgram(text + lines).decide(()) == settled.decide(facts)
