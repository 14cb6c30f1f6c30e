"""Train, score and show on real games: short, but with thresholds that poor perception fails."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from agents.envs import Protocol
from dsrl.cli import main
from dsrl.commands.perception import readable
from dsrl.runs.rundir import RunDir, RunError
from dsrl.scoring.data import collect
from dsrl.scoring.play import play, random_frames
from dsrl.studies.perception_cli import (
    TrainingRecord,
    controls_of,
    divided,
    load_run,
    random_material,
    score,
    train,
)
from dsrl.studies.perception_pictures import show
from perception import Perception, PerceptionConfig
from perception.model import build_model
from perception.perception import FILE_NAME
from perception.png import encode_png
from perception.training.frame_set import FrameSet
from perception.window_training import Losses, Report

PONG = Protocol(game="ALE/Pong-v5")
SHORT = PerceptionConfig(beta=0.3, updates=80, batch_size=32)
QUICK = ("--beta", "0.3", "--updates", "2", "--batch-size", "4")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("perception") / "pong"
    summary = train(path, random_material(PONG, 300, seed=0), SHORT, seed=0)
    torch.set_num_threads(before)
    assert len(summary["kinds"]) >= 3
    return path


@pytest.fixture(scope="module")
def frame_set(tmp_path_factory: pytest.TempPathFactory) -> FrameSet:
    return collect(tmp_path_factory.mktemp("data") / "set", PONG, 50, seed=4)


@pytest.fixture(scope="module")
def grey_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grey")
    data = collect(folder / "set", PONG, 20, size="84-area", grey=True)
    main(["perception", "train", "--data", str(data.path), *QUICK, "--out", str(folder / "run")])
    return folder / "run"


def weights_of(run: Path) -> dict[str, torch.Tensor]:
    return load_run(run).perception.model.state_dict()


def test_finds_ball_and_paddles_on_held_out_play(run: Path) -> None:
    summary = score(run, frames=200)
    assert summary["f1"] >= 0.97
    assert summary["centre_error_pixels"] <= 1.0
    assert summary["type_purity"] >= 0.97
    assert summary["switches_per_1000"] <= 5.0
    assert set(summary["objects"]) == {"ball", "enemy", "player"}
    kinds = {next(iter(part["kinds"])) for part in summary["objects"].values()}
    assert len(kinds) == 3
    untrained, bare = (summary["controls"][name] for name in ("untrained", "no_network"))
    assert untrained["f1"] == bare["f1"] == summary["f1"]  # the pixels say it, not the network
    assert untrained["latent_f1"] < summary["latent_f1"]  # latents alone need the training
    assert "latent_f1" not in bare
    (row,) = csv.DictReader((run / "perception_scores.csv").read_text().splitlines())
    assert float(row["f1"]) == summary["f1"]
    assert json.loads(row["objects"])["ball"]["found"] == summary["objects"]["ball"]["found"]


def test_without_a_network_every_cell_is_active(run: Path) -> None:
    eyes = controls_of(load_run(run).perception)["no_network"]
    assert isinstance(eyes, Perception)
    for frame in random_frames(PONG, 5, seed=7):
        assert (eyes.filter_nats(frame).sum(axis=0) > eyes.config.objectness_nats).all()


def test_shows_play_and_latents(run: Path, tmp_path: Path) -> None:
    files = show(run, tmp_path / "out", pictures=2, frames=9)
    names = [file.name for file in files]
    assert names[:3] == ["background.png", "step-00039.png", "step-00079.png"]
    assert all(name.startswith("latents-") for name in names[3:])
    assert "latents-filters-mean.png" in names
    assert sorted(names) == sorted(file.name for file in (tmp_path / "out").iterdir())
    assert cv2.imread(str(files[1])).shape == (3 * 210, 3 * 3 * 160, 3)


def test_keeps_what_it_was_made_of(run: Path) -> None:
    loaded = load_run(run)
    assert loaded.protocol == PONG
    assert loaded.perception.config == SHORT
    with pytest.raises(RunError, match="exists already"):
        train(run, random_material(PONG, 10, seed=0), SHORT, seed=0)
    assert (run / FILE_NAME).is_file()


def test_tensorboard_has_losses_and_pictures(run: Path) -> None:
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    tags = {f"{part}/{name}" for part in ("train", "validation") for name in ("loss", "bce", "kl")}
    assert set(events.Tags()["scalars"]) == {*tags, "learning_rate"}
    losses = events.Scalars("validation/loss")
    assert [event.step for event in losses] == [20, 40, 60, 80]
    assert losses[-1].value < losses[0].value
    pictures = events.Images(events.Tags()["images"][0])
    assert [event.step for event in pictures] == [20, 40, 60, 80]  # at each quarter
    assert (pictures[0].width, pictures[0].height) == (8 * 2 * 40, 2 * 40)  # 16 pairs


def test_the_best_weights_are_those_of_the_lowest_validation_loss(tmp_path: Path) -> None:
    record = TrainingRecord(tmp_path, updates=80)
    models = [build_model(SHORT, seed) for seed in range(4)]
    picture = torch.zeros(1, 3, 4, 4)
    for i, loss in enumerate((3.0, 1.0, float("nan"), 2.0)):
        losses = Losses(loss, loss, 0.0)
        record(Report(20 * (i + 1), 0.1, losses, losses, picture, picture), models[i])
    record.close()
    assert (record.best_loss, record.best_updates) == (1.0, 40)
    assert [record.has_better_than(model) for model in models] == [True, False, True, True]


def test_a_tenth_is_held_out_and_play_to_learn_from_stays_as_long() -> None:
    frames = random_frames(PONG, 33, seed=5)
    material = random_material(PONG, 30, seed=5)
    assert (material.frames == frames[:30]).all()
    assert (material.held_out == frames[30:]).all()
    for count in (2, 8, 9, 10, 95):
        total = count + max(1, count // 9)
        marked = np.zeros((total, 16, 16, 3), np.uint8)
        marked[:, 0, 0, 0] = range(total)
        assert len(divided(PONG, marked, {}).frames) == count


def test_a_set_teaches_what_its_play_would_have(frame_set: FrameSet, tmp_path: Path) -> None:
    data, played = tmp_path / "data", tmp_path / "play"
    main(["perception", "train", "--data", str(frame_set.path), *QUICK, "--out", str(data)])
    config = PerceptionConfig(beta=0.3, updates=2, batch_size=4)
    train(played, random_material(PONG, 45, seed=4), config, seed=0)  # 5 of 50 are held out
    one, two = weights_of(data), weights_of(played)
    assert all(torch.equal(one[name], two[name]) for name in two)
    assert RunDir.open(data).config["data"] == str(frame_set.path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--game", "breakout"), "is of ALE/Pong-v5 with sticky 0, and --game or --sticky says"),
        (("--sticky", "0.25"), "is of ALE/Pong-v5 with sticky 0, and --game or --sticky says"),
        (("--frames", "9"), "--frames counts random play"),
        (("--game", "nonsense"), "unknown game"),
    ],
)
def test_options_that_contradict_a_set_are_refused(
    frame_set: FrameSet, tmp_path: Path, refused: Callable[..., str], options, message: str
) -> None:
    arguments = ("train", "--data", str(frame_set.path), *QUICK, "--out", str(tmp_path / "run"))
    assert message in refused("perception", *arguments, *options)
    assert list(tmp_path.iterdir()) == []


def test_a_game_or_a_set_must_be_given(refused: Callable[..., str]) -> None:
    assert "give --game, or a set of frames with --data" in refused("perception", "train", *QUICK)


def test_frames_in_which_nothing_moves_leave_no_run(
    frame_set: FrameSet, tmp_path: Path, refused: Callable[..., str]
) -> None:
    still = np.repeat(next(iter(frame_set))[None], 12, axis=0)
    with pytest.raises(ValueError, match=r"found nothing that moves in 11 frames of ALE/Pong-v5"):
        divided(PONG, still, {})
    for i, frame in enumerate(still):
        (tmp_path / f"{i}.png").write_bytes(encode_png(frame))
    out = tmp_path / "run"
    arguments = ("train", "--game", "pong", "--data", str(tmp_path), *QUICK, "--out", str(out))
    assert "are all alike: nothing moves" in refused("perception", *arguments)
    assert not out.exists()


def test_training_that_diverges_at_once_leaves_no_run(tmp_path: Path) -> None:
    config = PerceptionConfig(beta=0.3, updates=9, batch_size=4, learning_rate=1e6)
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        train(tmp_path / "run", random_material(PONG, 20, seed=0), config, seed=0)
    assert list(tmp_path.iterdir()) == []


def test_when_no_kind_is_found_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "run"  # two frames are too short for a track
    arguments = ["train", "--game", "pong", "--frames", "2", *QUICK, "--latents", "1"]
    main(["perception", *arguments, "--out", str(out)])
    assert "found nothing that moves in 2 frames of ALE/Pong-v5: lower --beta" in (
        capsys.readouterr().out
    )
    assert show(out, tmp_path / "pictures", pictures=1, frames=2)


def test_small_grey_frames_are_learned_from_and_shown(
    grey_run: Path, tmp_path: Path, refused: Callable[..., str]
) -> None:
    files = show(grey_run, tmp_path, pictures=1, frames=2)
    assert cv2.imread(str(files[1])).shape == (3 * 84, 3 * 3 * 84, 3)
    assert "sees pictures of the size '84-area'" in refused("perception", "score", str(grey_run))


def test_a_folder_of_pictures_needs_a_game_and_cannot_be_shown_at_play(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    rng = np.random.default_rng(0)
    for i in range(20):
        frame = np.zeros((32, 40, 3), np.uint8)
        frame[5:9, rng.integers(36) :][:, :4] = 200
        (tmp_path / f"{i}.png").write_bytes(encode_png(frame))
    out = tmp_path / "run"
    arguments = ("train", "--data", str(tmp_path), *QUICK, "--out", str(out))
    assert "does not say of which game" in refused("perception", *arguments)
    main(["perception", *arguments, "--game", "pong"])
    message = refused("perception", "show", str(out), "--out", str(tmp_path / "pictures"))
    assert "trained on pictures of 32 x 40 pixels" in message
    assert not (tmp_path / "pictures").exists()


def test_games_with_fixtures_are_scored_and_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out, game = tmp_path / "run", Protocol(game="ALE/SpaceInvaders-v5")
    config = PerceptionConfig(beta=0.3, updates=2, batch_size=4)
    train(out, random_material(game, 9, seed=0), config, seed=0)
    main(["perception", "score", str(out), "--frames", "4", "--json"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("fixtures:") + 1].startswith("  shield: found ")
    summary = json.loads(lines[-1])
    (row,) = csv.DictReader((out / "perception_scores.csv").read_text().splitlines())
    assert json.loads(row["fixtures"]) == summary["fixtures"]
    assert list(row) == list(summary)


def test_a_summary_is_printed_one_name_a_line() -> None:
    summary = {
        "game": "g", "f1": 0.123456, "type_purity": None,
        "objects": {"a": {"found": 1, "kinds": {0: 1}}, "b": {"found": 0, "kinds": {}}},
        "wall": {"f1": None, "bricks": 7},
    }  # fmt: skip
    assert list(readable(summary)) == [
        "game: g",
        "f1: 0.1235",
        "type_purity: -",
        "objects:",
        "  a: found 1, kinds {0: 1}",
        "  b: found 0, kinds {}",
        "wall: f1 -, bricks 7",
    ]


def test_scores_of_an_earlier_version_are_left_alone(run: Path, tmp_path: Path) -> None:
    old = RunDir.create(tmp_path / "old", RunDir.open(run).config)
    (old.path / FILE_NAME).write_bytes((run / FILE_NAME).read_bytes())
    old.append("perception_scores.csv", {"game": "ALE/Pong-v5", "f1": 1.0})
    before = (old.path / "perception_scores.csv").read_bytes()
    with pytest.raises(RunError, match=r"another version .* \['game', 'f1'\].* rename it"):
        score(old.path, frames=5)
    assert (old.path / "perception_scores.csv").read_bytes() == before


def test_a_run_without_perception_is_refused(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "empty", {"protocol": PONG.to_json()})
    with pytest.raises(RunError, match="holds no perception"):
        score(tmp_path / "empty", frames=10)


def test_play_depends_on_its_seed_alone() -> None:
    one, two, three = (random_frames(PONG, 10, seed) for seed in (5, 5, 6))
    assert (one == two).all()
    assert (one != three).any()
    assert next(play(PONG, 5)).first
