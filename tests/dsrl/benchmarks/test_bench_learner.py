"""The shooting range that the learner's cost is measured on."""

import numpy as np
import pytest

from dsrl.benchmarks import bench_learner
from dsrl.benchmarks.bench_learner import (
    FIRE,
    FLEET,
    HAIL,
    LEARNERS,
    ME,
    RIGHT,
    SHOT,
    Range,
    compared,
    growth,
    learner_costs,
)


@pytest.mark.parametrize("objects", [5, 10, 100])
def test_there_are_as_many_objects_as_asked_the_shot_among_them(objects):
    world = Range(objects)
    for step in range(60):
        seen, _ = world.step(FIRE if step % 2 else RIGHT)
        kinds = [o.kind for o in seen]
        assert len(seen) == objects - 1 + kinds.count(SHOT)
        assert len({o.id for o in seen}) == len(seen)
        assert kinds.count(ME) == 1
        assert {FLEET, HAIL} < set(kinds)
    assert SHOT in kinds


def test_too_few_objects_are_refused():
    with pytest.raises(ValueError, match="at least 5"):
        Range(4)


def test_growth_is_the_exponent():
    assert growth([5, 10, 40], [2.0, 4.0, 16.0]) == pytest.approx(1)
    assert growth([5, 10, 40], [3.0, 12.0, 192.0]) == pytest.approx(2)


def test_each_learner_stands_beside_the_first(monkeypatch):
    cost = {"tables": [1.0, 2.0, 9.0], "model": [3.0, 6.0, 7.0]}
    monkeypatch.setattr(bench_learner, "learner_costs", lambda name, many: np.array(cost[name]))
    told = list(compared(["tables", "model"], [5, 10]))
    assert [(c.learner, c.objects, c.median_ms, c.times_of_first) for c in told] == [
        ("tables", 5, 2, 1), ("tables", 10, 2, 1), ("model", 5, 6, 3), ("model", 10, 6, 3),
    ]  # fmt: skip
    assert told[2].worst_ms == pytest.approx(7, abs=0.01)
    assert "3.0 times the first" in str(told[2])


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_learner_is_timed_step_by_step(monkeypatch, learner):
    monkeypatch.setattr(bench_learner, "WARM_UP", 3)
    assert learner_costs(learner, 5, steps=4).shape == (4,)
