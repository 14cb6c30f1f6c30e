"""The shooting range that the learner's cost is measured on."""

import pytest

from dsrl.benchmarks.bench_learner import FIRE, FLEET, HAIL, ME, RIGHT, SHOT, Range, growth


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
