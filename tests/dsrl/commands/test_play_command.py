"""``dsrl play`` and ``dsrl evaluate --record``."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.progress import Progress
from table_agent import build, config

from dsrl.cli import main
from dsrl.commands.watch import Watch
from dsrl.runs.evaluate import Result, evaluate
from dsrl.runs.games import Played
from dsrl.runs.loop import plain_record
from dsrl.runs.recording import Recording, recordings
from dsrl.runs.rundir import RunDir
from dsrl.runs.train import train


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    for command in ("play", "evaluate"):
        monkeypatch.setattr(f"dsrl.commands.{command}.build_agent", build)
    return train(config(60, 60), tmp_path / "run", build=build, show=False)


def test_it_prints_the_returns_that_evaluate_counts(
    run: RunDir, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = evaluate(run.path, 2, 30, build=build)["returns"]
    main(["play", str(run.path), "--episodes", "2", "--seed", "30"])
    lines = capsys.readouterr().out.splitlines()
    assert "ALE/Breakout-v5" in lines[1]
    assert [line.split(" in ")[0] for line in lines[2:]] == [
        f"seed {30 + i}: return {score:g}" for i, score in enumerate(expected)
    ]
    assert len(run.rows("evaluations.csv")) == 1  # a look is no evaluation


def test_it_keeps_games_and_a_video(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = tmp_path / "films" / "game.gif"
    main(["play", str(run.path), "--seed", "30", "--record", "--video", str(video), "--json"])
    out, err = capsys.readouterr()
    (line,) = out.splitlines()  # JSON alone
    told = json.loads(line)
    (folder,) = recordings(run)
    assert told["recorded"] == [str(folder)]
    assert told["video"] == str(video)
    kept = Recording(folder)
    assert told["games"] == [
        {"seed": 30, "score": kept.about["return"], "steps": len(kept)},
    ]
    assert f"kept: {folder}" in err
    with Image.open(video) as gif:
        assert gif.n_frames > 10  # equal neighbours are one in a GIF
        assert gif.size == (320, 420)


def test_evaluate_keeps_games_where_it_is_asked_to(run: RunDir) -> None:
    main(["evaluate", str(run.path), "--episodes", "1", "--seed", "8"])
    assert recordings(run) == []
    main(["evaluate", str(run.path), "--episodes", "2", "--seed", "8", "--record"])
    assert [Recording(path).about["seed"] for path in recordings(run)] == [8, 9]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seed", "-1"), "seed must be at least 0, got -1"),
        (("--episodes", "0"), "episodes must be at least 1, got 0"),
        (("--video", "game.avi"), "a video is a file .mp4 or .gif, and game.avi is neither"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    run: RunDir, refused, arguments: tuple[str, ...], message: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    err = refused("play", str(run.path), *arguments)
    (line,) = [line for line in err.splitlines() if line.startswith("dsrl: ")]
    assert message in line
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_no_run_is_one_line(refused, tmp_path: Path) -> None:
    err = refused("play", str(tmp_path / "nowhere"), "--video", str(tmp_path / "game.gif"))
    assert err.startswith("dsrl: error: ") and "nowhere is not a folder" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_within_a_game_its_return_so_far_is_told() -> None:
    bar = Progress()
    watch = Watch(bar, 2)
    frame = np.zeros((1, 1, 3), np.uint8)
    for _ in range(45):
        watch.step(Played(frame, plain_record(0), 0.5, False, False))
    assert bar.tasks[0].fields["note"] == "step 40, return so far 20"
    watch.game(0, Result(30, 22.5, 45))
    assert (bar.tasks[0].completed, bar.tasks[0].fields["note"]) == (1, "last return 22.5")
    for _ in range(20):
        watch.step(Played(frame, plain_record(0), -1.0, False, False))
    assert bar.tasks[0].fields["note"] == "step 20, return so far -20"
