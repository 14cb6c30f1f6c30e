import numpy as np
import pytest

from symbolic.model.control import gain, obeying

ACTIONS = 3


def drawn(law: str, n: int = 600) -> float:
    """The gain of a thing that moves by a law of the action and its own chance."""
    rng = np.random.default_rng(0)
    acts = rng.integers(ACTIONS, size=n)
    before = np.roll(acts, 1)
    v = rng.integers(-2, 3, (n, 2)).astype(float)
    after = v.copy()
    if law == "obeys":
        after[:, 1] = np.array([0, -4, 4])[acts]
    elif law == "chance":
        after[:, 1] = rng.choice([-4, 4], n)
    elif law == "noisy":
        after[:, 1] = np.where(rng.random(n) < 0.7, np.array([0, -4, 4])[acts], 9)
    eye = np.eye(ACTIONS)
    features = np.concatenate([v, eye[before], eye[acts]], axis=1)
    return gain(features, v, after - v, ACTIONS)


def test_what_obeys_gains_as_many_nats_as_there_are_in_its_actions() -> None:
    assert drawn("obeys") == pytest.approx(np.log(3), abs=0.15)
    assert 0.3 < drawn("noisy") < drawn("obeys")
    assert abs(drawn("chance")) < 0.05
    assert drawn("straight on") == 0


def test_none_one_or_several_obey_and_an_incumbent_has_an_advantage() -> None:
    assert obeying({0: 0.01, 1: 0.0}, set(), 0.05) == set()
    assert obeying({0: 1.0, 1: 0.2}, set(), 0.05) == {0}
    assert obeying({0: 1.0, 1: 0.9}, set(), 0.05) == {0, 1}
    assert obeying({0: 1.0, 1: 0.55}, set(), 0.05) == {0}
    assert obeying({0: 1.0, 1: 0.55}, {1}, 0.05) == {0, 1}
