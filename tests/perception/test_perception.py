"""The whole chain on a synthetic game: trained once, then asked everything."""

import numpy as np
import pytest
import torch
from sprite_scene import BALL, BALL_SIZE, PADDLE_SIZE, centre, draw, play

from perception import Perception, PerceptionConfig, train_perception

CONFIG = PerceptionConfig(
    beta=0.3, latents=2, hidden_filters=8, updates=150, batch_size=16, window_cells=6
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def trained() -> Perception:
    return train_perception(play(300, seed=0).frames, CONFIG, seed=0)


@pytest.fixture
def perception(trained) -> Perception:
    return Perception.from_state(trained.get_state())


def test_finds_ball_and_paddle_exactly_on_play_never_seen(perception):
    scene = play(200, seed=5)
    found = 0
    kinds = {"ball": set(), "paddle": set()}
    for frame, ball, paddle in zip(scene.frames, scene.ball, scene.paddle, strict=True):
        objects = perception.track(perception(frame))
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


def test_velocities_are_the_balls(perception):
    scene = play(100, seed=6)
    kind = ball_kind(perception)
    velocities = set()
    for frame in scene.frames:
        velocities |= {
            (abs(o.dy), abs(o.dx)) for o in perception.track(perception(frame)) if o.kind == kind
        }
    assert (3.0, 2.0) in velocities


def ball_kind(perception: Perception) -> int:
    distance = np.linalg.norm(perception.kinds.colour - BALL, axis=1)
    return int(np.where(perception.kinds.count > 0, distance, np.inf).argmin())


def test_an_empty_scene_has_no_detections(perception):
    assert perception(perception.background.copy()) == []


def test_score_is_the_evidence_in_nats(perception):
    frame = play(1, seed=5).frames[0]
    detections = perception(frame)
    assert all(d.score > CONFIG.objectness_nats for d in detections)
    assert sum(d.score for d in detections) <= perception.objectness(frame).sum() + 1e-3


def test_a_colour_never_seen_becomes_a_new_kind_and_raises_novelty(perception):
    known = len(perception.kinds)
    frame = perception.background.copy()
    draw(frame, (30, 20), (8, 6), (200, 30, 200))
    (new,) = perception(frame)
    assert new.kind == known
    assert perception.novelty == 48
    (again,) = perception(frame)
    assert again.kind == known
    assert len(perception.kinds) == known + 1
    perception(play(1, seed=5).frames[0])
    assert perception.novelty == 0


def test_new_kinds_are_bounded(perception):
    rng = np.random.default_rng(0)
    for _ in range(100):
        frame = perception.background.copy()
        draw(frame, (30, 20), (8, 6), tuple(rng.integers(0, 256, 3).tolist()))
        assert all(d.kind < CONFIG.max_kinds for d in perception(frame))
    assert len(perception.kinds) <= CONFIG.max_kinds


def test_same_seed_same_perception_other_seed_other():
    frames = play(60, seed=0).frames
    short = PerceptionConfig(beta=0.3, hidden_filters=8, updates=15, batch_size=8, window_cells=6)
    one, two, three = (train_perception(frames, short, seed) for seed in (1, 1, 2))
    assert_equal_states(one.get_state(), two.get_state())
    weights = [p.get_state()["weights"]["encode_1.weight"] for p in (one, three)]
    assert not np.array_equal(*weights)


def assert_equal_states(one, two):
    assert one.keys() == two.keys()
    for key, value in one.items():
        if isinstance(value, dict):
            assert_equal_states(value, two[key])
        elif isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, two[key])
        else:
            assert value == two[key]


def test_training_leaves_the_global_generators_alone():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    short = PerceptionConfig(beta=0.3, hidden_filters=8, updates=2, batch_size=4, window_cells=6)
    train_perception(play(30, seed=0).frames, short, seed=9)
    torch.testing.assert_close(torch.rand(4), expected)


def test_progress_counts_to_the_end():
    seen = []
    short = PerceptionConfig(beta=0.3, hidden_filters=8, updates=40, batch_size=4, window_cells=6)
    train_perception(
        play(30, seed=0).frames, short, seed=0, progress=lambda *report: seen.append(report)
    )
    assert [(done, total) for done, total, _ in seen] == [(0, 40), (20, 40), (40, 40), (40, 40)]


def test_training_further_keeps_the_numbers_of_the_kinds(trained):
    further = train_perception(play(300, seed=8).frames[::-1].copy(), CONFIG, 1, init=trained)
    kind = ball_kind(trained)
    assert ball_kind(further) == kind
    np.testing.assert_allclose(further.kinds.colour[kind], BALL, atol=1.0)
    start, end = (p.get_state()["weights"]["encode_1.weight"] for p in (trained, further))
    fresh = train_perception(
        play(40, seed=8).frames, PerceptionConfig(**{**CONFIG.to_json(), "updates": 1}), 1
    ).get_state()["weights"]["encode_1.weight"]
    assert 0 < np.abs(start - end).mean() < np.abs(fresh - end).mean()


def test_competition_leaves_fewer_filters_active_at_a_position():
    """The pressure thesis 5.4 wants, which eq. 5.1 alone does not give."""
    frames = play(200, seed=0).frames
    base = {**CONFIG.to_json(), "latents": 4, "updates": 300}
    plain = train_perception(frames, PerceptionConfig(**base), seed=0)
    rivals = train_perception(
        frames,
        PerceptionConfig(**{**base, "decoupling": "winner_takes_all", "gamma": 4.0}),
        seed=0,
    )
    assert losing_share(rivals, frames[:50]) < 0.2 * losing_share(plain, frames[:50])


def losing_share(perception: Perception, frames: np.ndarray) -> float:
    """Share of the nats at active cells that filters other than the strongest hold."""
    from perception.losses import elementwise_kl
    from perception.model import padded, to_unit

    behind = padded(to_unit(perception.background[None]))
    with torch.no_grad():
        kl = elementwise_kl(*perception.model.encode(padded(to_unit(frames)) - behind))
    total, best = kl.sum(dim=1), kl.amax(dim=1)
    active = total > 1.0
    return float(((total - best)[active].sum() / total[active].sum()).item())


def test_frames_that_never_change_are_refused():
    frames = np.repeat(play(1, seed=0).frames, 10, axis=0)
    with pytest.raises(ValueError, match="nothing moves"):
        train_perception(frames, CONFIG, seed=0)


def test_divergence_is_named():
    wild = PerceptionConfig(**{**CONFIG.to_json(), "learning_rate": 1e6})
    with pytest.raises(FloatingPointError, match=r"diverged at update .* lower learning_rate"):
        train_perception(play(60, seed=0).frames, wild, seed=0)


def test_frames_of_another_size_than_init_are_refused(trained):
    frames = play(30, seed=0).frames[:, :40]
    with pytest.raises(ValueError, match=r"expected shape \(60, 48, 3\)"):
        train_perception(frames, CONFIG, seed=0, init=trained)


def test_a_wrong_frame_is_refused(perception):
    with pytest.raises(ValueError, match="expected dtype uint8"):
        perception(perception.background.astype(np.float32))
    with pytest.raises(ValueError, match="expected shape"):
        perception(perception.background[:-1])


def test_saved_and_loaded_it_sees_the_same(perception, tmp_path):
    perception.save(tmp_path)
    loaded = Perception.load(tmp_path)
    for frame in play(20, seed=4).frames:
        assert loaded.track(loaded(frame)) == perception.track(perception(frame))


def test_a_state_goes_on_exactly(perception):
    frames = play(40, seed=4).frames
    for frame in frames[:20]:
        perception.track(perception(frame))
    other = Perception.from_state(perception.get_state())
    for frame in frames[20:]:
        assert other.track(other(frame)) == perception.track(perception(frame))


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_an_altered_file_is_refused(perception, tmp_path, place):
    path = tmp_path / "p.safetensors"
    perception.save(path)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"p\.safetensors"):
        Perception.load(path)


def test_a_truncated_or_foreign_file_is_refused(perception, tmp_path):
    path = tmp_path / "p.safetensors"
    perception.save(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="no readable perception file"):
        Perception.load(path)
    with pytest.raises(FileNotFoundError):
        Perception.load(tmp_path / "none.safetensors")


def test_settings_are_checked():
    with pytest.raises(TypeError, match="beta"):
        PerceptionConfig()  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="beta must be above 0"):
        PerceptionConfig(beta=0.0)
    with pytest.raises(ValueError, match="gamma belongs to"):
        PerceptionConfig(beta=1.0, decoupling="winner_takes_all")
    with pytest.raises(ValueError, match=r"unknown perception settings .'bta'"):
        PerceptionConfig.from_json({"beta": 1.0, "bta": 2.0})
