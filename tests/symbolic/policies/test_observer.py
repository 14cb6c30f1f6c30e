"""What is perceived without tables must be what the learner is told."""

import numpy as np
import pytest
from paddle_world import PaddleWorld, play

from symbolic import Program, Solver, SymbolicObject
from symbolic.config import LearnerConfig
from symbolic.decisions import Decision
from symbolic.facts import constant_of, fact_of
from symbolic.learner import Learner
from symbolic.policies.observer import Observer, policy_facts


@pytest.fixture(scope="module")
def learner() -> Learner:
    learner = Learner(6, LearnerConfig(), Solver(Program.load()), 1)
    play(PaddleWorld(1), learner, 800)
    learner.learning = False
    assert learner.motion.controlled is not None
    return learner


def test_the_observer_tells_what_the_learner_asks_while_both_watch(learner: Learner) -> None:
    learner.start_episode()
    world, observer = PaddleWorld(2), Observer(learner)
    signal, meetings = 0.0, 0
    for _ in range(400):
        objects = world.objects()
        told = observer.percepts(objects)
        decision: Decision = learner.step(objects, signal)
        assert told == [fact_of(text) for text, _ in decision.percepts]
        meetings += any(fact[0] == "comes" for fact in told)
        signal = world.step(decision.action)
    assert 50 < meetings < 400  # some with, some without


def test_an_episode_that_starts_anew_forgets_the_one_before(learner: Learner) -> None:
    def told(observer: Observer) -> list[object]:
        world, rng = PaddleWorld(5), np.random.default_rng(0)
        found = []
        for _ in range(60):
            found.append(observer.percepts(world.objects()))
            world.step(int(rng.integers(6)))
        return found

    observer = Observer(learner)
    first = told(observer)
    observer.start_episode()
    assert told(observer) == first


def test_without_the_object_that_obeys_nothing_is_perceived(learner: Learner) -> None:
    others = [o for o in PaddleWorld(1).objects() if o.kind != learner.motion.controlled]
    assert others and Observer(learner).percepts(others) == []


def test_a_program_is_told_of_objects_by_place_in_the_order_of_ids() -> None:
    objects = [SymbolicObject(9, 5, 80, 60, 2, 4, 4, 2), SymbolicObject(7, 3, 99, 140, 0, 0, 16, 4)]
    facts = policy_facts(objects, [("me", 0)], constant_of("UPFIRE"))
    assert ("at", 0, 99, 140) in facts and ("velocity", 1, 2, 4) in facts
    assert facts[-2:] == (("me", 0), ("did", "upfire"))
