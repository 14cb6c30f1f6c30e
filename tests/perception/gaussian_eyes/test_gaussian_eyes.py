from dataclasses import replace

import numpy as np
import pytest

from perception.gaussian_eyes import GaussianEyes, GaussianEyesConfig, train_gaussian
from perception.gaussian_eyes.config import WHOLE_FRAMES
from perception.models.gaussian_config import GaussianConfig

FITTING = replace(WHOLE_FRAMES, epochs=16, updates_per_epoch=40, least_gain_nats=0.0)
CONFIG = GaussianEyesConfig(
    latent=GaussianConfig(beta=1.0, latents=4), fitting=FITTING, threshold=0.05
)
RED, BLUE = (220, 60, 40), (40, 90, 230)


def scene(number: int) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Two things that go their ways over a striped ground; their centres."""
    frame = np.zeros((64, 64, 3), np.uint8)
    frame[:, ::8] = 60
    places = []
    for colour, row, speed in ((RED, 10, 2), (BLUE, 40, 3)):
        x = 4 + abs((number * speed) % 96 - 48)
        frame[row : row + 6, x : x + 6] = colour
        places.append((row + 2.5, x + 2.5))
    return frame, places


@pytest.fixture(scope="module")
def eyes() -> GaussianEyes:
    return train_gaussian(np.stack([scene(n)[0] for n in range(200)]), CONFIG, 0)


def found_share(eyes: GaussianEyes) -> float:
    """Share of 100 true things with exactly one detection near, where nothing else is found."""
    right = 0
    for n in range(300, 350):
        frame, places = scene(n)
        seen = eyes(frame)
        near = [[np.hypot(d.y - y, d.x - x) <= 4 for d in seen] for y, x in places]
        right += sum(sum(row) == 1 for row in near) if len(seen) == len(places) else 0
    return right / 100


def test_it_finds_what_moves_in_whole_frames_without_labels(eyes):
    assert found_share(eyes) >= 0.9


def test_kinds_tell_the_two_things_apart(eyes):
    kinds = []
    for n in range(300, 350):
        frame, places = scene(n)
        for which, (y, x) in enumerate(places):
            kinds += [(which, d.kind) for d in eyes(frame) if np.hypot(d.y - y, d.x - x) <= 4]
    red, blue = ({kind for which, kind in kinds if which == w} for w in (0, 1))
    assert red and blue and not red & blue


def test_a_thing_is_followed_and_a_reset_forgets(eyes):
    eyes.reset()
    ids = [{o.id for o in eyes.track(eyes(scene(n)[0]))} for n in range(300, 310)]
    assert all(ids)
    eyes.reset()
    assert eyes.tracker.tracks == []


def test_a_state_is_the_whole_of_it(eyes):
    other = GaussianEyes.from_state(eyes.get_state())
    frame = scene(301)[0]
    assert other(frame) == eyes(frame)
    assert other.track(other(frame)) == eyes.track(eyes(frame))
    assert other.config == eyes.config


def test_training_is_deterministic():
    short = replace(CONFIG, fitting=replace(FITTING, epochs=1, updates_per_epoch=5), threshold=1e-4)
    frames = np.stack([scene(n)[0] for n in range(60)])
    one, other = (train_gaussian(frames, short, 3).get_state() for _ in range(2))
    assert all(np.array_equal(one["weights"][k], other["weights"][k]) for k in one["weights"])


def test_bad_frames_are_refused(eyes):
    with pytest.raises(ValueError, match="expected shape"):
        eyes(np.zeros((64, 60, 3), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        eyes(np.zeros((64, 64, 3)))
    with pytest.raises(ValueError, match="all alike"):
        train_gaussian(np.zeros((20, 64, 64, 3), np.uint8), CONFIG, 0)
    with pytest.raises(ValueError, match="lower beta"):
        frames = np.stack([scene(n)[0] for n in range(20)])
        short = replace(FITTING, epochs=1, updates_per_epoch=1)
        train_gaussian(frames, replace(CONFIG, fitting=short, threshold=1e9), 0)


@pytest.mark.parametrize(
    "wrong", [{"measure": "x"}, {"threshold": 0.0}, {"clusters": 0}, {"coast_steps": -1}]
)
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError):
        GaussianEyesConfig(latent=GaussianConfig(beta=1.0), **wrong)
