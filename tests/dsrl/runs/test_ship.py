"""A shipped run is small, and serves what a run serves."""

from pathlib import Path

import pytest
from table_agent import build, config

from dsrl.runs.names import names_of, write_names
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.ship import ship
from dsrl.runs.statelog import StateLog
from dsrl.runs.train import load_agent, train


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ship") / "run"
    train(config(300), path, build=build, show=False)
    return path


def test_the_end_of_the_log_is_kept_and_the_agent_is_the_same(run: Path, tmp_path: Path) -> None:
    copy = ship(run, tmp_path / "copy", log_steps=100)
    whole, part = list(StateLog(run / "states")), list(StateLog(copy / "states"))
    assert 100 <= len(part) < len(whole)
    assert part == whole[-len(part) :]
    one, steps = load_agent(RunDir.open(run), build)
    other, same = load_agent(RunDir.open(copy), build)
    assert steps == same == 300
    assert (one.table == other.table).all()  # type: ignore[attr-defined]
    assert (copy / "metrics.csv").read_bytes() == (run / "metrics.csv").read_bytes()


def test_names_of_kinds_go_with_it(run: Path, tmp_path: Path) -> None:
    assert names_of(ship(run, tmp_path / "nameless")) == {}
    write_names(run, {1: "ball"})
    assert names_of(ship(run, tmp_path / "named")) == {1: "ball"}


def test_a_log_shorter_than_asked_for_is_kept_whole(run: Path, tmp_path: Path) -> None:
    copy = ship(run, tmp_path / "copy", log_steps=10_000)
    assert len(StateLog(copy / "states")) == 300


def test_an_existing_folder_is_refused_and_left_alone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine").touch()
    with pytest.raises(RunError, match="exists"):
        ship(run, tmp_path / "copy")
    assert [file.name for file in (tmp_path / "copy").iterdir()] == ["mine"]
