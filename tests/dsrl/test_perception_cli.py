"""Train, score and show on real Pong: short, but with thresholds that poor perception fails."""

import csv
from pathlib import Path

import cv2
import pytest
import torch

from agents.envs import Protocol
from dsrl.perception_cli import load_run, play, random_frames, score, show, train
from dsrl.rundir import RunDir, RunError
from perception import PerceptionConfig

PONG = Protocol(game="ALE/Pong-v5")
SHORT = PerceptionConfig(beta=0.3, updates=120, batch_size=32)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("perception") / "pong"
    summary = train(path, PONG, SHORT, frames=600, seed=0)
    torch.set_num_threads(before)
    assert len(summary["kinds"]) >= 3
    return path


def test_finds_ball_and_paddles_on_held_out_play(run):
    summary = score(run, frames=300)
    assert summary["f1"] >= 0.97
    assert summary["centre_error_pixels"] <= 1.0
    assert summary["type_purity"] >= 0.97
    assert summary["switches_per_1000"] <= 4.0
    assert set(summary["objects"]) == {"ball", "enemy", "player"}
    kinds = {next(iter(part["kinds"])) for part in summary["objects"].values()}
    assert len(kinds) == 3
    (row,) = csv.DictReader((run / "perception_scores.csv").read_text().splitlines())
    assert float(row["f1"]) == summary["f1"]


def test_shows_pictures(run, tmp_path):
    files = show(run, tmp_path, pictures=2)
    assert [file.name for file in files] == ["background.png", "step-00039.png", "step-00079.png"]
    picture = cv2.imread(str(files[1]))
    assert picture.shape == (3 * 210, 3 * 3 * 160, 3)
    assert len(list(tmp_path.iterdir())) == 3


def test_keeps_what_it_was_made_of(run):
    perception, protocol = load_run(run)
    assert protocol == PONG
    assert perception.config == SHORT
    with pytest.raises(RunError, match="exists already"):
        train(run, PONG, SHORT, frames=10, seed=0)


def test_a_run_without_perception_is_refused(tmp_path):
    RunDir.create(tmp_path / "empty", {"protocol": PONG.to_json()})
    with pytest.raises(RunError, match="holds no perception"):
        score(tmp_path / "empty", frames=10)


def test_play_depends_on_its_seed_alone():
    one, two, three = (random_frames(PONG, 40, seed) for seed in (5, 5, 6))
    assert (one == two).all()
    assert (one != three).any()
    assert next(play(PONG, 5)).first
