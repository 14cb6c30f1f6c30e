"""Train, score and show on real games: short, but with thresholds that poor perception fails."""

import csv
import json
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from agents.envs import Protocol
from dsrl.cli import main
from dsrl.commands.perception import about_set, readable
from dsrl.reports.eyes_figures import APART, COLUMNS, LEFT, LOOK_SCALE, TOP, enlargement
from dsrl.reports.eyes_kinds import UNSEEN, sheet
from dsrl.runs.names import write_names
from dsrl.runs.rundir import RunDir, RunError
from dsrl.scoring.data import collect
from dsrl.scoring.play import play, random_frames
from dsrl.studies.perception_cli import (
    controls_of,
    divided,
    kinds_in,
    load_run,
    random_material,
    score,
    train,
)
from dsrl.studies.perception_pictures import show
from perception.detection import LatentConfig, LatentEyes
from perception.pixels import PixelConfig, PixelEyes
from perception.png import encode_png
from perception.training.frame_set import FrameSet

PONG = Protocol(game="ALE/Pong-v5")
PIXELS = ("--perception", "pixels")
SHORT = LatentConfig(updates=200, filters=8, elbo_updates=0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the eyes of pixels."""
    path = tmp_path_factory.mktemp("perception") / "pong"
    summary = train(path, random_material(PONG, 300, seed=0), PixelConfig(), seed=0)
    assert summary["eyes"] == "pixels"
    assert len(summary["kinds"]) >= 3
    return path


@pytest.fixture(scope="module")
def latent_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("latents") / "pong"
    options = ("--latents.updates", "200", "--latents.filters", "8", "--frames", "300")
    options += ("--latents.elbo-updates", "0")  # too early it ends in seeing nothing
    main(["perception", "train", "--game", "pong", *options, "--out", str(path)])
    torch.set_num_threads(before)
    return path


@pytest.fixture(scope="module")
def frame_set(tmp_path_factory: pytest.TempPathFactory) -> FrameSet:
    return collect(tmp_path_factory.mktemp("data") / "set", PONG, 50, seed=4)


@pytest.fixture(scope="module")
def grey_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grey")
    data = collect(folder / "set", PONG, 20, size="84-area", grey=True)
    main(["perception", "train", "--data", str(data.path), *PIXELS, "--out", str(folder / "run")])
    return folder / "run"


def read(file: Path) -> np.ndarray:
    return np.asarray(cv2.imread(str(file), cv2.IMREAD_COLOR_RGB))


def enlarged(frame: np.ndarray) -> np.ndarray:
    """A frame as a panel has it."""
    scale = enlargement(frame.shape[1])
    return frame.repeat(scale, axis=0).repeat(scale, axis=1)[2:-2, 2:-2]


def panel(picture: np.ndarray, number: int, shape: tuple[int, ...]) -> np.ndarray:
    """What stands in a panel of a picture, but for the two outermost pixels, where its frame is."""
    height, width = (side * enlargement(shape[1]) for side in shape[:2])
    left = LEFT + number * (width + APART)
    return picture[TOP + 2 : TOP + height - 2, left + 2 : left + width - 2]


def test_finds_ball_and_paddles_on_held_out_play(run: Path) -> None:
    summary = score(run, frames=200)
    assert summary["f1"] >= 0.97
    assert summary["centre_error_pixels"] <= 1.0
    assert summary["type_purity"] >= 0.97
    assert summary["switches_per_1000"] <= 5.0
    assert set(summary["objects"]) == {"ball", "enemy", "player"}
    kinds = {next(iter(part["kinds"])) for part in summary["objects"].values()}
    assert len(kinds) == 3
    assert "controls" not in summary  # no network is there to do without
    (row,) = csv.DictReader((run / "perception_scores.csv").read_text().splitlines())
    assert float(row["f1"]) == summary["f1"]
    assert json.loads(row["objects"])["ball"]["found"] == summary["objects"]["ball"]["found"]


def test_latents_stand_beside_their_controls(latent_run: Path) -> None:
    summary = score(latent_run, frames=40)
    untrained, bare = (summary["controls"][name] for name in ("untrained", "no_network"))
    assert untrained["f1"] < summary["f1"]
    assert bare["f1"] > 0.9  # the same dictionary, matched to differences
    assert summary["controls"]["unsettled"]["f1"] > untrained["f1"]
    (row,) = csv.DictReader((latent_run / "perception_scores.csv").read_text().splitlines())
    assert json.loads(row["controls"]) == summary["controls"]
    eyes = load_run(latent_run).eyes
    assert isinstance(eyes, LatentEyes)
    assert eyes.config == SHORT
    kinds = kinds_in(eyes)
    assert [kind["kind"] for kind in kinds] == list(range(len(eyes.kinds)))
    assert all(kind["sprites"] for kind in kinds)
    assert controls_of(load_run(latent_run).eyes).keys() == summary["controls"].keys()


def test_shows_play_as_pixels_see_it(run: Path, tmp_path: Path) -> None:
    shown = show(run, tmp_path / "out", pictures=2)
    names = [picture.file.name for picture in shown.pictures]
    assert names == ["background.png", "step-00039.png", "step-00079.png"]
    assert sorted(names) == sorted(file.name for file in (tmp_path / "out").iterdir())
    (frame,) = (o.frame for o in islice(play(PONG, 1000), 39, 40))
    eyes = load_run(run).eyes
    differs = np.where((frame != eyes.background).any(axis=2)[..., None], frame, 0)
    picture = read(shown.pictures[1].file)
    assert (panel(picture, 0, frame.shape) == enlarged(frame)).all()
    assert (panel(picture, 1, frame.shape) == enlarged(differs)).all()
    untouched = (panel(picture, 2, frame.shape) == enlarged(frame)).all(axis=2).mean()
    assert 0.8 < untouched < 1  # boxes are drawn there
    assert [each.title for each in shown.panels] == [
        "the frame", "what differs from the background", "things found: kind/number",
    ]  # fmt: skip


def test_shows_play_as_latents_see_it_and_their_dictionary(
    latent_run: Path, tmp_path: Path
) -> None:
    shown = show(latent_run, tmp_path, pictures=1)
    names = [picture.file.name for picture in shown.pictures]
    assert names == ["background.png", "dictionary.png", "step-00039.png"]
    assert shown.panels[1].title == "drawn from what was read"
    eyes = load_run(latent_run).eyes
    assert isinstance(eyes, LatentEyes)
    picture = read(tmp_path / "dictionary.png")
    for kind in kinds_in(eyes):
        patch = eyes.dictionary.patch(kind["sprites"][0])
        colour, seen = patch.rgb[patch.alpha][0], patch.rgb[patch.alpha]
        area = (seen == colour).all(axis=1).sum()
        assert (picture == colour).all(axis=2).sum() >= LOOK_SCALE**2 * area


def test_the_dictionary_says_number_name_size_and_looks_of_each_kind(latent_run: Path) -> None:
    eyes = load_run(latent_run).eyes
    assert isinstance(eyes, LatentEyes)
    written = [text.get_text() for text in sheet(eyes, {1: "ball"}, "a title").texts]
    assert written[:6] == ["a title", *COLUMNS, written[5]]
    kinds = kinds_in(eyes)
    rows = [written[at : at + 4] for at in range(6, len(written), 4)]
    assert rows == [
        [
            str(each["kind"]),
            "ball" if each["kind"] == 1 else "" if each["detections"] else UNSEEN,
            f"{each['height']}x{each['width']}", str(len(each["sprites"])),
        ]
        for each in kinds
    ]  # fmt: skip


def test_what_is_shown_is_said_and_given_as_json(
    run: Path, latent_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    named = tmp_path / "named"
    shutil.copytree(latent_run, named)
    write_names(named, {1: "ball"})
    main(["perception", "show", str(named), "--out", str(tmp_path / "out"), "--pictures", "1"])
    lines = capsys.readouterr().out.splitlines()
    pictures = [line.split(": ")[0] for line in lines[:3]]
    assert [Path(name).name for name in pictures] == [
        "background.png", "dictionary.png", "step-00039.png",
    ]  # fmt: skip
    assert lines[2].split(": ")[1].startswith("agent step 39 of random play, ")
    assert [line.split(":")[0].strip() for line in lines[4:7]] == [
        "the frame", "drawn from what was read", "things found",
    ]  # fmt: skip
    assert [word for word in COLUMNS if word in lines[7]] == list(COLUMNS)
    eyes = load_run(named).eyes
    assert len(lines) == 8 + len(kinds_in(eyes))
    assert lines[9].split()[:2] == ["1", "ball"]

    place = str(tmp_path / "json")
    main(["perception", "show", str(named), "--out", place, "--pictures", "1", "--json"])
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert [line.split(": ")[0] for line in said.err.splitlines()[:3]] == [
        picture["file"] for picture in found["pictures"]
    ]
    of_play = found["pictures"][2]
    assert of_play["agent_step"] == 39
    assert of_play["shows"].endswith(f" {len(of_play['objects'])} things")
    assert [kind.get("name") for kind in found["kinds"]][:2] == [None, "ball"]
    looks = [len(kind["sprites"]) for kind in kinds_in(eyes)]
    assert [kind["looks"] for kind in found["kinds"]] == looks

    main(["perception", "show", str(run), "--out", place, "--pictures", "1", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {kind["looks"] for kind in found["kinds"]} == {None}  # they have none


def test_keeps_what_it_was_made_of(run: Path) -> None:
    loaded = load_run(run)
    assert loaded.protocol == PONG
    assert loaded.eyes.config == PixelConfig()
    with pytest.raises(RunError, match="exists already"):
        train(run, random_material(PONG, 10, seed=0), PixelConfig(), seed=0)
    assert isinstance(load_run(run).eyes, PixelEyes)


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
    main(["perception", "train", "--data", str(frame_set.path), *PIXELS, "--out", str(data)])
    train(played, random_material(PONG, 45, seed=4), PixelConfig(), seed=0)  # 5 of 50 held out
    one, two = (load_run(path).eyes for path in (data, played))
    assert (one.background == two.background).all()
    assert kinds_in(one) == kinds_in(two)
    assert RunDir.open(data).config["data"] == str(frame_set.path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--game", "breakout"), "is of ALE/Pong-v5 with sticky 0, and --game or --sticky says"),
        (("--sticky", "0.25"), "is of ALE/Pong-v5 with sticky 0, and --game or --sticky says"),
        (("--frames", "9"), "--frames counts random play"),
        (("--game", "nonsense"), "unknown game"),
        (("--latents.updates", "9"), "--latents.* set the eyes of latents: leave them out"),
    ],
)
def test_options_that_contradict_a_set_are_refused(
    frame_set: FrameSet, tmp_path: Path, refused: Callable[..., str], options, message: str
) -> None:
    arguments = ("train", "--data", str(frame_set.path), *PIXELS, "--out", str(tmp_path / "run"))
    assert message in refused("perception", *arguments, *options)
    assert list(tmp_path.iterdir()) == []


def test_a_game_or_a_set_must_be_given(refused: Callable[..., str]) -> None:
    assert "give --game, or a set of frames with --data" in refused("perception", "train")


def test_frames_in_which_nothing_moves_leave_no_run(
    frame_set: FrameSet, tmp_path: Path, refused: Callable[..., str]
) -> None:
    still = np.repeat(next(iter(frame_set))[None], 12, axis=0)
    with pytest.raises(ValueError, match=r"found nothing that moves in 11 frames of ALE/Pong-v5"):
        divided(PONG, still, {})
    for i, frame in enumerate(still):
        (tmp_path / f"{i}.png").write_bytes(encode_png(frame))
    out = tmp_path / "run"
    arguments = ("train", "--game", "pong", "--data", str(tmp_path), *PIXELS, "--out", str(out))
    assert "are all alike: nothing moves" in refused("perception", *arguments)
    assert not out.exists()


def test_where_nothing_repeats_it_warns_and_the_eyes_see_nothing(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="nothing repeats in these 3 frames"):
        train(tmp_path / "run", random_material(PONG, 3, seed=0), SHORT, seed=0)
    assert show(tmp_path / "run", tmp_path / "pictures", pictures=1).pictures


def test_when_no_kind_is_found_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "run"  # two frames are too short for a track
    main(["perception", "train", "--game", "pong", "--frames", "2", *PIXELS, "--out", str(out)])
    assert "found nothing that moves in 2 frames of ALE/Pong-v5: give more frames" in (
        capsys.readouterr().out
    )
    assert show(out, tmp_path / "pictures", pictures=1).pictures


def test_small_grey_frames_are_learned_from_and_shown(
    grey_run: Path, tmp_path: Path, refused: Callable[..., str]
) -> None:
    shown = show(grey_run, tmp_path, pictures=1)
    (frame,) = (o.frame for o in islice(play(PONG, 1000), 39, 40))
    seen = load_run(grey_run).see(frame)
    picture = read(shown.pictures[1].file)
    assert (panel(picture, 0, seen.shape) == enlarged(seen)).all()
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
    arguments = ("train", "--data", str(tmp_path), *PIXELS, "--out", str(out))
    assert "does not say of which game" in refused("perception", *arguments)
    main(["perception", *arguments, "--game", "pong"])
    message = refused("perception", "show", str(out), "--out", str(tmp_path / "pictures"))
    assert "trained on pictures of 32 x 40 pixels" in message
    assert not (tmp_path / "pictures").exists()


def test_games_with_fixtures_are_scored_and_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out, game = tmp_path / "run", Protocol(game="ALE/SpaceInvaders-v5")
    train(out, random_material(game, 9, seed=0), PixelConfig(), seed=0)
    main(["perception", "score", str(out), "--frames", "4", "--json"])
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert lines[lines.index("fixtures:") + 1].startswith("  shield: found ")
    summary = json.loads(said.out)
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
    shutil.copytree(run / "checkpoints", old.path / "checkpoints")
    old.append("perception_scores.csv", {"game": "ALE/Pong-v5", "f1": 1.0})
    before = (old.path / "perception_scores.csv").read_bytes()
    with pytest.raises(RunError, match=r"another version .* \['game', 'f1'\].* rename it"):
        score(old.path, frames=5)
    assert (old.path / "perception_scores.csv").read_bytes() == before


def test_what_cannot_be_scored_or_shown_is_named_and_leaves_no_row(run: Path) -> None:
    before = sorted(path.name for path in run.iterdir())
    with pytest.raises(ValueError, match="frames must be at least 1, got 0"):
        score(run, frames=0)
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        score(run, frames=5, seed=-1)
    with pytest.raises(ValueError, match="is a run: choose another folder"):
        show(run, run)
    assert sorted(path.name for path in run.iterdir()) == before


def test_a_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no folder .*nosuch"):
        about_set(tmp_path / "nosuch")


def test_a_run_without_perception_is_refused(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "empty", {"protocol": PONG.to_json()})
    with pytest.raises(RunError, match="holds no perception"):
        score(tmp_path / "empty", frames=10)


def test_a_run_of_no_game_is_refused(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "codes", {"method": "betavae"})
    with pytest.raises(RunError, match="is a run of no game"):
        load_run(tmp_path / "codes")


def test_play_depends_on_its_seed_alone() -> None:
    one, two, three = (random_frames(PONG, 10, seed) for seed in (5, 5, 6))
    assert (one == two).all()
    assert (one != three).any()
    assert next(play(PONG, 5)).first


def test_until_there_are_eyes_there_is_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill, which nobody hears of, comes while they learn: then the place is free as before."""
    out, seen = tmp_path / "run", []

    def learn(*_: object) -> PixelEyes:
        seen.append(out.exists())
        raise SystemExit

    monkeypatch.setattr("dsrl.studies.perception_cli.train_pixels", learn)
    with pytest.raises(SystemExit):
        train(out, random_material(PONG, 10, seed=0), PixelConfig(), seed=0)
    assert seen == [False] and not out.exists()
