"""The eyes of pixels on a synthetic game: trained once, then asked everything."""

import numpy as np
import pytest
from sprite_scene import BALL, BALL_SIZE, PADDLE_SIZE, centre, draw, play

from perception.pixels import PixelConfig, PixelEyes, train_pixels

CONFIG = PixelConfig()


@pytest.fixture(scope="module")
def trained() -> PixelEyes:
    return train_pixels(play(300, seed=0).frames, CONFIG)


@pytest.fixture
def eyes(trained) -> PixelEyes:
    return PixelEyes.from_state(trained.get_state())


def test_finds_ball_and_paddle_exactly_on_play_never_seen(eyes):
    scene = play(200, seed=5)
    found = 0
    kinds = {"ball": set(), "paddle": set()}
    for frame, ball, paddle in zip(scene.frames, scene.ball, scene.paddle, strict=True):
        objects = eyes.track(eyes(frame))
        for name, true in (
            ("ball", centre(ball, BALL_SIZE)),
            ("paddle", centre(paddle, PADDLE_SIZE)),
        ):
            near = [o for o in objects if np.hypot(o.y - true[0], o.x - true[1]) <= 2.0]
            found += len(near) == 1
            kinds[name] |= {o.kind for o in near}
        assert len(objects) <= 2
    assert found >= 0.98 * 2 * len(scene.frames)
    assert len(kinds["ball"]) == len(kinds["paddle"]) == 1
    assert kinds["ball"] != kinds["paddle"]


def test_velocities_are_the_balls(eyes):
    scene = play(100, seed=6)
    kind = ball_kind(eyes)
    velocities = set()
    for frame in scene.frames:
        velocities |= {(abs(o.dy), abs(o.dx)) for o in eyes.track(eyes(frame)) if o.kind == kind}
    assert (3.0, 2.0) in velocities


def ball_kind(eyes: PixelEyes) -> int:
    distance = np.linalg.norm(eyes.kinds.colour - BALL, axis=1)
    return int(np.where(eyes.kinds.count > 0, distance, np.inf).argmin())


def test_an_empty_scene_has_no_detections(eyes):
    assert eyes(eyes.background.copy()) == []


def test_score_is_the_area_in_pixels(eyes):
    scene = play(1, seed=5)
    detections = eyes(scene.frames[0])
    assert sorted(d.score for d in detections) == [4 * 2, 12 * 4]
    assert all(d.score == d.height * d.width for d in detections)


def test_a_colour_never_seen_becomes_a_new_kind_and_raises_novelty(eyes):
    known = len(eyes.kinds)
    frame = eyes.background.copy()
    draw(frame, (30, 20), (8, 6), (200, 30, 200))
    (new,) = eyes(frame)
    assert new.kind == known
    assert eyes.novelty == 48
    (again,) = eyes(frame)
    assert again.kind == known
    assert len(eyes.kinds) == known + 1
    eyes(play(1, seed=5).frames[0])
    assert eyes.novelty == 0


def test_new_kinds_are_bounded(eyes):
    rng = np.random.default_rng(0)
    for _ in range(100):
        frame = eyes.background.copy()
        draw(frame, (30, 20), (8, 6), tuple(rng.integers(0, 256, 3).tolist()))
        assert all(d.kind < CONFIG.max_kinds for d in eyes(frame))
    assert len(eyes.kinds) <= CONFIG.max_kinds


def test_no_chance_is_in_its_training():
    frames = play(60, seed=0).frames
    assert_equal_states(*(train_pixels(frames, CONFIG).get_state() for _ in range(2)))


def assert_equal_states(one, two):
    assert one.keys() == two.keys()
    for key, value in one.items():
        if isinstance(value, dict):
            assert_equal_states(value, two[key])
        elif isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, two[key])
        else:
            assert value == two[key]


def test_progress_counts_to_the_end():
    seen = []
    train_pixels(play(30, seed=0).frames, CONFIG, lambda *report: seen.append(report))
    assert [(done, total) for done, total, _ in seen] == [(0, 2), (1, 2), (2, 2)]


def test_training_further_keeps_the_numbers_of_the_kinds(trained):
    further = train_pixels(play(300, seed=8).frames[::-1].copy(), CONFIG, init=trained)
    kind = ball_kind(trained)
    assert ball_kind(further) == kind
    np.testing.assert_allclose(further.kinds.colour[kind], BALL, atol=1.0)


def test_frames_that_never_change_are_refused():
    frames = np.repeat(play(1, seed=0).frames, 10, axis=0)
    with pytest.raises(ValueError, match="nothing moves"):
        train_pixels(frames, CONFIG)


def test_frames_of_another_size_than_init_are_refused(trained):
    frames = play(30, seed=0).frames[:, :40]
    with pytest.raises(ValueError, match=r"expected shape \(60, 48, 3\)"):
        train_pixels(frames, CONFIG, init=trained)


def test_a_wrong_frame_is_refused(eyes):
    with pytest.raises(ValueError, match="expected dtype uint8"):
        eyes(eyes.background.astype(np.float32))
    with pytest.raises(ValueError, match="expected shape"):
        eyes(eyes.background[:-1])


def test_a_state_goes_on_exactly(eyes):
    frames = play(40, seed=4).frames
    for frame in frames[:20]:
        eyes.track(eyes(frame))
    other = PixelEyes.from_state(eyes.get_state())
    for frame in frames[20:]:
        assert other.track(other(frame)) == eyes.track(eyes(frame))


def test_a_state_from_when_a_network_was_trained_beside_is_read(eyes):
    state = eyes.get_state()
    state["config"] |= {"beta": 0.1, "objectness_nats": 0.5}
    older = PixelEyes.from_state(state | {"weights": {"encode_1.weight": np.zeros(3)}})
    for frame in play(20, seed=4).frames:
        assert older.track(older(frame)) == eyes.track(eyes(frame))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_kinds": 0}, "max_kinds must be at least 1"),
        ({"coast_steps": -1}, "coast_steps must be at least 0"),
        ({"gate_pixels": 0.0}, "gate_pixels must be above 0"),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(ValueError, match=message):
        PixelConfig(**settings)
    assert PixelConfig.from_json(CONFIG.to_json()) == CONFIG
