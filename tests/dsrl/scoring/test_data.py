"""Collecting frames from real play: the same frames as training sees, whole after any stop."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from table_agent import build, config

from agents.envs import Protocol, make_env
from dsrl.cli import main
from dsrl.progress import Stopped
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import train
from dsrl.scoring.data import collect, training_frames
from dsrl.scoring.play import random_frames
from perception.png import encode_png
from perception.training.frame_set import FrameSet
from perception.training.preprocessing import join_even_odd, preprocess

# so short that there are two episodes; with this seed a point is made in the second
SHORT = Protocol(game="ALE/Breakout-v5", sticky=0.25, max_episode_emulator_frames=160)
FRAMES, SEED = 72, 36


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> FrameSet:
    return collect(tmp_path_factory.mktemp("data") / "whole", SHORT, FRAMES, seed=SEED)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "run"
    train(config(40), path, build=build, show=False)
    return path


def test_frames_are_those_that_perception_trains_on(whole: FrameSet) -> None:
    assert (training_frames(whole.path) == random_frames(SHORT, FRAMES, SEED)).all()


def test_the_index_replays_the_game(whole: FrameSet) -> None:
    env = make_env(SHORT)
    frames = iter(whole)
    reward = 0.0
    for row in whole.rows:
        if row.step == 0:
            frame, _ = env.reset(seed=SEED + row.episode)
            reward = 0.0
        assert (next(frames) == frame).all()
        assert row.reward == reward
        frame, reward, *_ = env.step(row.action)
    env.close()
    assert {row.episode for row in whole.rows} == {0, 1}
    assert any(row.reward for row in whole.rows)
    assert len({row.action for row in whole.rows}) == 4


def test_another_seed_plays_another_game(whole: FrameSet, tmp_path: Path) -> None:
    other = collect(tmp_path / "other", SHORT, 30, seed=SEED + 1)
    assert (other.load() != whole.load()[:30]).any()


def test_the_set_says_how_it_was_made(whole: FrameSet) -> None:
    assert Protocol.from_json(whole.about["protocol"]) == SHORT
    assert whole.about["policy"] == {"name": "random"}
    assert (whole.about["seed"], whole.about["size"], whole.about["luminance"]) == (
        SEED, "native", False,
    )  # fmt: skip


def test_small_grey_frames_are_the_native_ones_preprocessed(
    whole: FrameSet, tmp_path: Path
) -> None:
    small = collect(tmp_path / "small", SHORT, 10, seed=SEED, size="84-area", grey=True)
    assert small.shape == (84, 84)
    for frame, native in zip(small, whole, strict=False):
        assert (frame[..., 0] == preprocess(native, "84-area", grey=True)).all()


def test_play_joins_even_and_odd_frames_as_the_thesis_does() -> None:
    def screens(skip: int, steps: int) -> list[np.ndarray]:
        env = make_env(Protocol(game="ALE/SpaceInvaders-v5", frame_skip=skip, noop_max=0))
        env.reset(seed=0)
        frames = [env.step(1)[0].copy() for _ in range(steps)]
        env.close()
        return frames

    single, joined = screens(skip=1, steps=160), screens(skip=4, steps=40)
    pairs = [(single[4 * i + 2], single[4 * i + 3]) for i in range(40)]
    assert all((join_even_odd(*p) == j).all() for p, j in zip(pairs, joined, strict=True))
    assert any((odd != j).any() for (_, odd), j in zip(pairs, joined, strict=True))


def interrupted(path: Path, after: int, number: int = signal.SIGINT, **settings) -> str:
    """Collect and signal this process after some frames; what the user is told."""

    def progress(done: int, note: str) -> None:
        if done == after:
            os.kill(os.getpid(), number)

    with pytest.raises(Stopped) as stopped:
        collect(path, SHORT, FRAMES, seed=SEED, progress=progress, **settings)
    assert stopped.value.exit_status == 128 + number
    return str(stopped.value)


def test_after_ctrl_c_resume_ends_with_the_same_files(whole: FrameSet, tmp_path: Path) -> None:
    for after, resume in ((1, False), (71, True)):  # in both episodes
        message = interrupted(tmp_path / "cut", after, resume=resume)
        assert f"{after} of {FRAMES} frames are kept in {tmp_path / 'cut.partial'}" in message
        assert message.endswith("--resume")
        assert not (tmp_path / "cut").exists()
    collect(tmp_path / "cut", SHORT, FRAMES, seed=SEED, resume=True)
    assert contents(tmp_path / "cut") == contents(whole.path)
    assert [p.name for p in tmp_path.iterdir()] == ["cut"]


def test_a_stop_on_the_last_frame_is_too_late(tmp_path: Path) -> None:
    def progress(done: int, note: str) -> None:
        if done == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    made = collect(tmp_path / "set", SHORT, 3, seed=SEED, progress=progress)
    assert len(made) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["set"]


def test_a_trained_agent_plays_and_its_set_can_be_resumed(
    run: Path, whole: FrameSet, tmp_path: Path
) -> None:
    settings = {"policy": str(run), "build": build}
    made = collect(tmp_path / "whole", SHORT, FRAMES, seed=SEED, **settings)
    assert made.about["policy"] == {"name": str(run), "agent_steps": 40}
    interrupted(tmp_path / "cut", 50, **settings)
    collect(tmp_path / "cut", SHORT, FRAMES, seed=SEED, resume=True, **settings)
    assert contents(tmp_path / "cut") == contents(made.path)
    assert (made.load() != whole.load()).any()


def test_a_policy_must_be_a_run_of_this_game(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="learned ALE/Breakout-v5, not ALE/Pong-v5: give --game"):
        collect(tmp_path / "set", Protocol(game="ALE/Pong-v5"), 9, policy=str(run), build=build)
    baseline = RunDir.create(tmp_path / "dqn", {"method": "dqn", "protocol": SHORT.to_json()})
    with pytest.raises(ValueError, match=r"is no run of `dsrl train`.* --policy random"):
        collect(tmp_path / "set", SHORT, 9, policy=str(baseline.path))
    with pytest.raises(RunError, match="nowhere is not a folder"):
        collect(tmp_path / "set", SHORT, 9, policy="nowhere")
    assert [p.name for p in tmp_path.iterdir()] == ["dqn"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frames": 1}, "frames must be at least 2, got 1"),
        ({"frames": 9, "seed": -1}, "seed must be at least 0, got -1"),
        ({"frames": 9, "size": "small"}, "size 'small' is unknown"),
    ],
)
def test_bad_settings_leave_nothing(tmp_path: Path, settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        collect(tmp_path / "set", SHORT, **settings)
    assert list(tmp_path.iterdir()) == []


def test_frames_too_few_or_alike_are_not_trained_on(whole: FrameSet, tmp_path: Path) -> None:
    frame = encode_png(next(iter(whole)))
    (tmp_path / "1.png").write_bytes(frame)
    with pytest.raises(ValueError, match="holds a single frame"):
        training_frames(tmp_path)
    (tmp_path / "2.png").write_bytes(frame)
    with pytest.raises(ValueError, match=r"the 2 frames of .* are all alike"):
        training_frames(tmp_path)


def test_pictures_left_out_of_training_are_told_of(whole: FrameSet, tmp_path: Path) -> None:
    frames = whole.load()[:30]
    for i, frame in enumerate(frames):
        (tmp_path / f"{i}.png").write_bytes(encode_png(frame))
    (tmp_path / "30.png").write_text("no picture")
    with pytest.warns(UserWarning, match=r"1 of 31 pictures .* \(30.png: not a PNG file\)"):
        assert (training_frames(tmp_path) == frames).all()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "set"
    arguments = ["data", "collect", "--game", "breakout", "--frames", "12", "--out", str(out)]
    main([*arguments, "--seed", "2", "--sticky", "0.25", "--size", "84-crop", "--luminance"])
    assert "12 frames of 84 x 84 pixels, 1 episodes begun" in capsys.readouterr().out
    made = FrameSet.open(out)
    assert (made.about["seed"], made.about["protocol"]["sticky"]) == (2, 0.25)
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    assert f"{out} exists already and is not overwritten: delete it" in capsys.readouterr().err
