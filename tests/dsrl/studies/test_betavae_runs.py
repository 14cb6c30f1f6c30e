"""Runs of the beta-VAE by the command line: trained, gone on with, drawn."""

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from dsrl.cli import main
from dsrl.progress import Stopped
from dsrl.runs.model_run import METRICS, history
from dsrl.runs.rundir import RunDir, RunError
from dsrl.studies import betavae, image_sets
from dsrl.studies.betavae_pictures import INFORMING, SAMPLES, SEED, informing, traverse
from dsrl.studies.factor_study import study_factors
from perception.betavae import BetaVAEConfig, BetaVAETraining, encode
from perception.betavae.objectives import kl_by_latent
from perception.factors import Blobs
from perception.metrics import mutual_information_matrix

SMALL: dict[str, Any] = {"iterations": 200, "batch_size": 2, "capacity": 1.0, "rising": 0.2}
CONFIG = BetaVAEConfig(**SMALL)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("betavae") / "run"
    betavae.train(path, "blobs", CONFIG, show=False)
    return path


def content(path: Path) -> dict[str, bytes]:
    newest = max((path / "checkpoints").iterdir())
    return {file.name: file.read_bytes() for file in [path / METRICS, *sorted(newest.iterdir())]}


def stopped_after(iterations: int, path: Path) -> None:
    with pytest.raises(Stopped, match=f"after {iterations} iterations; go on with: .* --resume"):
        betavae.train(path, "blobs", CONFIG, show=False)


def resumed(path: Path) -> dict[str, bytes]:
    betavae.train(path, "blobs", CONFIG, resume=True, show=False)
    return content(path)


def test_a_run_holds_what_was_measured(run: Path) -> None:
    rows = history(RunDir.open(run))
    assert rows["iteration"].tolist() == [100, 200]
    latents = [rows[f"kl_{k}"] for k in range(10)]
    assert rows["kl"] == pytest.approx(np.sum(latents, axis=0), rel=1e-3)
    assert rows["capacity"] == pytest.approx([np.clip(np.arange(100) / 40, 0, 1).mean(), 1])


def test_ctrl_c_before_the_first_iteration_saves_and_resume_ends_the_same(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> BetaVAETraining:
        signal.raise_signal(signal.SIGINT)
        return BetaVAETraining(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(betavae, "BetaVAETraining", interrupted)
        stopped_after(0, tmp_path / "run")
    assert resumed(tmp_path / "run") == content(run)


def test_a_run_that_was_killed_before_its_second_checkpoint_goes_on(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = BetaVAETraining.step

    def killed(self: BetaVAETraining) -> Any:
        if self.iteration == 150:  # a row of the metrics is written
            raise MemoryError
        return step(self)

    with monkeypatch.context() as patched, pytest.raises(MemoryError):
        patched.setattr(BetaVAETraining, "step", killed)
        betavae.train(tmp_path / "run", "blobs", CONFIG, show=False)
    assert (tmp_path / "run" / METRICS).exists()
    assert resumed(tmp_path / "run") == content(run)


@pytest.mark.parametrize("stop", [3, 100, 130])
def test_ctrl_c_saves_and_resume_ends_the_same(
    run: Path, tmp_path: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = BetaVAETraining.step

    def interrupted(self: BetaVAETraining) -> Any:
        found = step(self)
        if self.iteration == stop:
            signal.raise_signal(signal.SIGINT)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(BetaVAETraining, "step", interrupted)
        stopped_after(stop, tmp_path / "run")
    assert resumed(tmp_path / "run") == content(run)


def test_resume_is_for_the_same_settings(run: Path) -> None:
    other = BetaVAEConfig(**{**SMALL, "gamma": 10.0})
    with pytest.raises(RunError, match=r"model\.gamma is 1000\.0 in the run, 10\.0 was asked for"):
        betavae.train(run, "blobs", other, resume=True, show=False)
    with pytest.raises(RunError, match="exists already"):
        betavae.train(run, "blobs", CONFIG, show=False)


@pytest.mark.parametrize(("kl", "missed"), [(24.5, False), (25.7, False), (20.0, True), (26, True)])
def test_a_capacity_that_was_missed_is_named(
    tmp_path: Path, recwarn: pytest.WarningsRecorder, kl: float, missed: bool
) -> None:
    directory = RunDir.create(tmp_path / "run", {"model": {"beta": None, "gamma": 1000.0}})
    for iteration in range(100, 2100, 100):
        stands = iteration > 1600
        told = kl + iteration / 1000 - 1.85 if stands else 3.0  # 0.15 less to 0.15 more
        row = {"iteration": iteration, "nll": 40.0, "kl": told, "capacity": 25.0 - 5 * (not stands)}
        directory.append(METRICS, row)
    summary = betavae.summary(directory)
    told_by_row = [summary[name] for name in ("kl_least", "kl", "kl_most")]
    assert told_by_row == pytest.approx([kl - 0.15, kl, kl + 0.15])
    found = [str(warning.message) for warning in recwarn]
    assert (
        found
        == [
            f"the code tells {kl:.2f} nats where it was to tell 25.00: train longer, or raise "
            "gamma (now 1000); images may not hold as much"
        ]
        * missed
    )


def test_traversals_are_drawn(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    main(["betavae", "traverse", str(run), "--out", str(tmp_path / "deep" / "out")])
    printed = capsys.readouterr().out.split()
    assert [Path(name).name for name in printed] == [
        "traversals.png", "kl.png", "information.png",
    ]  # fmt: skip
    for name in printed:
        picture = cv2.imread(name)
        assert picture is not None
        assert picture.std() > 10


def test_what_each_latent_tells_is_given_as_json(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    main(["betavae", "traverse", str(run), "--out", str(tmp_path), "--json"])
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["run"] == str(run)
    assert found["pictures"] == said.err.split()
    assert all(Path(name).is_file() for name in found["pictures"])
    trained = betavae.load(run)
    rng = np.random.default_rng(SEED)
    images = trained.data.images(rng.integers(0, len(trained.data), SAMPLES))
    told = kl_by_latent(*encode(trained.model, images)).numpy()
    assert found["told_nats"] == pytest.approx(told.tolist(), abs=1e-4)


def test_images_are_encoded_alike_in_any_batches(run: Path) -> None:
    trained = betavae.load(run)
    images = trained.data.images(np.arange(0, 1024, 8))
    parts, whole = encode(trained.model, images, batch=50), encode(trained.model, images)
    assert whole.mu.shape == whole.logstd.shape == (128, 10)
    assert torch.allclose(parts.mu, whole.mu, atol=1e-5)
    assert torch.allclose(parts.logstd, whole.logstd, atol=1e-5)


def test_a_folder_of_images_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.full((64, 64, 3), 9, np.uint8))
    monkeypatch.chdir(tmp_path)
    betavae.train(tmp_path / "run", "images", BetaVAEConfig(iterations=1, batch_size=2), show=False)
    monkeypatch.chdir(tmp_path / "images")
    assert len(betavae.load(tmp_path / "run").data) == 1


def test_a_folder_with_a_broken_image_makes_no_run(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    folder, run = tmp_path / "images", tmp_path / "run"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((64, 64, 3), 9, np.uint8))
    (folder / "b.png").write_bytes(b"no image")
    command = ["betavae", "train", "--data", str(folder), "--out", str(run), "--iterations", "1"]
    assert "b.png cannot be read as an image" in refused(*command)
    assert not run.exists()
    (folder / "b.png").unlink()
    main(command)
    cv2.imwrite(str(folder / "c.png"), np.full((64, 64, 3), 9, np.uint8))
    assert "images.number is 1 in the run, 2 was asked for" in refused(*command, "--resume")


def test_the_archive_is_found_from_anywhere_for_the_generator_from_factors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def opened(path: Path, progress: Callable[[int, int], None]) -> Blobs:
        progress(1, 2)
        asked.append(path)
        return Blobs()

    monkeypatch.setattr(image_sets, "DSpritesFile", opened)
    monkeypatch.chdir(tmp_path)
    few = BetaVAEConfig(iterations=2, batch_size=4, capacity=500.0)
    with pytest.warns(UserWarning, match="where it was to tell"):
        study_factors(tmp_path / "run", "d.npz", few, show=False)
    assert asked == [Path("d.npz")]
    assert RunDir.open(tmp_path / "run").config["data"] == str(tmp_path / "d.npz")


def test_the_last_iterations_are_measured_however_few(tmp_path: Path) -> None:
    few = BetaVAEConfig(iterations=3, batch_size=4, beta=1.0)
    directory = betavae.train(tmp_path / "run", "blobs", few, show=False)
    assert history(directory)["iteration"].tolist() == [3]
    assert betavae.summary(directory)["iterations"] == 3


def test_nothing_is_shown_of_a_run_that_measured_nothing(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / METRICS).unlink()
    with pytest.raises(RunError, match=r"has no metrics\.csv yet: train it for 100 iterations"):
        traverse(betavae.load(copy), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_heat_map_has_a_row_for_each_latent_in_its_order(run: Path) -> None:
    trained = betavae.load(run)
    order = np.array([4, 9, 0, 1, 2, 3, 5, 6, 7, 8])
    data = betavae.factor_data(trained)
    (read, true), columns, _ = informing(trained, data, order)
    assert columns == true.rows == ("x", "y")
    assert read.rows[:2] == ["latent 4", "latent 9"]
    factors, images = data.sample(INFORMING, np.random.default_rng(SEED))
    codes = encode(trained.model, images).mu.numpy()
    assert read.shares[1] == pytest.approx(mutual_information_matrix(codes[:, 9:], factors)[0])
    # 32 places in 20 bins: twelve bins hold two of them each, and so ln 2 of ln 32 is not told
    assert true.shares.diagonal() == pytest.approx(1 - 24 / 32 * np.log(2) / np.log(32), abs=0.01)


def test_a_run_with_beta_has_no_capacity(tmp_path: Path) -> None:
    few = BetaVAEConfig(iterations=2, batch_size=2, beta=4.0)
    directory = betavae.train(tmp_path / "run", "blobs", few, show=False)
    assert set(betavae.summary(directory)) == {
        "run", "iterations", "nll", "kl", "kl_least", "kl_most"
    }  # fmt: skip
    assert "capacity" not in history(directory)
    traverse(betavae.load(directory.path), tmp_path / "out")
    assert (tmp_path / "out" / "kl.png").exists()


def test_factors_are_told_in_an_order(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "factors"
    options = ["--iterations", "200", "--batch-size", "4", "--learning-rate", "0.02"]
    main(["betavae", "factors", "--data", "blobs", "--out", str(out), *options, "--capacity", "3"])
    assert "y: told from" in capsys.readouterr().out
    lines = (out / "order.csv").read_text().splitlines()
    assert lines[0] == "factor,told_from_nats,told_at_the_end_nats"
    assert [line.split(",")[0] for line in lines[1:]] == ["x", "y"]
    for name in ("factors.png", "drawn.png"):
        assert cv2.imread(str(out / name)) is not None


def test_factors_that_cannot_tell_as_much_warn(tmp_path: Path) -> None:
    few = BetaVAEConfig(iterations=2, batch_size=4, capacity=500.0)
    with pytest.warns(UserWarning, match="where it was to tell"):
        study_factors(tmp_path / "factors", "blobs", few, show=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "--data", "nothing"],
            "--data nothing: give dsprites, coloured, blobs, the",
        ),
        (["train", "--data", "none.npz"], "none.npz: there is no such file"),
        (["train", "--gamma", "-1"], "gamma must be a finite number of at least 0"),
        (["train", "--name", "a", "--out", "b"], "give one of them"),
        (["traverse", "absent", "--out", "x"], "absent is not a folder"),
        (["factors", "--data", ".", "--out", "x"], "holds no images"),
        (["factors", "--beta", "4", "--out", "x"], "--beta: factors are told as a capacity rises"),
    ],
)
def test_what_cannot_be_is_said(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    refused: Callable[..., str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert message in refused("betavae", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_another_method_is_refused(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "run", {"method": "dsrl"})
    with pytest.raises(RunError, match="is a run of the method 'dsrl', not 'betavae'"):
        betavae.load(tmp_path / "run")
