from itertools import islice

import numpy as np
import pytest

from agents.envs import Protocol, make_env
from dsrl.scoring.play import play, random_frames

TOY = Protocol(game="DSRL/CrossCircle-v0")


def test_memory_is_behind_a_consoles_pictures_and_no_others() -> None:
    pong = next(play(Protocol(game="ALE/Pong-v5"), seed=0))
    assert [part.shape for part in pong.memory] == [(128,), (128,)]
    toy = next(play(TOY, seed=0))
    assert [part.shape for part in toy.memory] == [(0,), (0,)]


def test_each_episode_starts_from_the_next_seed() -> None:
    seen = list(islice(play(TOY, seed=7), 201))  # random play uses up all steps of an episode
    starts = [number for number, o in enumerate(seen) if o.first]
    assert starts == [0, 100, 200]
    env = make_env(TOY)
    for number, start in enumerate(starts):
        assert np.array_equal(seen[start].frame, env.reset(seed=7 + number)[0])


def test_random_frames_are_those_of_random_play() -> None:
    frames = random_frames(TOY, 20, seed=1)
    assert frames.shape == (20, 112, 112, 3)
    assert frames.dtype == np.uint8
    expected = np.stack([o.frame for o in islice(play(TOY, seed=1), 20)])
    assert np.array_equal(frames, expected)
    assert len(np.unique(frames, axis=0)) > 5
    with pytest.raises(ValueError, match="at least 2"):
        random_frames(TOY, 1, seed=1)
