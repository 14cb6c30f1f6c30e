import numpy as np
import pytest

from symbolic.model.control import gain, obeying
from symbolic.model.learning import gains_of
from symbolic.model.memory import Episodes, Memory

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
    features = np.concatenate([v, eye[before], eye[acts], np.zeros((n, 4))], axis=1)
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


def test_what_is_hardly_ever_there_saves_little() -> None:
    """Kind 1 obeys to the letter in the few steps that show it, kind 0 mostly and always."""
    rng, memory = np.random.default_rng(3), Memory(5_000)
    x = [60.0, 60.0]
    scenes, acts = [], []
    for t in range(2_000):
        rows = [[0, 40, x[0], 0, 0, 8, 8, 1, 9.0]]
        if t % 20 < 2:
            rows.append([1, 90, x[1], 0, 0, 8, 8, 1, 9.0])
        scenes.append(np.array(rows))
        acts.append(int(rng.integers(ACTIONS)))
        moves = (0, -4, 4)[acts[-1]]
        x = [60 + (moves if rng.random() < 0.6 else 0), 60 + moves]
    for t in range(1_999):
        after = np.arange(len(scenes[t]))
        after[after >= len(scenes[t + 1])] = -1
        memory.add(scenes[t], after, acts[t], acts[t - 1] if t else -1, 0.0, False)
    told = _with_velocities(memory.episodes(scenes[-1]))
    gains = gains_of(told, np.ones(2, np.int64), ACTIONS)
    assert 0 < gains[1] < gains[0]


def _with_velocities(told: Episodes) -> Episodes:
    """Places after one step become velocities, as a reader of scenes would tell them."""
    rows = told.rows.copy()
    known = told.became >= 0
    rows[told.became[known], 4] = rows[told.became[known], 2] - rows[known, 2]
    return told._replace(rows=rows)
