"""``dsrl name``: kinds as they were seen, names given and taken away, what is unknown refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from table_agent import build, config

from agents.envs import Protocol
from dsrl.cli import main
from dsrl.runs.names import FILE_NAME, names_of
from dsrl.runs.rundir import RunDir
from dsrl.runs.train import train
from dsrl.studies import perception_cli
from perception.pixels import PixelConfig


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("name") / "run"
    train(config(60, 60), path, build=build, show=False)
    return path


@pytest.fixture
def run(trained: Path) -> Path:
    (trained / FILE_NAME).unlink(missing_ok=True)
    return trained


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(["name", *arguments])
    return capsys.readouterr().out


def test_kinds_are_listed_as_the_log_has_them(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(said(capsys, str(run), "--json"))
    assert found["where"] == "in the newest 60 steps of its log"
    assert found["kinds"] == [
        {"kind": 0, "height": 4.0, "width": 2.0, "seen": 60, "moves": 1.0},
        {"kind": 1, "height": 16.0, "width": 4.0, "seen": 60, "moves": 1.0},
    ]
    lines = said(capsys, str(run)).splitlines()
    assert lines[2].split()[:5] == ["A", "0", "4x2", "60", "100%"]
    assert lines[-1] == f"name them: dsrl name {run} 0=WORD ..."
    assert not (run / FILE_NAME).exists()


def test_names_are_given_shared_changed_and_taken_away(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, str(run), "0=ball", "1=ball").count(" ball ") == 2
    assert names_of(run) == {0: "ball", 1: "ball"}
    found = json.loads(said(capsys, str(run), "1=wall", "--json"))
    assert [each["name"] for each in found["kinds"]] == ["ball", "wall"]
    said(capsys, str(run), "0=")
    assert names_of(run) == {1: "wall"}
    assert "wall" in said(capsys, str(run))


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (("0=ball", "7=wall"), "knows no kind 7: it knows 0, 1\n"),
        (("7=",), "knows no kind 7: it knows 0, 1\n"),
        (("0=ball", "1=a b"), "'a b' is no name: a word of letters, digits, '-' and '_'\n"),
        (("0=ball", "wall"), "'wall' is no KIND=NAME"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(
    run: Path, refused: Callable[..., str], pairs: tuple[str, ...], message: str
) -> None:
    text = refused("name", str(run), *pairs)
    assert message in text
    assert text.count("\n") == 1
    assert not (run / FILE_NAME).exists()


def test_a_name_of_a_kind_that_is_seen_no_more_is_listed_and_taken_away(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / FILE_NAME).write_text('{"5": "ship"}')
    *_, last = json.loads(said(capsys, str(run), "--json"))["kinds"]
    assert (last["kind"], last["name"], last["seen"]) == (5, "ship", 0)
    said(capsys, str(run), "5=")
    assert names_of(run) == {}


def test_of_eyes_alone_kinds_are_those_they_learned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, game = tmp_path / "eyes", Protocol(game="ALE/Pong-v5")
    material = perception_cli.random_material(game, 60, seed=0)
    rows = perception_cli.train(path, material, PixelConfig(), seed=0)["kinds"]
    found = json.loads(said(capsys, str(path), f"{rows[-1]['kind']}=thing", "--json"))
    assert [each["kind"] for each in found["kinds"]] == [row["kind"] for row in rows]
    last = found["kinds"][-1]
    assert (last["name"], last["seen"]) == ("thing", rows[-1]["detections"])
    assert (last["height"], last["moves"]) == (rows[-1]["height"], rows[-1]["mobility"])


def test_eyes_know_what_the_log_has_not_shown_of_late(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsrl.reports.kinds.load_run", lambda path: type("L", (), {"eyes": None}))
    monkeypatch.setattr("dsrl.reports.kinds.kinds_in", lambda eyes: [{"kind": 7}])
    said(capsys, str(run), "7=ship")
    assert names_of(run) == {7: "ship"}


def test_a_run_without_kinds_says_so(tmp_path: Path, refused: Callable[..., str]) -> None:
    RunDir.create(tmp_path / "codes", {"method": "betavae"})
    assert "is a run of no game" in refused("name", str(tmp_path / "codes"))
    RunDir.create(tmp_path / "dqn", {"protocol": Protocol(game="ALE/Pong-v5").to_json()})
    assert "holds no perception" in refused("name", str(tmp_path / "dqn"), "0=ball")
