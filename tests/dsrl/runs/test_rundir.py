"""Run directories: refused when they exist, sealed, append-only, repaired after a kill."""

import json
from pathlib import Path

import pytest

from dsrl.runs.rundir import CONFIG_NAME, RunDir, RunError


def test_config_comes_back_with_command_commit_and_versions(tmp_path: Path) -> None:
    config = {"seed": 3, "protocol": {"game": "ALE/Pong-v5", "sticky": 0.25}}
    RunDir.create(tmp_path / "run", config)
    run = RunDir.open(tmp_path / "run")
    assert run.config == config
    assert set(run.about) == {"command", "commit", "versions"}
    assert run.about["versions"]["numpy"] != "not installed"


def test_existing_directory_is_refused_with_the_two_ways_on(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "run", {"seed": 1})
    before = (tmp_path / "run" / CONFIG_NAME).read_bytes()
    with pytest.raises(RunError, match=r"--resume .* --name or --out"):
        RunDir.create(tmp_path / "run", {"seed": 2})
    assert (tmp_path / "run" / CONFIG_NAME).read_bytes() == before


def test_an_empty_folder_becomes_the_run(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    RunDir.create(tmp_path / "run", {"seed": 0})
    assert RunDir.open(tmp_path / "run").config == {"seed": 0}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_failed_creation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dsrl.runs.rundir.write_synced", full)
    with pytest.raises(OSError, match="No space"):
        RunDir.create(tmp_path / "run", {})
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a folder"):
        RunDir.open(tmp_path / "absent")
    with pytest.raises(RunError, match=r"no config\.json"):
        RunDir.open(tmp_path)
    (tmp_path / CONFIG_NAME).write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        RunDir.open(tmp_path)


def test_altered_config_is_refused(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "run", {"seed": 1})
    file = tmp_path / "run" / CONFIG_NAME
    content = json.loads(file.read_text())
    content["config"]["seed"] = 2
    file.write_text(json.dumps(content))
    with pytest.raises(RunError, match="altered"):
        RunDir.open(tmp_path / "run")


def test_rows_survive_and_a_torn_last_line_is_cut(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "run", {})
    assert run.rows("metrics.csv") == []
    run.append("metrics.csv", {"episode": 1, "return": -21.0})
    run.append("metrics.csv", {"episode": 2, "return": 0.1})
    with (run.path / "metrics.csv").open("a") as file:
        file.write("3,-2")
    again = RunDir.open(run.path)
    assert [row["episode"] for row in again.rows("metrics.csv")] == ["1", "2"]
    again.append("metrics.csv", {"episode": 4, "return": 7.0})
    text = (run.path / "metrics.csv").read_text()
    assert text == "episode,return\n1,-21.0\n2,0.1\n4,7.0\n"


def test_other_columns_are_refused(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "run", {})
    run.append("metrics.csv", {"episode": 1})
    with pytest.raises(RunError, match="columns"):
        run.append("metrics.csv", {"episode": 1, "return": 2})


def test_truncate_goes_back_to_a_checkpoint_and_never_forward(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "run", {})
    run.append("metrics.csv", {"episode": 1})
    size = run.size("metrics.csv")
    run.append("metrics.csv", {"episode": 2})
    run.truncate("metrics.csv", size)
    assert [row["episode"] for row in run.rows("metrics.csv")] == ["1"]
    run.truncate("absent.csv", 0)
    with pytest.raises(RunError, match="missing"):
        run.truncate("metrics.csv", size + 100)


def test_two_writers_are_refused(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "run", {})
    run.lock()
    other = RunDir.open(run.path)
    with pytest.raises(RunError, match="another process"):
        other.lock()
    run.unlock()
    other.lock()


def test_an_extended_run_is_sealed_and_stays_locked(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "run", {"agent_steps": 10})
    with pytest.raises(RunError, match="must be locked"):
        run.extend({"agent_steps": 20})
    run.lock()
    run.extend({"agent_steps": 20})
    other = RunDir.open(tmp_path / "run")
    assert other.config == run.config == {"agent_steps": 20}
    assert len(other.about["extended"]) == 1
    with pytest.raises(RunError, match="another process"):
        other.lock()
    run.unlock()
    other.lock()
    other.extend({"agent_steps": 30})
    assert len(RunDir.open(tmp_path / "run").about["extended"]) == 2
