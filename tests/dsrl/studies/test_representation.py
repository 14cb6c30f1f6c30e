"""`dsrl metrics` on a run whose code is made to be perfect, and on one that is not."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dsrl.cli import main
from dsrl.runs.rundir import RunDir, RunError
from dsrl.studies import betavae, representation, simvae
from perception.betavae import BetaVAEConfig
from perception.betavae.network import Posterior
from perception.metrics.information import discrete_where_it_is
from perception.simulators import RLC
from perception.simvae import SimVAEConfig


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("metrics") / "run"
    config = BetaVAEConfig(iterations=1, batch_size=2)
    betavae.train(path, "blobs", config, show=False)
    return path


@pytest.fixture
def perfect(monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder is one that finds the blob."""

    def encode(trained: Any, images: np.ndarray) -> Posterior:
        pixels = images[..., 0] / images.sum(axis=(1, 2, 3))[:, None, None]
        x, y = pixels.sum(axis=1) @ np.arange(64), pixels.sum(axis=2) @ np.arange(64)
        codes = np.stack([np.zeros_like(x), x, y], axis=1)
        mu = torch.from_numpy(codes)
        return Posterior(mu, torch.zeros_like(mu))

    monkeypatch.setattr(representation, "encode", encode)


def test_a_perfect_code(perfect: None, run: Path, capsys: pytest.CaptureFixture) -> None:
    main(["metrics", str(run), "--samples", "2000", "--json"])
    found = json.loads(capsys.readouterr().out)
    # 20 bins tell 32 places apart but for pairs
    assert found["mig"] > 0.8
    assert found["disentanglement"] > 0.99
    assert found["completeness"] > 0.99
    assert found["factors"] == ["x", "y"]
    matrix = np.array(found["mutual_information"])
    assert matrix.shape == (3, 2)
    assert matrix[0].tolist() == [0, 0]
    assert found["settings"]["samples"] == 2000


def test_people_are_told_whose_disentanglement_it_is(
    perfect: None, run: Path, capsys: pytest.CaptureFixture
) -> None:
    main(["metrics", str(run), "--samples", "500"])
    said = capsys.readouterr().out
    assert re.search(r"^MIG +0\.\d{3} \(0\.\d{3} to [01]\.\d{3}\)$", said, re.MULTILINE)
    found = re.search(r"^DCI disentanglement +(\d\.\d{3})$", said, re.MULTILINE)
    assert found is not None
    assert float(found[1]) > 0.9  # of few samples


def test_what_is_left_out_is_noise(perfect: None, run: Path) -> None:
    found = representation.measure(run, samples=500, leave_out=("x",))
    assert found["factors"] == ["y"]
    assert np.array(found["mutual_information"]).argmax() == 2


def test_a_simulator_is_asked_for_its_parameters(tmp_path: Path) -> None:
    config = SimVAEConfig(generator_iterations=1, encoder_iterations=1, batch_size=2)
    simvae.train(tmp_path / "run", RLC(), config, show=False)
    found = representation.measure(tmp_path / "run", samples=300)
    assert found["factors"] == ["log R", "log L", "log C"]
    assert np.array(found["mutual_information"]).shape == (3, 3)
    assert found["settings"]["sap_estimator"] == "squared correlation with one latent, all samples"
    assert found["settings"]["dci_informativeness"] == "R^2"


def test_a_simulator_of_ones_own_is_given_again(tmp_path: Path) -> None:
    class Own(RLC):
        name = "own"

    config = SimVAEConfig(generator_iterations=1, encoder_iterations=1, batch_size=2)
    simvae.train(tmp_path / "run", Own(), config, show=False)
    found = representation.measure(tmp_path / "run", samples=300, simulator=Own())
    assert found["factors"] == ["log R", "log L", "log C"]
    with pytest.raises(RunError, match="trained on a simulator of one's own, own: give it"):
        representation.measure(tmp_path / "run", samples=300)


def test_few_values_are_discrete() -> None:
    grid = np.array([[0.0, 0.5], [0.5, 1.0], [1.0, 0.5]])
    assert discrete_where_it_is(grid).tolist() == [[0, 0], [1, 1], [2, 0]]
    real = np.random.default_rng(0).random((100, 2))
    assert np.array_equal(discrete_where_it_is(real), real)
    mixed = discrete_where_it_is(np.stack([real[:, 0], np.arange(100) % 3 / 2], axis=1))
    assert np.array_equal(mixed, np.stack([real[:, 0], np.arange(100) % 3], axis=1))


def test_it_says_what_it_measured_with(run: Path, capsys: pytest.CaptureFixture) -> None:
    main(["metrics", str(run), "--samples", "300"])
    printed = capsys.readouterr().out
    assert "mig_bins: 20" in printed
    assert "linear SVM (C 0.01, balanced classes)" in printed
    assert "50 trees (leaves of 5 samples or more" in printed
    assert "dci_informativeness: accuracy" in printed
    assert "seed: 0" in printed
    assert "latent 9" in printed


def test_the_same_seed_gives_the_same(run: Path) -> None:
    one, other = (representation.measure(run, samples=300, seed=4) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--leave-out", "colour"], "there is no factor colour: they are x, y"),
        (["--leave-out", "x", "y"], "nothing to measure"),
    ],
)
def test_factors_that_cannot_be_left_out(
    run: Path, options: list[str], message: str, refused: Callable[..., str]
) -> None:
    assert message in refused("metrics", str(run), "--samples", "100", *options)


def test_too_few_samples_are_refused(run: Path, refused: Callable[..., str]) -> None:
    assert "--samples must be at least 100, got 0" in refused("metrics", str(run), "--samples", "0")


def test_a_run_without_factors_is_refused(tmp_path: Path, refused: Callable[..., str]) -> None:
    RunDir.create(tmp_path / "run", {"method": "dqn"})
    assert "is a run of the method 'dqn'" in refused("metrics", str(tmp_path / "run"))
