"""Tables of encounters pass from learner to learner by what kinds do, not by their numbers."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import pytest
from paddle_world import ACTIONS, BALL, LAMP, PADDLE, PaddleWorld, play
from states import same

from symbolic import Program, Solver, SymbolicObject
from symbolic.config import LearnerConfig
from symbolic.decisions import Decision
from symbolic.dynamics.turns import SURE, Turns
from symbolic.inheritance import (
    WORTH,
    Estate,
    Inheritance,
    NothingLearned,
    endowed,
    legacy_from,
    legacy_of,
    legacy_text,
    roles,
)
from symbolic.learner import Learner
from symbolic.planning.foresight import FARTHEST
from symbolic.planning.watcher import Watcher
from symbolic.rules.grounder import Cell
from symbolic.scene import Forecast
from symbolic.values.encounters import GONE, PASSED, Outcome

SOLVER = Solver(Program.load())
CONFIG = LearnerConfig(epsilon_steps=100, refresh_every=50)
BACK: Outcome = ("leaves", -4, 2)
EVEN = ("even", 128)


def watcher(turned: Iterable[int] = (), passed: Iterable[int] = ()) -> Watcher:
    """One that knows of these kinds what they do."""
    made = Watcher(SOLVER, discount=0.9)
    for kind in turned:
        for _ in range(3):
            made.turns.observe(kind, 8, 4, 8, 4)
    for kind in passed:
        for _ in range(SURE):
            made.turns.passed(kind)
    return made


def struck(made: Watcher, table: str, outcome: Outcome, times: int, key: Any = EVEN) -> None:
    for _ in range(times):
        made.strikes.add([(table, key)], outcome)


def valued(made: Watcher, table: str, key: Any, worth: float, seen: int) -> None:
    (row,) = made.values.tables.rows([(table, key)])
    made.values.tables.weights[row], made.values.tables.visits[row] = worth, seen


def state_of(made: Watcher, controlled: int | None = 0) -> dict[str, Any]:
    """What of a learner's state matters here, copied."""
    return deepcopy({"watcher": made.get_state(), "motion": {"controlled": controlled}})


def strikes_of(made: Watcher) -> dict[Cell, dict[Outcome, float]]:
    return dict(made.strikes.items())


def worths_of(made: Watcher) -> dict[Cell, tuple[float, int]]:
    return {
        cell: (pytest.approx(float(weight[0]), abs=1e-6), int(visits[0]))
        for cell, weight, visits in made.values.tables.items()
    }


def test_a_role_is_told_once_it_is_sure():
    turns = Turns()
    for _ in range(2):
        turns.observe(1, 8, 4, 8, 4)
        turns.observe(11, 8, 4, 8, 4)
    for _ in range(SURE - 1):
        turns.passed(3)
        turns.passed(11)
    assert roles(turns) == {}
    turns.observe(1, 8, 4, 8, 4)
    turns.passed(3)
    turns.passed(11)
    assert roles(turns) == {1: "turns back", 3: "passes through", 11: "passes through"}


def test_kinds_change_places_by_their_roles_though_one_number_begins_with_the_other():
    source = watcher(turned=[1], passed=[11])
    struck(source, "strike(1)", BACK, 2)
    struck(source, "strike(11)", PASSED, 3)
    valued(source, "passed(1)", (0,), -0.5, 2)
    valued(source, "passed(11)", (0,), 0.25, 3)
    target = watcher(turned=[11], passed=[1])
    inheritance = Inheritance(legacy_of(state_of(source)))
    assert inheritance.give(target, controlled=0)
    assert inheritance.heirs == [(1, "passes through"), (11, "turns back")]
    assert strikes_of(target) == {
        ("strike(1)", EVEN): {PASSED: 3},
        ("strike(11)", EVEN): {BACK: 2},
    }
    assert worths_of(target) == {("passed(1)", (0,)): (0.25, 3), ("passed(11)", (0,)): (-0.5, 2)}


def test_counts_are_scaled_down_to_a_few_and_those_of_one_role_put_together():
    source = watcher(turned=[1, 2])
    struck(source, "strike(1)", BACK, 20)
    struck(source, "strike(2)", GONE, 10)
    struck(source, "strike(2)", PASSED, 2, key=("odd", 3))
    valued(source, "gone(1)", (0,), -1.0, 30)
    valued(source, "gone(2)", (0,), -0.5, 10)
    estate = legacy_of(state_of(source))["turns back"]
    assert estate.strikes == {
        ("strike", EVEN): {
            BACK: pytest.approx(8 / 3, abs=1e-3),
            GONE: pytest.approx(4 / 3, abs=1e-3),
        },
        ("strike", ("odd", 3)): {PASSED: 2},
    }
    assert estate.worths == {("gone", (0,)): (-0.875, WORTH)}


def test_worths_are_averaged_over_places_by_hand():
    source = watcher(turned=[1])
    struck(source, "strike(1)", BACK, 1)
    valued(source, "leaves(1)", (-1, 2), 0.3, 4)
    valued(source, "leaves_at(1)", (-1, 2, 1), 0.2, 3)
    valued(source, "leaves_at(1)", (-1, 2, 2), -0.4, 1)
    valued(source, "leaves(1)", (0, 2), 0.0, 0)  # imagined, never seen
    # 3 of 4 were worth 0.3 + 0.2, and one 0.3 - 0.4
    worths = legacy_of(state_of(source))["turns back"].worths
    assert worths == {("leaves", (-1, 2)): (0.35, 4)}


def test_what_tells_variants_or_other_kinds_apart_stays_behind():
    source = watcher(turned=[1])
    tables = ("strike(1,0)", "strike(1,1,2)", "strike(1,0,1,-1)", "strike(2)", "own(1)", "own")
    for table in (*tables, "strike(1)"):
        struck(source, table, BACK, 1)
        valued(source, table, (0,), 1.0, 1)
    legacy = legacy_of(state_of(source))
    assert legacy == {"turns back": Estate({("strike", EVEN): {BACK: 1}}, {})}


def test_what_was_learned_already_is_kept():
    target = watcher(turned=[5])
    struck(target, "strike(5)", GONE, 6)
    struck(target, "strike(5,0)", GONE, 6)
    struck(target, "strike(1)", PASSED, 1)
    valued(target, "gone(5)", (0,), -0.9, 6)
    valued(target, "passed(5)", (0,), 0.0, 0)  # imagined, never seen
    estate = Estate(
        {("strike", EVEN): {BACK: 3.0, GONE: 1.0}, ("strike", ("odd", 9)): {BACK: 2.0}},
        {("gone", (0,)): (0.5, 4), ("passed", (0,)): (-0.5, 2), ("leaves", (-1, 1)): (0.5, 4)},
    )
    assert Inheritance({"turns back": estate}).give(target, controlled=0)
    assert strikes_of(target) == {
        ("strike(1)", EVEN): {PASSED: 1},
        ("strike(5)", EVEN): {BACK: 3, GONE: 7},
        ("strike(5)", ("odd", 9)): {BACK: 2},
        ("strike(5,0)", EVEN): {GONE: 6},
    }
    assert worths_of(target) == {
        ("gone(5)", (0,)): (-0.9, 6),
        ("passed(5)", (0,)): (-0.5, 2),
        ("leaves(5)", (-1, 1)): (0.5, 4),
    }


def test_an_endowed_state_leaves_the_one_it_was_made_of_alone():
    source, target = watcher(turned=[1]), watcher(turned=[2])
    struck(source, "strike(1)", BACK, 1)
    struck(target, "strike(2)", GONE, 1)
    before, estate = target.get_state(), legacy_of(state_of(source))["turns back"]
    kept = deepcopy(before)
    endowed(before, estate, 2)
    assert same(before, kept)


def test_where_nothing_corresponds_nothing_changes():
    source = watcher(turned=[1])
    struck(source, "strike(1)", BACK, 5)
    legacy = legacy_of(state_of(source))
    for target, controlled in (
        (watcher(passed=[1]), 0),  # another role
        (watcher(turned=[1]), None),  # nothing is controlled yet
        (watcher(turned=[1]), 1),  # it is the controlled one
    ):
        struck(target, "strike(1)", GONE, 1)
        before = deepcopy(target.get_state())
        inheritance = Inheritance(legacy)
        assert not inheritance.give(target, controlled)
        assert inheritance.heirs == []
        assert same(target.get_state(), before)


def test_each_kind_inherits_once_when_its_role_becomes_known():
    source, target = watcher(turned=[1]), watcher(turned=[2])
    struck(source, "strike(1)", BACK, 2)
    inheritance = Inheritance(legacy_of(state_of(source)))
    assert inheritance.give(target, controlled=0)
    assert not inheritance.give(target, controlled=0)
    for _ in range(3):
        target.turns.observe(3, 8, 4, 8, 4)
    assert inheritance.give(target, controlled=0)
    again = Inheritance(legacy_of(state_of(source)))
    again.set_state(inheritance.get_state())
    assert not again.give(target, controlled=0)
    assert strikes_of(target) == {
        ("strike(2)", EVEN): {BACK: 2},
        ("strike(3)", EVEN): {BACK: 2},
    }


def test_who_knows_nothing_has_nothing_to_leave():
    knowing = watcher(turned=[1])
    struck(knowing, "strike(1)", BACK, 1)
    with pytest.raises(NothingLearned, match="obeys the actions"):
        legacy_of(state_of(knowing, controlled=None))
    with pytest.raises(NothingLearned, match="not met anything"):
        legacy_of(state_of(watcher(turned=[1])))
    with pytest.raises(KeyError, match="turns"):
        legacy_of({"watcher": {}, "motion": {"controlled": 1}})


@pytest.fixture(scope="module")
def elder() -> Learner:
    learner = Learner(len(ACTIONS), CONFIG, SOLVER, seed=0)
    play(PaddleWorld(0), learner, 1000)
    return learner


def test_a_legacy_comes_back_from_its_text(elder):
    legacy = legacy_of(elder.get_state())
    assert min(map(len, legacy["turns back"])) > 1
    assert legacy_from(legacy_text(legacy)) == legacy


class Renamed(PaddleWorld):
    """The same court, as other eyes see it."""

    KINDS: ClassVar = {PADDLE: 5, BALL: 11, LAMP: 1}

    def objects(self) -> list[SymbolicObject]:
        return [o._replace(kind=self.KINDS[o.kind]) for o in super().objects()]


def heir(elder: Learner, state: dict[str, Any] | None = None) -> Learner:
    learner = Learner(len(ACTIONS), CONFIG, SOLVER, 1, legacy_of(elder.get_state()))
    if state is not None:
        learner.set_state(deepcopy(state))
    return learner


@pytest.fixture(scope="module")
def young(elder) -> tuple[Renamed, dict[str, Any], float]:
    """A world, the state of an heir that knows itself and nothing of the ball, and a signal."""
    learner, world, rng, signal = heir(elder), Renamed(1), np.random.default_rng(1), 0.0
    for action in rng.integers(len(ACTIONS), size=180):
        learner.step(world.objects(), signal, forced=int(action))
        signal = world.step(int(action))
    assert learner.motion.controlled == Renamed.KINDS[PADDLE]
    assert learner.inheritance.heirs == []
    return world, learner.get_state(), signal


def sees_it_turn(learner: Learner) -> None:
    for _ in range(3):
        learner.watcher.turns.observe(11, 8, 4, 8, 4)


def test_an_heir_goes_on_the_same_from_states_before_and_after_it_inherits(elder, young):
    world, state, signal = young
    whole, parts = heir(elder, state), heir(elder, state)
    worlds = deepcopy(world), deepcopy(world)
    signals, inherited = [signal, signal], []
    for part in range(8):
        parts = heir(elder, parts.get_state())
        told: list[list[Decision]] = [[], []]
        for i, learner in enumerate((whole, parts)):
            if part == 2:
                sees_it_turn(learner)
            signals[i] = play(worlds[i], learner, 20, signals[i], told[i].append)
        assert all(same(one, other) for one, other in zip(*told, strict=True))
        assert same(whole.get_state(), parts.get_state())
        inherited.append(parts.inheritance.heirs)
    assert inherited[1] == []
    assert inherited[-1] == [(11, "turns back")]


def test_what_is_inherited_is_foreseen_at_once():
    """A strike by the middle against one far off, by hand: of what a cell knows, 4 encounters
    count against 2 from the coarser one, and before all stands 0."""
    middle = {("strike", (tiles, 128)): {("leaves", 0, 0): 4.0} for tiles in ("even", "odd")}
    far = {("strike", (tiles, 138)): {PASSED: 4.0} for tiles in ("even", "odd")}
    worths = {("leaves", (0, 2)): (0.5, 4), ("passed", (0,)): (-1.0, 4)}
    legacy = {"turns back": Estate(middle | far, worths)}
    learner = Learner(len(ACTIONS), CONFIG, SOLVER, 1, legacy)
    for before in range(len(ACTIONS)):
        for action, moved in enumerate(ACTIONS):
            for _ in range(5):
                learner.motion.observe(PADDLE, before, action, (0, 0), (int(moved), 0))
    learner.end(0.0)  # it looks at what it knows
    assert learner.motion.controlled == PADDLE

    def foreseen() -> tuple[float, float]:
        forecast = Forecast(kind=11, time=8, offset=0, place=110, along=0, across=6)
        values = learner.foresight.mean_values(forecast)[0, 1]
        return float(values[FARTHEST]), float(values[FARTHEST + 40])

    assert foreseen() == (0, 0)
    sees_it_turn(learner)
    learner.end(0.0)
    assert learner.inheritance.heirs == [(11, "turns back")]
    of_one = (4 + 2 * 4 / 6) / 6
    assert foreseen() == pytest.approx((0.5 * of_one, -of_one))


def test_without_a_legacy_a_state_is_as_it_was_before_there_were_any():
    learner = Learner(len(ACTIONS), CONFIG, SOLVER, seed=0)
    state = learner.get_state()
    assert "heirs" not in state
    learner.set_state(state)
    assert learner.inheritance.heirs == []
