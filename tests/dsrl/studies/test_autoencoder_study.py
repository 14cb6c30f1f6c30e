import csv
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from dsrl.studies.autoencoder_study import controls, frame_set, study_autoencoders, tiled
from perception.digits import DataSet
from perception.training.fitting import FittingConfig

QUICK = FittingConfig(epochs=2, batch_size=64, learning_rate=3e-3)
METHODS = [
    "dense autoencoder",
    "conv autoencoder",
    "dense VAE",
    "dense VAE of 2 latents",
    "dense beta-VAE",
]
CONTROLS = ["control: perfect copy", "control: mean image"]


def frames(count: int = 40) -> np.ndarray:
    """A bright square that wanders over a dark picture, (N, 20, 16, 3) uint8."""
    pictures = np.zeros((count, 20, 16, 3), np.uint8)
    for number, picture in enumerate(pictures):
        y, x = number * 3 % 16, number * 5 % 12
        picture[y : y + 4, x : x + 4] = (200, 100, 50)
    return pictures


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> tuple[Path, list[dict]]:
    out = tmp_path_factory.mktemp("study") / "out"
    rows = study_autoencoders(
        out, beta=4.0, seed=3, frames={"frames": frames()}, fitting=QUICK, frames_fitting=QUICK
    )
    return out, rows


def table(out: Path) -> list[dict[str, str]]:
    with (out / "autoencoders.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_method_has_a_row_and_every_set_its_controls(study):
    rows = table(study[0])
    assert [(r["data_set"], r["method"]) for r in rows] == [
        *(("scikit-learn digits", name) for name in CONTROLS + METHODS),
        *(("frames", name) for name in [*CONTROLS, "dense VAE"]),
    ]
    trained = [r for r in rows if r["method"] not in CONTROLS]
    assert [r["beta"] for r in trained] == ["", "", "1.0", "1.0", "4.0", "1.0"]
    assert [r["thesis_on_mnist_nats"] for r in trained] == ["71.94", "64.89", "", "", "", ""]
    assert [bool(r["validation_kl_nats"]) for r in trained] == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]
    assert all(r["epochs"] == "2" and r["seed"] == "3" and r["seconds"] for r in trained)
    assert (rows[0]["train_images"], rows[0]["validation_images"]) == ("1437", "360")
    assert (rows[-1]["train_images"], rows[-1]["validation_images"]) == ("32", "8")


def test_the_returned_rows_are_those_of_the_table(study):
    out, rows = study
    written = [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows]
    assert written == table(out)


def test_digits_are_learned_but_no_better_than_a_perfect_copy(study):
    digits = [row for row in study[1] if row["data_set"] == "scikit-learn digits"]
    for part in ("train_bce_nats", "validation_bce_nats"):
        scores = {row["method"]: row[part] for row in digits}
        for method in METHODS:
            assert scores["control: perfect copy"] < scores[method]
        for method in METHODS[:2]:
            assert scores[method] < scores["control: mean image"]
    assert digits[4]["validation_kl_nats"] > digits[6]["validation_kl_nats"] > 0  # beta 1, beta 4


def test_pictures_weights_and_events_are_written(study):
    out, _ = study
    names = [f"scikit-learn-digits-{m.replace(' ', '-').lower()}" for m in METHODS]
    names.append("frames-dense-vae")
    for name in names:
        assert len(list((out / "tensorboard" / name).glob("events.*"))) == 1
        weights = sorted(path.name for path in (out / "weights" / name).iterdir())
        assert weights == ["best.safetensors", "last.safetensors"]
    shown = {path.stem for path in (out / "pictures").iterdir()}
    variational = [name for name in names if "vae" in name]
    assert shown == {f"{n}-reconstructions" for n in names} | {
        f"{n}-{'map' if '2-latents' in n else 'traversals'}" for n in variational
    } | {f"{n}-prior" for n in variational}


def test_originals_are_drawn_beside_their_reconstructions(study):
    picture = cv2.imread(str(study[0] / "pictures" / "frames-dense-vae-reconstructions.png"))
    enlarged = frames().repeat(4, axis=1).repeat(4, axis=2)  # 20 rows to 80
    np.testing.assert_array_equal(picture[:80, :64, ::-1], enlarged[32])  # the first to validate
    assert (picture[:80, 128:130] == 96).all()  # the gap after original and reconstruction


def test_a_perfect_copy_of_black_and_white_costs_nothing_and_of_grey_ln_2():
    grey = np.full((5, 4, 4, 1), 255, np.uint8)
    perfect, mean = controls(DataSet("white", grey, grey))
    assert perfect["validation_bce_nats"] == 0.0
    # 5 white pixels give (5 + 1/2) / (5 + 1) by Krichevsky and Trofimov
    assert mean["validation_bce_nats"] == pytest.approx(-16 * math.log(5.5 / 6), abs=0.005)
    images = np.zeros((2, 4, 4, 1), np.uint8)
    images[0] = 255
    perfect, mean = controls(DataSet("halves", images, images))
    assert perfect["validation_bce_nats"] == 0.0
    assert mean["validation_bce_nats"] == pytest.approx(16 * math.log(2), abs=0.005)
    perfect, _ = controls(DataSet("grey", grey // 2, grey // 2))
    assert perfect["train_bce_nats"] == pytest.approx(16 * math.log(2), abs=0.005)


def test_frames_are_divided_in_time():
    pictures = frames(11)
    data = frame_set("play", pictures)
    np.testing.assert_array_equal(data.train, pictures[:9])
    np.testing.assert_array_equal(data.validation, pictures[9:])
    assert len(frame_set("play", pictures[:2]).validation) == 1


def test_tiles_fill_a_sheet_row_by_row():
    images = np.zeros((3, 84, 50, 1), np.uint8)
    images[:] = np.array([10, 20, 30]).reshape(3, 1, 1, 1)
    sheet = tiled(images, 2)
    assert sheet.shape == (84 * 2 + 2, 50 * 2 + 2, 3)
    assert (sheet[:84, :50] == 10).all() and (sheet[:84, 52:] == 20).all()
    assert (sheet[86:, :50] == 30).all() and (sheet[86:, 52:] == 96).all()
    assert (sheet[84:86] == 96).all() and (sheet[:, 50:52] == 96).all()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"beta": -1.0}, ValueError, "beta"),
        ({"mnist": Path("/nowhere")}, FileNotFoundError, "/nowhere has no train-images"),
        ({"frames": {"play": frames()[0]}}, ValueError, "frames: expected"),
        ({"frames": {"play": frames()[:1]}}, ValueError, "frames: expected 2 or more"),
        ({"frames": {"play": frames() / 255}}, ValueError, "float64"),
        ({"frames": {"play": frames()[..., :2]}}, ValueError, r"1 or 3\)"),
    ],
)
def test_bad_input_leaves_no_folder(tmp_path, change, error, message):
    with pytest.raises(error, match=message):
        study_autoencoders(
            tmp_path / "out", **({"beta": 4.0, "seed": 0, "fitting": QUICK} | change)
        )
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(FileExistsError, match="remove it or name another"):
        study_autoencoders(tmp_path, beta=4.0, seed=0)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_diverging_method_leaves_what_was_done(tmp_path):
    out, wild = tmp_path / "out", FittingConfig(epochs=1, batch_size=8, learning_rate=1e6)
    with pytest.raises(FloatingPointError, match="diverged at update"):
        study_autoencoders(
            out, beta=4.0, seed=0, frames={"frames": frames()}, fitting=QUICK, frames_fitting=wild
        )
    assert [row["method"] for row in table(out)] == CONTROLS + METHODS
