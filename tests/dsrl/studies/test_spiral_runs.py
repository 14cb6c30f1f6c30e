"""Runs of SPIRAL by the command line: trained, killed, reported on, given drawings, searched."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sklearn.datasets import load_digits

from dsrl.cli import main
from dsrl.runs.checkpoint import checkpoints
from dsrl.runs.rundir import RunDir, RunError
from dsrl.scoring.digit_labels import DigitClassifier, features
from dsrl.studies import spiral
from dsrl.studies.spiral_pictures import coloured, named_steps
from perception.digits import Labelled
from perception.spiral.canvas import render
from perception.spiral.config import SpiralConfig
from perception.spiral.strokes import StrokesCanvas, StrokesConfig
from perception.spiral.training import SpiralTraining

TINY = {"inversion": 3, "improvement": 2, "reinforcement": 2, "steps": 3, "batch_size": 4,
        "searched": 2, "evaluations": 3}  # fmt: skip
OPTIONS = ["--inversion", "3", "--improvement", "2", "--reinforcement", "2", "--steps", "3",
           "--batch-size", "4", "--searched", "2", "--evaluations", "3"]  # fmt: skip


def sample(_seed: int) -> tuple[Labelled, Labelled]:
    """scikit-learn's digits in place of MNIST's, which only an extra has."""
    small = load_digits()
    pictures = np.stack([cv2.resize(image * 15.9, (28, 28)) for image in small.images[:900]])
    pictures = pictures.clip(0, 255).astype(np.uint8)[..., None]
    return (
        Labelled(pictures[:600], small.target[:600]),
        Labelled(pictures[600:], small.target[600:900]),
    )


@pytest.fixture(autouse=True)
def digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spiral, "labelled_mnist_sample", sample)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spiral") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spiral, "labelled_mnist_sample", sample)
        main(["spiral", "train", "--out", str(path), *OPTIONS])
    return path


def test_a_run_is_whole_and_is_not_overwritten(
    run: Path, refused: Callable[..., str], capsys: pytest.CaptureFixture
) -> None:
    rows = RunDir.open(run).rows("metrics.csv")
    assert [row["iteration"] for row in rows] == ["7"]
    assert list((run / "tensorboard").iterdir())
    assert "not overwritten" in refused("spiral", "train", "--out", str(run), *OPTIONS)
    main(["spiral", "train", "--out", str(run), *OPTIONS, "--resume"])
    changed = refused("spiral", "train", "--out", str(run), *OPTIONS, "--rate", "0.5", "--resume")
    assert "model.rate is 0.001 in the run, 0.5 was asked for" in changed


def test_what_was_measured_last_is_given_as_json(run: Path, capsys: pytest.CaptureFixture) -> None:
    main(["spiral", "train", "--out", str(run), *OPTIONS, "--resume", "--json"])
    found = json.loads(capsys.readouterr().out)
    row = RunDir.open(run).rows("metrics.csv")[-1]
    assert list(found) == ["run", *row]
    assert (found["run"], found["iteration"]) == (str(run), 7)
    assert found["held_out"] == float(row["held_out"])


def test_a_run_that_died_goes_on_to_the_same_end(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spiral, "CHECKPOINT_EVERY", 2)
    step, died = SpiralTraining.step, []

    def dying(self: SpiralTraining) -> Any:
        if self.iteration == 5 and not died:
            died.append(True)
            raise MemoryError("died")
        return step(self)

    monkeypatch.setattr(SpiralTraining, "step", dying)
    config = SpiralConfig(**TINY)
    with pytest.raises(MemoryError):
        spiral.train(tmp_path / "run", "digits", config, show=False)
    kept = checkpoints(tmp_path / "run" / "checkpoints")
    assert [path.name[-1] for path in kept] == ["4", "2"]
    spiral.train(tmp_path / "run", "digits", config, show=False, resume=True)
    assert (tmp_path / "run/metrics.csv").read_bytes() == (run / "metrics.csv").read_bytes()
    one, other = (
        (checkpoints(path / "checkpoints")[0] / "arrays.safetensors").read_bytes()
        for path in (tmp_path / "run", run)
    )
    assert one == other


def test_a_report(run: Path, tmp_path: Path, refused: Callable[..., str]) -> None:
    out = tmp_path / "out"
    arguments = ["spiral", "report", str(run), "--out", str(out), "--pictures", "30"]
    main([*arguments, "--polished", "20"])
    assert {p.name for p in out.iterdir()} == {
        "metrics.csv", "reconstructions.png", "strokes.png", "curve.png",
    }  # fmt: skip
    with (out / "metrics.csv").open() as file:
        rows = {row["what"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["agent", "agent, then hill climbing", "untrained agent",
                          "programs by chance", "empty canvas"]  # fmt: skip
    assert {row["pictures"] for row in rows.values()} == {"30"}
    assert float(rows["empty canvas"]["error"]) == float(rows["agent"]["blank"])
    assert float(rows["agent, then hill climbing"]["error"]) <= float(rows["agent"]["error"])
    assert float(rows["empty canvas"]["agreement"]) < 0.3
    assert float(rows["agent"]["agreement_of_targets"]) > 0.9
    assert all(row["commit"] for row in rows.values())
    for picture in out.glob("*.png"):
        assert cv2.imread(str(picture)).std() > 5
    assert "nothing is overwritten" in refused(*arguments)
    assert "pictures must be" in refused(*arguments[:-1], "0")


def test_a_drawing_of_ones_own(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture, refused: Callable[..., str]
) -> None:
    image, out = tmp_path / "d.png", tmp_path / "drawn.png"
    cv2.imwrite(str(image), np.full((50, 70, 3), 255, np.uint8))
    command = ["spiral", "draw", str(run), "--image", str(image), "--out", str(out)]
    main([*command, "--size", "64", "--evaluations", "30", "--json"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["blank"] == 0  # dark ink on a light ground: nothing is on it
    assert len(told["program"]) == 3
    assert {"flag", "end_y", "end_x"} <= set(told["program"][0])
    assert cv2.imread(str(out)) is not None
    assert "--size must be 1 to 1024" in refused(*command, "--size", "5000")
    assert "--evaluations must be" in refused(*command, "--evaluations", "-1")
    assert "no brush nonsense" in refused(*command, "--brush", "nonsense")
    assert "cannot be read as an image" in refused(
        "spiral", "draw", str(run), "--image", str(tmp_path / "none.png")
    )


def test_settings_without_a_brush_are_of_runs_before_there_was_a_choice(run: Path) -> None:
    kept = RunDir.open(run).config["model"]
    assert "brush" not in kept["strokes"]
    assert spiral.config_of(SpiralConfig, kept).strokes.brush == "round"


def test_search_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture, refused: Callable[..., str]
) -> None:
    out = tmp_path / "search.csv"
    command = ["spiral", "search", "--pictures", "6", "--evaluations", "5", "40", "--steps", "3",
               "--out", str(out)]  # fmt: skip
    main([*command, "--json"])
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["evaluations"] for row in rows] == [5, 40] * 3
    for few, many in zip(rows[::2], rows[1::2], strict=True):
        assert few["what"] == many["what"]
        assert many["error"] <= few["error"] <= few["blank"]
    assert len(out.read_text().splitlines()) == 7
    assert "not overwritten" in refused(*command)
    for wrong in (("--evaluations", "0"), ("--variance", "0"), ("--steps", "0")):
        other = [*command[:-1], str(tmp_path / "other.csv"), *wrong]
        assert "must be at least 1" in refused(*other)


def test_a_folder_of_pictures(tmp_path: Path, refused: Callable[..., str]) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    ask = ["spiral", "train", "--data", str(folder), "--out", str(tmp_path / "run")]
    assert "holds no images" in refused(*ask)
    for number in range(6):
        picture = np.full((40, 60, 3), 255, np.uint8)
        picture[10 + number : 30, 25:35] = 0
        cv2.imwrite(str(folder / f"{number}.png"), picture)
        if number == 0:
            assert "at least 5 are needed" in refused(*ask)
    main([*ask, *OPTIONS])
    trained = spiral.load(tmp_path / "run")
    assert trained.pictures.train.shape == (4, 32, 32, 1)
    assert 10 < trained.pictures.train.mean() < 80  # turned: light ink on dark
    rows = spiral.measure(trained, 2, 0)
    assert rows[0].agreement is None
    assert "give digits, or a folder" in refused(
        "spiral", "train", "--data", "nowhere", "--out", str(tmp_path / "other")
    )


def test_only_runs_of_its_own_are_taken(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "run", {"method": "simvae"})
    with pytest.raises(RunError, match="is a run of simvae, not of spiral"):
        spiral.load(tmp_path / "run")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--inversion", "0", "--reinforcement", "0"), "nothing is learned"),
        (("--steps", "0"), "steps must be at least 1"),
        (("--no-conditional", "--improvement", "1"), "--improvement 0"),
        (
            (
                "--strokes.side",
                "96",
                "--strokes.grid",
                "48",
                "--reinforcement",
                "1",
                "--reward",
                "discriminator",
            ),
            "sides of",
        ),
        (("--strokes.side", "40"), "cells on a map of 20"),
    ],
)
def test_bad_settings_are_one_line(
    refused: Callable[..., str], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    told = refused("spiral", "train", "--out", str(tmp_path / "run"), *arguments)
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_configuration_comes_back_as_it_was(run: Path) -> None:
    trained = spiral.load(run)
    assert trained.training.config == SpiralConfig(**TINY)


def test_the_classifier_tells_digits_and_not_blanks() -> None:
    learned, others = sample(0)
    classifier = DigitClassifier(learned.pictures, learned.labels)
    assert classifier.agreement(others.pictures, others.labels) > 0.92
    assert classifier.agreement(np.zeros_like(others.pictures), others.labels) < 0.2
    assert np.isfinite(features(np.zeros((1, 28, 28, 1), np.uint8))).all()


def test_steps_have_colours_of_their_own_and_names() -> None:
    canvas = StrokesCanvas(StrokesConfig())
    programs = canvas.random_programs(3, 4, np.random.default_rng(0))
    painted, plain = coloured(canvas, programs), render(canvas, programs)
    assert ((painted.max(axis=-1) > 0) == (plain[..., 0] > 1)).mean() > 0.99
    steps = named_steps(canvas, programs[0])
    assert steps[0].keys() == {"flag", "end_y", "end_x"}
    assert steps[0]["end_y"] * 32 + steps[0]["end_x"] == programs[0, 0, 1]
