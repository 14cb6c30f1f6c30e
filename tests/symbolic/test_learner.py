"""The learner on a court in symbols: it plays, explains itself, and can be continued."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from paddle_world import ACTIONS, BALL, PADDLE, PaddleWorld, play
from states import same

from symbolic import Program, Solver, SymbolicObject
from symbolic.config import LearnerConfig
from symbolic.decisions import Decision
from symbolic.learner import Learner
from symbolic.planning.circles import FAILED
from symbolic.values.encounters import STRUCK

SOLVER = Solver(Program.load())
CONFIG = LearnerConfig(epsilon_steps=500, refresh_every=250)
TRAINED_STEPS = 2000


def new(seed: int = 0, solver: Solver = SOLVER) -> Learner:
    return Learner(len(ACTIONS), CONFIG, solver, seed)


def copy_of(learner: Learner, solver: Solver = SOLVER) -> Learner:
    again = new(seed=99, solver=solver)
    again.set_state(deepcopy(learner.get_state()))
    return again


@pytest.fixture(scope="module")
def course() -> tuple[PaddleWorld, Learner, float, list[float]]:
    """World and learner after training, and by how much values were not their parts' sum."""
    world, learner = PaddleWorld(0), new()
    errors: list[float] = []

    def check(decision: Decision) -> None:
        total = sum((part for _, part in decision.contributions), np.zeros(len(ACTIONS)))
        errors.append(float(np.abs(total - decision.values).max()))

    signal = play(world, learner, TRAINED_STEPS, each=check)
    return world, learner, signal, errors


@pytest.fixture
def trained(course) -> tuple[PaddleWorld, Learner, float]:
    """Copies, in the middle of a rally."""
    world, learner, signal, _ = course
    return deepcopy(world), copy_of(learner), signal


def hit_rate(world: PaddleWorld) -> float:
    assert world.hits + world.misses >= 25
    return world.hits / (world.hits + world.misses)


def test_it_finds_out_what_it_moves_and_where_the_ball_turns(trained):
    learner = trained[1]
    assert (learner.motion.controlled, learner.motion.axis) == (PADDLE, 0)
    assert learner.motion.groups.tolist() == [1, 0, 2, 1, 0, 2]
    assert learner.watcher.turns.reach(BALL) == pytest.approx(140 - 137, abs=1)


def test_it_tells_what_it_knows_and_changes_nothing(trained):
    learner = trained[1]
    before = deepcopy(learner.get_state())
    told = learner.told()
    assert told == {
        "obeying_kinds": 1,
        "controlled_kind": PADDLE,
        "cells": len(learner.tables),
        "epsilon": CONFIG.epsilon,  # it has explored for longer than `epsilon_steps`
    }
    assert same(learner.get_state(), before)
    nothing = {"obeying_kinds": 0, "controlled_kind": -1, "cells": 0, "epsilon": 1}
    assert new().told() == nothing


def test_it_hits_far_more_balls_than_chance(trained):
    random, rng = PaddleWorld(6), np.random.default_rng(6)
    for _ in range(10_000):
        random.step(int(rng.integers(len(ACTIONS))))
    assert hit_rate(random) < 0.25
    learner, world = trained[1], PaddleWorld(6)
    learner.start_episode()
    learner.learning = False
    play(world, learner, 800)
    assert hit_rate(world) > 0.5


def test_contributions_sum_to_the_values_at_every_step(course):
    errors = course[3]
    assert len(errors) == TRAINED_STEPS
    assert max(errors) < 1e-9


def test_decisions_say_why(trained):
    world, learner, signal = trained
    seen: list[Decision] = []
    play(world, learner, 400, signal, seen.append)
    names = {name for decision in seen for name, _ in decision.contributions}
    for table in (f"foresight({BALL})[", f"place({PADDLE},"):
        assert any(name.startswith(table) for name in names), table
    assert any(f"approaches({BALL},{PADDLE})" in decision.relations for decision in seen)
    for decision in seen:
        best = decision.values[decision.action] == pytest.approx(decision.values.max())
        assert best or not decision.greedy
        assert decision.reason == "explores" or decision.greedy


def test_a_restored_learner_goes_on_exactly_the_same(trained):
    world, learner, signal = trained
    for _ in range(3):  # restored at several moments of a rally
        again, same_world = copy_of(learner), deepcopy(world)
        assert same(again.get_state(), learner.get_state())
        one: list[Decision] = []
        other: list[Decision] = []
        same_signal = play(same_world, again, 60, signal, other.append)
        signal = play(world, learner, 60, signal, one.append)
        assert same_signal == signal
        assert [d.action for d in one] == [d.action for d in other]
        assert all(same(a, b) for a, b in zip(one, other, strict=True))
        assert same(again.get_state(), learner.get_state())
        signal = play(world, learner, 7, signal)


def test_a_state_taken_at_every_step_goes_on_the_same(trained):
    world, learner, signal = trained
    whole, same_world = copy_of(learner), deepcopy(world)
    whole_signal = play(same_world, whole, 40, signal)
    for _ in range(40):
        learner = copy_of(learner)
        signal = play(world, learner, 1, signal)
    assert signal == whole_signal
    assert same(learner.get_state(), whole.get_state())


def test_seeds_decide():
    def actions(seed: int) -> list[int]:
        chosen: list[int] = []
        play(PaddleWorld(1), new(seed), 60, each=lambda d: chosen.append(d.action))
        return chosen

    assert actions(1) == actions(1)
    assert actions(1) != actions(2)


def test_without_learning_nothing_learned_changes(trained):
    world, learner, signal = trained
    learner.learning = False
    before = deepcopy(learner.get_state())
    play(world, learner, 120, signal)
    learner.step(world.objects(), 0.0, lost=1.0)
    learner.end(-1.0, lost=1.0)
    after = learner.get_state()
    for part in ("steps", "motion", "ranges"):
        assert same(before[part], after[part]), part
    for part in ("strikes", "values", "turns"):
        assert same(before["watcher"][part], after["watcher"][part]), part
    for part in ("triggers", "speed", "worth"):
        assert same(before["missiles"][part], after["missiles"][part]), part
    assert same(before["courses"]["turns"], after["courses"]["turns"])
    used = len(before["tables"]["cells"])
    for part in ("weights", "visits"):
        assert np.array_equal(before["tables"][part], after["tables"][part][:used])
        assert not after["tables"][part][used:].any()


def test_forced_actions_are_learned_from():
    rng, world, learner = np.random.default_rng(0), PaddleWorld(4), new()
    signal = 0.0
    for _ in range(700):
        action = int(rng.integers(len(ACTIONS)))
        decision = learner.step(world.objects(), signal, forced=action)
        assert (decision.action, decision.greedy) == (action, False)
        signal = world.step(action)
    assert learner.motion.controlled == PADDLE
    assert learner.get_state()["tables"]["weights"].any()
    assert learner.watcher.strikes.items()


def foretold(learner: Learner, ball: SymbolicObject) -> int:
    """The place at which the next meeting is foreseen."""
    learner.start_episode()
    paddle = SymbolicObject(1, PADDLE, 100, 140, 0, 0, 16, 4)
    decision = learner.step([paddle, ball], 0.0)
    (meets,) = [text for text in decision.relations if text.startswith("meets(")]
    return int(meets[len("meets(") : -1].split(",")[2])


def test_a_forecast_turns_where_such_things_were_seen_to_turn(trained):
    learner, state = trained[1], trained[1].get_state()
    learner.learning = False
    places = np.zeros((2, 256), np.int64)
    places[:, 30:190] = 100
    turns = np.zeros((2, 640), np.int64)
    turns[0, 2 * 32 + 2 * 26] = 5  # at 26, four pixels beyond where it was seen
    towards_the_end = SymbolicObject(7, BALL, 60, 80, -6, 6, 4, 2)
    found = []
    for learned in ({}, {f"{BALL},0": turns}):
        learner.set_state(
            {
                **state,
                "ranges": {**state["ranges"], str(BALL): places},
                "courses": {**state["courses"], "turns": learned},
            }
        )
        found.append(foretold(learner, towards_the_end))
    assert found[1] == pytest.approx(found[0] - 2 * 4, abs=1)


def test_meetings_that_repeat_are_counted_until_something_good_comes(trained):
    learner = trained[1]
    learner.learning = False
    paddle = SymbolicObject(1, PADDLE, 100, 140, 0, 0, 16, 4)
    lap = [SymbolicObject(7, BALL, 100, x, 0, 6, 4, 2) for x in range(80, 134, 6)]
    learner.start_episode()
    for laps in range(1, 5):
        for ball in lap:
            learner.step([paddle, ball], 0.0)
        learner.step([paddle], 0.0)
        assert learner.get_state()["met"] == [[BALL, 100, 0, 6, laps]]
    learner.step([paddle], -1.0)
    assert learner.get_state()["met"]
    learner.step([paddle], 1.0)
    assert learner.get_state()["met"] == []


def test_a_moment_that_led_to_a_loss_is_met_otherwise_the_next_time(trained):
    learner = trained[1]
    learner.learning = False
    paddle = SymbolicObject(1, PADDLE, 100, 140, 0, 0, 16, 4)

    def lap(y: int, signal: float) -> list[int]:
        found = []
        for x in range(80, 134, 6):
            learner.step([paddle, SymbolicObject(7, BALL, y, x, 0, 6, 4, 2)], 0.0)
            found.append(learner.circles.repeats)
        learner.step([paddle], 0.0)
        learner.step([paddle], signal, forced=0)
        return found

    learner.start_episode()
    assert max(lap(100, -1.0)) < FAILED
    assert max(lap(60, 1.0)) < FAILED
    assert max(lap(100, 1.0)) >= FAILED
    learner.start_episode()
    assert max(lap(100, -1.0)) < FAILED


def test_an_end_is_learned_from_and_forgets_what_was_under_way(trained):
    world, learner, signal = trained
    play(world, learner, 5, signal)
    resting = [o._replace(dy=0, dx=0) for o in world.objects()]  # calm: the tables speak
    learner.step(resting, 0.0)
    before = learner.get_state()["tables"]["weights"]
    learner.end(-1.0)
    state = learner.get_state()
    change = state["tables"]["weights"] - before
    assert change.min() < 0
    assert change.max() <= 0
    assert state["last"] is None
    assert state["foresight"]["planned"] is None
    assert not len(state["traces"][0])


def test_a_lost_life_is_a_loss_to_the_tables(trained):
    """Its worth counts as much against what was done as a signal of that size."""
    world, learner, signal = trained
    play(world, learner, 5, signal)
    learner.step(world.objects(), 0.0)
    resting = [o._replace(dy=0, dx=0) for o in world.objects()]
    for last in (False, True):
        changes = []
        for heard, lost in ((0.5, 1.5), (-1.0, 0.0)):
            again = copy_of(learner)
            again.step(resting, 0.0)  # calm: the tables speak
            before = again.get_state()["tables"]["weights"]
            if last:
                again.end(heard, lost)
            else:
                again.step(resting, heard, lost=lost)
            changes.append(again.get_state()["tables"]["weights"] - before)
        assert np.array_equal(*changes)
        assert changes[0].min() < 0
        assert changes[0].max() <= 0


@pytest.mark.parametrize("ends", [False, True])
def test_a_lost_life_is_remembered_of_the_strike(trained, ends):
    paddle = SymbolicObject(1, PADDLE, 100, 140, 0, 0, 16, 4)
    counts = []
    for lost in (0.0, 2.0):
        learner = copy_of(trained[1])
        learner.start_episode()
        for x in range(80, 146, 6):  # it passes, and the paddle rests
            learner.step([paddle, SymbolicObject(7, BALL, 100, x, 0, 6, 4, 2)], 0.0)
        if ends:
            learner.end(0.0, lost=lost)
        else:
            learner.step([paddle], 0.0, lost=lost)
        strikes = learner.watcher.strikes
        counts.append(sum(seen.get(STRUCK, 0.0) for _, seen in strikes.items()))
    assert counts[0] == 0 < counts[1]


def test_all_that_comes_is_foreseen(trained):
    learner = trained[1]
    learner.start_episode()
    paddle = SymbolicObject(1, PADDLE, 100, 140, 0, 0, 16, 4)
    balls = [SymbolicObject(7 + i, BALL, 60 + 20 * i, 100 - 12 * i, 0, 6, 4, 2) for i in range(3)]
    decision = learner.step([paddle, *reversed(balls)], 0.0)
    meets = {tuple(map(int, r[6:-1].split(","))) for r in decision.relations if r[:6] == "meets("}
    # Each is 12 columns, 2 steps, behind the one before.
    times = {place: time for _, time, place, _, _ in meets}
    assert times[80] - times[60] == times[100] - times[80] == 8
    (name,) = [
        name for name, _ in decision.contributions if name.endswith("]") and "foresight(" in name
    ]
    assert name == f"foresight({BALL})[-40,{times[60]}]"  # called by the soonest


def test_rules_of_a_users_join_facts_and_add_cells(trained, tmp_path: Path):
    path = tmp_path / "mine.lp"
    path.write_text("cell(crowd,N,K) :- N = #count { I : object(I,_) }, me(M), object(M,K).\n")
    solver = Solver(Program.load(path))
    world, learner, signal = trained
    learner = copy_of(learner, solver)
    names: set[str] = set()
    play(world, learner, 200, signal, lambda d: names.update(name for name, _ in d.contributions))
    solver.close()
    assert f"crowd[3,{PADDLE}]" in names
    assert any(name.startswith("foresight(") for name in names)
    assert any(name.startswith(f"place({PADDLE},") for name in names)


@pytest.mark.parametrize(
    "change",
    [{"discount": 1.5}, {"epsilon": -0.1}, {"curiosity": -1.0}, {"refresh_every": 0}],
)
def test_settings_that_make_no_sense_are_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        LearnerConfig(**change)
