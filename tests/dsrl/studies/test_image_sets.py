"""A run knows its images: by version where they are drawn, by sum where they are a file."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from dsrl.cli import main
from dsrl.runs.rundir import RunDir, RunError
from dsrl.studies import betavae, image_sets, simvae
from dsrl.studies.image_sets import check_images, data_of, sprites_of
from perception.betavae import BetaVAEConfig
from perception.factors import Blobs, ColouredDSprites, DSprites
from perception.factors.dsprites_file import DSpritesFile
from perception.simulators import Sprites
from perception.simvae import SimVAEConfig

FEW = ["--iterations", "1", "--batch-size", "2"]
ONCE = ["--generator-iterations", "1", "--encoder-iterations", "1", "--batch-size", "2"]


class SmallFile(DSpritesFile):
    factors_num_values = (3, 2, 2, 4, 4)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small one, opened as the official one is."""
    monkeypatch.setattr(image_sets, "DSpritesFile", SmallFile)
    return written(tmp_path / "d.npz", 0)


def written(path: Path, seed: int) -> Path:
    images = np.random.default_rng(seed).integers(0, 2, (192, 64, 64), np.uint8)
    rows = np.unravel_index(np.arange(192), SmallFile.factors_num_values)
    classes = np.stack([np.zeros(192, np.int64), *rows], axis=1)
    np.savez_compressed(path, imgs=images, latents_classes=classes)
    return path


def run_of(path: Path, data: str) -> Path:
    config = BetaVAEConfig(iterations=1, batch_size=2)
    return betavae.train(path, data, config, show=False).path


def test_a_run_on_drawings_is_used_with_drawings_of_that_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    run = run_of(tmp_path / "run", "dsprites")
    assert RunDir.open(run).config["images"] == {"generator": "DSprites", "version": 2}
    betavae.load(run)
    monkeypatch.setattr(DSprites, "version", 3)
    for command in (["metrics", str(run)], ["betavae", "traverse", str(run), "--out", "x"]):
        said = refused(*command)
        assert "trained on other images than these of dsprites (version was 2, is 3)" in said
    main_again = ["betavae", "train", "--data", "dsprites", "--out", str(run), "--resume", *FEW]
    assert "images.version is 2 in the run, 3 was asked for" in refused(*main_again)


def test_runs_of_before_are_of_the_first_version(tmp_path: Path) -> None:
    """They do not say it; the first drawings of sprites were others."""
    before = RunDir.create(tmp_path / "run", {"method": "betavae", "data": "dsprites"})
    with pytest.raises(RunError, match=r"other images .* \(version was 1, is 2\): train it anew"):
        check_images(before, DSprites())
    check_images(before, Blobs())


def test_the_archive_is_part_of_the_run(
    archive: Path, tmp_path: Path, refused: Callable[..., str]
) -> None:
    run = run_of(tmp_path / "run", str(archive))
    config = RunDir.open(run).config
    assert config["data"] == str(archive)
    assert config["images"] == {"sha256": hashlib.sha256(archive.read_bytes()).hexdigest()}
    betavae.load(run)
    written(archive, 1)
    assert "(sha256 was " in refused("metrics", str(run))
    archive.unlink()
    said = refused("metrics", str(run))
    assert f"was trained on {archive}, which is gone: put it back there" in said


def test_simvae_learns_the_archive(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture, refused: Callable[..., str]
) -> None:
    """Its published row is of the archive, not of drawings; once both were named the same."""
    run, plain = tmp_path / "run", tmp_path / "plain"
    train = ["simvae", "train", "--simulator", "dsprites", *ONCE, "--out"]
    main([*train, str(run), "--data", str(archive)])
    main([*train, str(plain)])
    trained = simvae.load(run)
    assert isinstance(trained.simulator, Sprites)
    assert isinstance(trained.simulator.data, SmallFile)
    assert isinstance(simvae.load(plain).simulator.data, DSprites)  # type: ignore[attr-defined]
    capsys.readouterr()
    main(["metrics", str(run), "--samples", "100", "--json"])
    assert json.loads(capsys.readouterr().out)["factors"] == list(DSprites.factor_names)
    with pytest.raises(RunError, match="trained on other images than these"):
        simvae.load(run, Sprites())
    assert "data is " in refused(*train, str(run), "--resume")
    written(archive, 1)
    assert "(sha256 was " in refused("simvae", "report", str(run), "--out", "x")


def test_simvae_learns_coloured_sprites(tmp_path: Path) -> None:
    once = SimVAEConfig(generator_iterations=1, encoder_iterations=1, batch_size=2)
    directory = simvae.train(tmp_path / "run", Sprites(ColouredDSprites()), once, show=False)
    assert directory.config["data"] == "coloured"
    assert simvae.load(tmp_path / "run").simulator.observation_shape == (64, 64, 3)


def test_a_folder_of_other_images_is_another(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in "ab":
        cv2.imwrite(str(folder / f"{name}.png"), np.full((64, 64, 3), 9, np.uint8))
    run = run_of(tmp_path / "run", str(folder))
    (folder / "b.png").unlink()
    with pytest.raises(RunError, match="number was 2, is 1"):
        betavae.load(run)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--simulator", "box", "--data", "d.npz"], "--data is for --simulator dsprites: box ne"),
        (["--simulator", "dsprites", "--data", "absent.npz"], "absent.npz: there is no such file"),
        (["--simulator", "dsprites", "--data", "blobs"], "--data blobs: give dsprites, coloured,"),
        (["--simulator", "dsprites", "--data", "x"], "--data x: give dsprites, coloured, blobs"),
    ],
)
def test_data_that_are_no_sprites(
    arguments: list[str], message: str, refused: Callable[..., str]
) -> None:
    assert message in refused("simvae", "train", *arguments)


def test_every_command_takes_the_archive(archive: Path, tmp_path: Path) -> None:
    assert isinstance(data_of(str(archive), show=False), SmallFile)
    assert isinstance(sprites_of(str(archive), show=False), SmallFile)
    options: list[Any] = ["--data", str(archive), *FEW, "--capacity", "500"]
    main(["betavae", "factors", *options, "--out", str(tmp_path / "factors")])
    config = RunDir.open(tmp_path / "factors").config
    assert config["images"] == SmallFile(archive).signature()
