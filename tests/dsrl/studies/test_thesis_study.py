import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from dsrl.scoring.readout_measures import Scene, tally
from dsrl.scoring.true_objects import TrueObject
from dsrl.studies import thesis_study
from dsrl.studies.plays import load, recorded
from dsrl.studies.thesis_methods import METHODS, UNTRAINED, latent_space
from dsrl.studies.thesis_networks import load_network, save_network
from dsrl.studies.thesis_peers import PEERS, Detected, changed_pixels
from dsrl.studies.thesis_readings import best_cut, few_labelled
from dsrl.studies.thesis_study import TABLE, plan, run_one, run_study
from perception.gaussian_eyes.reader import Looks
from perception.gaussian_eyes.readout import Blob
from perception.models.gaussian import build_gaussian
from perception.models.gaussian_config import GaussianConfig
from perception.models.inputs import Grid

GAME = "pong"
UPDATES = 30  # of an epoch, not the method's own
GRID = Grid(GaussianConfig(beta=1.0), (24, 24, 3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("study")
    methods = ("single_filter", "untrained_single_filter", "changed_pixels")
    betas, lengths = (1.0, 2.0), {"train_frames": 60, "score_frames": 30, "epochs": 1}
    run_study(out, [GAME], methods, betas, seeds=1, **lengths, updates=UPDATES)
    return out


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / TABLE).open() as file:
        return list(csv.DictReader(file))


def test_every_job_has_a_row_for_each_measure_that_names_its_commit(folder):
    found = [(r["method"], r["beta"], r["measure"]) for r in rows(folder)]
    assert found == [
        ("single_filter", "1", "kl"),
        ("single_filter", "1", "departure"),
        ("untrained_single_filter", "", "kl"),
        ("untrained_single_filter", "", "departure"),
        ("changed_pixels", "", "pixels"),
        ("single_filter", "2", "kl"),
        ("single_filter", "2", "departure"),
    ]
    assert all(r["commit"] and not r["failed"] and r["frames"] == "30" for r in rows(folder))


def test_a_resumed_study_computes_nothing_again(folder, monkeypatch):
    before = (folder / TABLE).read_bytes()
    monkeypatch.setattr(thesis_study, "run_one", None)
    run_study(folder, [GAME], ("single_filter",), (1.0,), 1, 60, 30, resume=True)
    assert (folder / TABLE).read_bytes() == before
    with pytest.raises(FileExistsError, match="--resume"):
        run_study(folder, [GAME], ("single_filter",), (1.0,), 1, 60, 30)


def test_networks_are_kept_with_the_losses_of_their_epochs(folder):
    network = load_network(folder / "networks" / "pong-single_filter-b2-s0.safetensors")
    assert network.model.config == latent_space("single_filter", 2.0)
    assert [e["updates"] for e in network.history] == [UPDATES]


def test_a_job_that_fails_is_a_row_that_says_so(folder):
    job = plan([GAME], ["pixels"], [1.0], 1, 60, 1, 2, folder)[0]
    (folder / "plays" / "pong-random-7.npz").write_bytes(_still_play(folder))
    (row,) = run_one(job._replace(seed=7))
    assert "all alike" in row["failed"] and row["method"] == "pixels"


def _still_play(folder: Path) -> bytes:
    file = folder / "still.npz"
    np.savez(file, frames=np.zeros((5, 210, 160, 3), np.uint8), memory=np.zeros((5, 2, 128)))
    return file.read_bytes()


def test_the_first_beta_is_every_seeds_and_methods_without_one_come_once():
    jobs = plan(
        [GAME], ["neuron", "autoencoder", "changed_pixels"], [1.0, 4.0], 2, 9, 1, None, Path()
    )
    assert [(j.method, j.beta, j.seed) for j in jobs] == [
        ("neuron", 1.0, 0), ("neuron", 1.0, 1),
        ("autoencoder", 0.0, 0), ("autoencoder", 0.0, 1),
        ("changed_pixels", 0.0, 0), ("changed_pixels", 0.0, 1),
        ("neuron", 4.0, 0),
    ]  # fmt: skip


def test_bad_input_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ValueError, match="unknown methods"):
        run_study(tmp_path / "x", [GAME], ("nonsense",))
    with pytest.raises(ValueError, match="memory"):
        run_study(tmp_path / "x", ["freeway"], ("neuron",))
    with pytest.raises(ValueError, match="seeds must be at least 1, got -1"):
        run_study(tmp_path / "x", [GAME], ("neuron",), seeds=-1)
    assert not (tmp_path / "x").exists()


def test_every_method_is_a_latent_space_and_every_architecture_has_its_untrained_control():
    spaces = {name: latent_space(name, 1.0) for name in (*METHODS, *UNTRAINED)}
    assert not set(METHODS) & set(UNTRAINED) and not set(METHODS) & set(PEERS)
    controls = {(c.architecture, c.colour) for n, c in spaces.items() if n in UNTRAINED}
    assert {(c.architecture, c.colour) for c in spaces.values()} == controls
    with pytest.raises(ValueError, match="choose of"):
        latent_space("nonsense", 1.0)


def test_a_play_is_recorded_once(tmp_path):
    file = tmp_path / "play.npz"
    file.write_bytes(_still_play(tmp_path))
    assert recorded(file, None, 3, 0).frames.shape == (5, 210, 160, 3)
    file.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="no recorded play"):
        load(file)


def test_changed_pixels_are_counted_by_cell_with_their_colour():
    frames = np.full((9, 24, 24, 3), 10, np.uint8)
    frames[4, 8:10, 12:16] = (40, 10, 10)
    looks = changed_pixels(frames, 0)["pixels"](frames[4:5])
    assert looks.objectness.shape == (1, 6, 6) and looks.objectness.sum() == 8
    (found,) = looks.blobs(0.5, "connected")[0]
    assert (found.y, found.x, found.score) == (9.5, 13.5, 8.0)
    assert found.spectrum.tolist() == [30.0, 0.0, 0.0]


def test_detections_of_other_eyes_are_asked_by_their_score():
    sure, unsure = (Blob(1, 1, 1, 1, s, np.zeros(0, np.float32), 3) for s in (5.0, 1.0))
    looks = Detected([[sure, unsure], []])
    assert looks.blobs(2.0, "peaks") == [[sure], []]
    assert len(looks.blobs(looks.levels(4)[0], "peaks")[0]) == 2
    assert Detected([[]]).levels(4).tolist() == [0.0]


def test_the_threshold_is_that_of_the_best_f1_on_other_play():
    objectness = np.full((1, 6, 6), 1e-3)
    objectness[0, 2, 2], objectness[0, 5, 5] = 8.0, 0.5
    looks = Looks(objectness, np.zeros((1, 1, 6, 6)), GRID)
    scene = Scene([TrueObject("ball", 9.5, 9.5, 4, 4)], [], [])
    form, threshold = best_cut(looks, [scene])
    assert form == "connected" and 0.5 <= threshold < 8.0


def test_few_labels_are_so_many_of_each_name():
    scene = Scene([TrueObject("ball", 9.5, 9.5, 4, 4), TrueObject("ship", 90, 9, 4, 4)], [], [])
    ball = Blob(9.5, 9.5, 4, 4, 1.0, np.array([1.0], np.float32))
    typist, labels = few_labelled(tally([scene] * 50, [[ball]] * 50))
    assert list(labels.values()) == ["ball"] * 10  # no ship was found, so none can be labelled
    assert typist([[ball]])[0][0].kind in labels


def test_a_network_with_normalisation_is_read_as_it_was_written(tmp_path):
    model = build_gaussian(GaussianConfig(beta=1.0, batch_norm="both"), 0)
    save_network(tmp_path / "x.safetensors", model, [])
    again = load_network(tmp_path / "x.safetensors").model
    assert all(torch.equal(a, model.state_dict()[name]) for name, a in again.state_dict().items())
