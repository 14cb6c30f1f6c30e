"""What is remembered, where play breaks off."""

import numpy as np

from symbolic import Program, Solver
from symbolic.facts import SymbolicObject
from symbolic.model.config import ModelConfig
from symbolic.model.memory import UNKNOWN
from symbolic.model.samples import moved_samples, newborn_rows
from symbolic.model_learner import ModelLearner
from symbolic.model_learner_config import ModelLearnerConfig

SOLVER = Solver(Program.load())
CONFIG = ModelLearnerConfig(model=ModelConfig(first_fit_steps=20))


def things(first: int, many: int) -> list[SymbolicObject]:
    return [SymbolicObject(first + i, 1, 10 * i, 20, 0, 0, 4, 4) for i in range(many)]


def test_a_game_that_was_cut_short_does_not_run_into_the_next() -> None:
    learner = ModelLearner(2, ModelLearnerConfig(), SOLVER, 0)
    for _ in range(6):
        learner.step(things(0, 5), 0.0, forced=0)
    learner.start_episode()
    for _ in range(4):
        learner.step(things(100, 7), 0.0, forced=1)
    told = learner.model.memory.episodes()
    assert told.cut.tolist() == [False] * 5 + [True] + [False] * 3
    assert (told.became[told.start[5] : told.start[6]] == UNKNOWN).all()
    assert told.became.max() < len(told.rows) + 7  # of the scene where play stands
    assert len(newborn_rows(told)) == 0
    _, _, kinds, stays = moved_samples(told, learner.model.laws)
    assert len(kinds) == len(stays) == 0  # nothing moves, so nothing is at stake


def test_the_last_scene_before_a_cut_may_be_empty() -> None:
    learner = ModelLearner(2, CONFIG, SOLVER, 0)
    for step in range(100):
        learner.step(things(0, 5), 0.0, forced=step % 2)
    learner.start_episode()
    for step in range(40):
        learner.step([], 0.0, forced=step % 2)
    state = learner.get_state()
    other = ModelLearner(2, CONFIG, SOLVER, 1)
    other.set_state(state)
    assert np.array_equal(
        other.model.memory.episodes().became, learner.model.memory.episodes().became
    )
