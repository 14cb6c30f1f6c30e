"""The learner where something can be sent out: it finds out, aims, and says so."""

from collections.abc import Iterator
from copy import deepcopy

import numpy as np
import pytest
from ship_world import ACTIONS, FALTER, FIRE, LEFT, REST, RIGHT, SHIP, SHOT_SPEED, ShipWorld

from symbolic import Program, Solver
from symbolic.config import LearnerConfig
from symbolic.decisions import Decision
from symbolic.learner import Learner

SOLVER = Solver(Program.load())
CONFIG = LearnerConfig(epsilon_steps=200, refresh_every=250)
LEARN_STEPS, TEST_STEPS = 800, 200


class Range:
    """A learner at the range, and the signal that it has not heard of yet."""

    def __init__(self, seed: int) -> None:
        self.world, self.signal = ShipWorld(), 0.0
        self.learner = Learner(ACTIONS, CONFIG, SOLVER, seed)

    def play(self, steps: int) -> Iterator[Decision]:
        for _ in range(steps):
            decision = self.learner.step(self.world.objects(), self.signal)
            self.signal = self.world.step(decision.action)
            yield decision


@pytest.fixture(scope="module")
def course() -> Range:
    course = Range(seed=1)
    for _ in course.play(LEARN_STEPS):
        pass
    return course


@pytest.fixture
def trained(course) -> Range:
    again = Range(seed=99)
    again.world, again.signal = deepcopy(course.world), course.signal
    again.learner.set_state(deepcopy(course.learner.get_state()))
    return again


def test_it_finds_out_what_it_moves_and_what_it_sends(trained):
    learner = trained.learner
    assert (learner.motion.controlled, learner.motion.axis) == (SHIP, 1)
    assert learner.motion.groups[[LEFT, REST, RIGHT]].tolist() == [0, 1, 2]
    assert learner.missiles.speed == -SHOT_SPEED
    while learner.missiles.busy:
        next(trained.play(1))
    chance = learner.missiles.chances(2)[1]  # after what is best to have been done before
    assert chance[FIRE] > 0.5
    assert 0.2 < chance[FALTER] < 0.9
    assert chance[[REST, LEFT, RIGHT]].tolist() == [0, 0, 0]


def test_it_hits_far_more_than_chance(trained):
    by_chance, rng = ShipWorld(), np.random.default_rng(0)
    for _ in range(10_000):
        by_chance.step(int(rng.integers(ACTIONS)))
    trained.learner.learning = False
    before = trained.world.hits
    decisions = list(trained.play(TEST_STEPS))
    hits = (trained.world.hits - before) / TEST_STEPS
    assert hits > 2.5 * by_chance.hits / 10_000
    assert len({d.action for d in decisions} & {FIRE, FALTER, LEFT, RIGHT}) >= 3


def test_decisions_name_what_could_be_sent(trained):
    for decision in trained.play(60):
        names = [name for name, _ in decision.contributions]
        total = sum((part for _, part in decision.contributions), np.zeros(ACTIONS))
        assert total == pytest.approx(decision.values)
        assert names[0] == "foresight(launch)"


def test_what_is_hit_is_not_credited_to_encounters(trained):
    watcher = trained.learner.watcher
    assert trained.world.hits > 5
    assert watcher.strikes.items() == []
    assert watcher.get_state()["values"]["cells"] == []


def test_it_goes_on_exactly_the_same_with_something_on_its_way(trained):
    while not trained.learner.missiles.busy:
        next(trained.play(1))
    again = Range(seed=7)
    again.world, again.signal = deepcopy(trained.world), trained.signal
    again.learner.set_state(deepcopy(trained.learner.get_state()))
    for one, other in zip(trained.play(50), again.play(50), strict=True):
        assert one.action == other.action
        assert np.array_equal(one.values, other.values)
