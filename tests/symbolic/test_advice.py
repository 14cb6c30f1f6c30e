"""Advice: added to the actions that move the object that way, faded by experience, told exactly."""

from pathlib import Path

import numpy as np
import pytest
from paddle_world import ACTIONS, PaddleWorld, play

from symbolic import Program, Solver
from symbolic.advice import HALF_AFTER, advised, ways_of
from symbolic.config import LearnerConfig
from symbolic.decisions import Decision
from symbolic.dynamics.motion import MotionModel
from symbolic.learner import Learner
from symbolic.rules.advice_terms import worth_of


def moved_by(speeds: list[int]) -> MotionModel:
    """A model of what moves by so many pixels with each action."""
    motion = MotionModel(len(speeds))
    draw = np.random.default_rng(0)
    before, was = 0, 0
    for _ in range(2000):
        action = int(draw.integers(len(speeds)))
        motion.observe(7, before, action, (was, 0), (speeds[action], 0))
        before, was = action, speeds[action]
    motion.refresh()
    return motion


@pytest.mark.parametrize(
    ("speeds", "ways"),
    [
        ([0, 5, -5, 5], [0, 1, -1, 1]),
        ([4, 0], [1, 0]),  # nothing moves it towards lower
        ([-6, 6, -3, 3], [-1, 1, -1, 1]),  # nothing leaves it where it is
    ],
)
def test_ways_follow_what_the_actions_were_seen_to_do(speeds, ways):
    assert ways_of(moved_by(speeds)).tolist() == ways


def test_advice_counts_for_the_actions_of_its_way_and_fades():
    motion = moved_by([0, 5, -5, 5])
    told = ("advice(a,1,20)", "advice(b(1,2),-1,-7)", "advice(c,0,300)", "near(1,2)")
    parts = advised(told, lambda: ways_of(motion), steps=0)
    assert [name for name, _ in parts] == ["advice(a)[1,20]", "advice(b(1,2))[-1,-7]",
                                           "advice(c)[0,300]"]  # fmt: skip
    expected = [[0, 0.2, 0, 0.2], [0, 0, -0.07, 0], [1, 0, 0, 0]]
    np.testing.assert_allclose([part for _, part in parts], expected)
    later = advised(told, lambda: ways_of(motion), steps=HALF_AFTER)
    np.testing.assert_allclose([part for _, part in later], np.array(expected) / 2)


def test_no_advice_while_nothing_obeys():
    assert advised(("advice(a,1,20)",), lambda: ways_of(MotionModel(3)), 0) == ()


@pytest.mark.parametrize(("way", "worth"), [("2", "1"), ("up", "1"), ("1", "much"), ("1", "1.5")])
def test_what_is_no_advice_is_worth_nothing(way, worth):
    assert worth_of(way, worth) is None


def court(background: Path | None, seed: int = 0) -> tuple[Learner, Solver]:
    solver = Solver(Program.load(background))
    config = LearnerConfig(epsilon_steps=200, refresh_every=100)
    return Learner(len(ACTIONS), config, solver, seed), solver


def test_a_learner_takes_advice_and_its_contributions_sum_to_its_values(tmp_path):
    rules = tmp_path / "up.lp"
    rules.write_text("advice(up,-1,100) :- range(L,H), L < H.\ncell(mine,L/300) :- range(L,_).")
    learner, solver = court(rules)
    world = PaddleWorld(0)
    seen: list[Decision] = []
    play(world, learner, 400, each=seen.append)
    solver.close()
    for decision in seen:
        total = sum((part for _, part in decision.contributions), np.zeros(len(ACTIONS)))
        np.testing.assert_allclose(total, decision.values, atol=1e-9)
    names = {name for name, _ in seen[-1].contributions}
    assert {"advice(up)[-1,100]", "mine[0]"} <= names
    greedy = [d for d in seen[-150:] if d.greedy]
    assert np.mean([ACTIONS[d.action] < 0 for d in greedy]) > 0.9
