"""What laws are learned from: how much the samples of a scene tell beside one another."""

import numpy as np
import pytest

from symbolic.model.learning import design_effect
from symbolic.model.trees import grow

SCENES, MANY = 400, 12


def test_things_that_move_together_are_one_observation() -> None:
    rng = np.random.default_rng(0)
    scene = np.repeat(np.arange(SCENES), MANY)
    together = (rng.random(SCENES) < 0.2)[scene].astype(float)
    apart = (rng.random(len(scene)) < 0.2).astype(float)
    assert design_effect(together, scene) == pytest.approx(MANY)
    assert design_effect(apart, scene) == pytest.approx(1, abs=0.3)
    half = np.where(rng.random(len(scene)) < 0.5, together, apart)
    assert 2 < design_effect(half, scene) < MANY / 2


def test_alone_or_all_alike_each_counts() -> None:
    rng = np.random.default_rng(0)
    assert design_effect(rng.integers(3, size=50).astype(float), np.arange(50)) == 1
    assert design_effect(np.zeros(50), np.repeat(np.arange(10), 5)) == 1
    assert design_effect(np.arange(5.0), np.zeros(5)) == 1  # one scene says nothing of scenes
    assert design_effect(np.array([0.0, 1, 0, 1]), np.array([0, 0, 1, 1])) == 1
    even = rng.permutation(np.repeat([0.0, 1.0], 100))
    assert design_effect(even, np.repeat(np.arange(40), 5)) == 1  # as surprising, all of them


def test_a_split_that_chance_makes_of_a_crowd_is_not_made() -> None:
    """In every scene all step or none; a number drawn for the scene has nothing to do with it."""
    rng = np.random.default_rng(3)
    scene = np.repeat(np.arange(SCENES), MANY)
    steps = (rng.random(SCENES) < 0.2)[scene].astype(float)[:, None]
    features = rng.normal(size=(SCENES, 6))[scene]
    price = {"split_nats": 5.0, "outcome_nats": 2.0, "coding_nats": (0.0,)}
    alike = design_effect(steps[:, 0], scene)
    assert len(grow(features, steps, **price).feature) > 1
    assert len(grow(features, steps, alike=alike, **price).feature) == 1
