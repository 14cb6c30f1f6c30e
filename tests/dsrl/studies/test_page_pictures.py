"""A page's pictures are those that `show` draws, smaller."""

from pathlib import Path

import numpy as np
import pytest

from agents.envs import Protocol
from dsrl.cli import main
from dsrl.scoring.data import collect
from dsrl.studies.page_pictures import LATENTS, NAMES, page_pictures, shrunk
from dsrl.studies.perception_pictures import show
from perception.png import decode_png

FRAMES = 3


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("perception")
    data = collect(folder / "set", Protocol(game="ALE/Pong-v5"), 20, size="84-area")
    quick = ["--beta", "0.3", "--updates", "2", "--batch-size", "4", "--hidden-filters", "4"]
    path = folder / "run"
    main(["perception", "train", "--data", str(data.path), *quick, "--out", str(path)])
    return path


def picture(file: Path) -> np.ndarray:
    return decode_png(file.read_bytes())


def test_all_pictures_have_a_game_a_name_and_their_scale(run: Path, tmp_path: Path) -> None:
    files = page_pictures(run, tmp_path / "page", step=79, frames=FRAMES)
    assert [file.name for file in files] == [f"pong-{name}.png" for name in NAMES]
    assert sorted((tmp_path / "page").iterdir()) == sorted(files)
    shown = {file.stem: file for file in show(run, tmp_path / "all", pictures=2, frames=FRAMES)}
    np.testing.assert_array_equal(picture(files[0]), picture(shown["step-00079"]))
    assert (picture(files[0]) != picture(shown["step-00039"])).any()
    for name, (drawn, scale) in LATENTS.items():
        here = picture(tmp_path / "page" / f"pong-{name}.png")
        there = picture(shown[drawn])
        np.testing.assert_allclose(here.shape[:2], scale * np.array(there.shape[:2]), atol=0.5)
        assert abs(here.mean() - there.mean()) < 1.0  # of 255: nothing is cut off


def test_a_smaller_picture_is_made_of_means() -> None:
    whole = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    means = whole.reshape(3, 2, 4, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(shrunk(whole, 0.5), means, atol=0.5)
    np.testing.assert_array_equal(shrunk(whole, 1.0), whole)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"step": 40}, "step must be 39 or a multiple of 40 more, got 40"),
        ({"step": -1}, "step must be 39 .* got -1"),
        ({"step": 39, "names": ("seen", "dreams")}, "no picture dreams: choose of seen, filters"),
    ],
)
def test_what_is_not_drawn_is_refused_before_anything_is(
    run: Path, tmp_path: Path, settings: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        page_pictures(run, tmp_path / "page", **settings, frames=FRAMES)
    assert not (tmp_path / "page").exists()
