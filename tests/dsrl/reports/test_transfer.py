"""Transfer on tiny runs: what is played, what is kept, what is refused."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import table_agent
from table_agent import TableAgent

from agents.baselines import DQNConfig
from agents.envs import AtariEnv, Protocol
from dsrl.cli import main
from dsrl.config import TrainConfig
from dsrl.progress import Stopped
from dsrl.reports.transfer import share_kept, transfer
from dsrl.reports.transfer_plan import TransferSettings, Variant
from dsrl.runs.evaluate import evaluate
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import Training, build_agent, train
from dsrl.runs.train_baseline import train_baseline

# a game in which points come early
ALIEN = Protocol(game="ALE/Alien-v5", sticky=0.25, max_episode_emulator_frames=300)
SMALL: dict[str, Any] = {
    "modes": [2], "difficulties": [3], "episodes": 1, "seed": 1, "most_steps": 60,
}  # fmt: skip
VARIANTS = [("0", "0"), ("2", "3")]  # the original is always played


def config(agent_steps: int = 200, protocol: Protocol = ALIEN) -> TrainConfig:
    return replace(table_agent.config(agent_steps), protocol=protocol)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A run of the small learner, and one of DQN."""
    folder = tmp_path_factory.mktemp("runs")
    train(config(), folder / "table", build=table_agent.build, show=False)
    dqn = DQNConfig(agent_steps=40, buffer_size=60)
    train_baseline(folder / "dqn", ALIEN, dqn)
    return [folder / "table", folder / "dqn"]


def play(runs: list[Path], out: Path, **options: Any) -> list[dict[str, str]]:
    transfer(runs, out, build=table_agent.build, **(SMALL | options))
    return rows_of(out)


def rows_of(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((out / "transfer.csv").read_text().splitlines()))


@pytest.fixture(scope="module")
def small(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of the small learner that was never stopped."""
    out = tmp_path_factory.mktemp("small") / "out"
    play(runs[:1], out)
    return out


@pytest.fixture(scope="module")
def whole(runs: list[Path], small: Path) -> Path:
    """The same study given a second run and further learning."""
    out = small.with_name("whole")
    shutil.copytree(small, out)
    play(runs, out, adapt_steps=30)
    return out


def files(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_player_plays_every_variant(whole: Path) -> None:
    rows = rows_of(whole)
    found = [(r["run"], r["method"], r["adapt_steps"], r["mode"], r["difficulty"]) for r in rows]
    players = [("", "random", "0"), ("table", "dsrl", "0"), ("dqn", "dqn", "0")]
    players.append(("table", "dsrl", "30"))
    assert found == [(*player, *variant) for player in players for variant in VARIANTS]
    page = (whole / "transfer.md").read_text()
    assert "at most 60 agent steps" in page
    assert (whole / "transfer.png").read_bytes().startswith(b"\x89PNG")


def test_the_share_is_of_what_was_learned_above_chance(whole: Path) -> None:
    rows = rows_of(whole)
    means = {(r["run"], r["adapt_steps"], r["mode"], r["difficulty"]): r for r in rows}

    def score(*key: str) -> float:
        return float(means[key]["mean"])

    assert score("", "0", "0", "0") != score("", "0", "2", "3")  # two floors
    told = 0
    for key, row in means.items():
        run, _, *variant = key
        learned = score(run, "0", "0", "0") - score("", "0", "0", "0")
        if run == "" or learned <= 0:
            assert row["share_kept"] == ""
            continue
        expected = (score(*key) - score("", "0", *variant)) / learned
        assert float(row["share_kept"]) == pytest.approx(expected, abs=1e-4)
        told += 1
    assert told >= 2  # some run was above chance


@pytest.mark.parametrize(
    ("scores", "share"),
    [
        ((10.0, 0.0, 10.0, 0.0), 1.0),
        ((0.0, 0.0, 10.0, 0.0), 0.0),
        ((-1.0, -21.0, 19.0, -21.0), 0.5),
        ((8.0, 10.0, 6.0, 2.0), -0.5),
        ((8.0, 1.0, 2.0, 2.0), None),
        ((8.0, 1.0, 1.0, 2.0), None),
    ],
)
def test_shares_by_hand(scores: tuple[float, ...], share: float | None) -> None:
    assert share_kept(*scores) == share


def test_the_original_is_played_with_its_switches_left_alone() -> None:
    short = replace(ALIEN, max_episode_emulator_frames=240)
    settings = TransferSettings(protocol=ALIEN, most_steps=60)
    assert settings.original == (0, 0)
    assert settings.protocol_of(Variant(0, 0)) == short
    assert settings.protocol_of(Variant(2, 0)) == replace(short, mode=2, difficulty=0)
    settings = TransferSettings(protocol=replace(ALIEN, mode=2), most_steps=60)
    assert settings.original == (2, 0)
    assert settings.protocol_of(Variant(2, 0)) == replace(short, mode=2)
    assert settings.protocol_of(Variant(0, 0)) == replace(short, mode=0, difficulty=0)


def test_on_the_original_a_run_plays_as_in_its_evaluation(runs: list[Path], tmp_path: Path) -> None:
    original: dict[str, Any] = {"modes": [0], "difficulties": [0], "most_steps": 5000}
    rows = play(runs, tmp_path / "out", episodes=2, seed=9, **original)
    for run, row in zip(runs, rows[1:], strict=True):
        expected = evaluate(run, 2, 9, build=table_agent.build)
        assert json.loads(row["returns"]) == expected["returns"]
        assert float(row["mean"]) == expected["return_mean"] > 0
        assert float(row["sd"]) == pytest.approx(expected["return_sd"], abs=1e-4)


def test_runs_learn_on_in_memory_alone(runs: list[Path], tmp_path: Path) -> None:
    agents: list[TableAgent] = []

    def build(of: TrainConfig, env: AtariEnv) -> TableAgent:
        agents.append(table_agent.build(of, env))
        return agents[-1]

    before = files(runs[0])
    transfer(runs[:1], tmp_path / "out", build=build, adapt_steps=50, **SMALL)
    assert files(runs[0]) == before
    checked, *zero_shot, _, adapted = agents
    assert len(zero_shot) == 2
    assert all((agent.table == checked.table).all() for agent in zero_shot)
    assert (adapted.table != checked.table).any()
    assert not any(agent.learning for agent in agents)


def test_what_stands_in_the_table_is_not_played_again(
    runs: list[Path], small: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(small, out)
    heard: list[int] = []
    play(runs[:1], out, progress=lambda done, *_: heard.append(done))
    assert heard == [4]  # all games at once: none was played
    assert contents(out) == contents(small)
    first, more = contents(small)["transfer.csv"], contents(whole)["transfer.csv"]
    assert more.startswith(first)
    assert more.count(b"\n") == first.count(b"\n") + 4


@pytest.mark.parametrize(("row", "torn"), [(0, True), (2, False), (3, True)])
def test_a_killed_study_goes_on_to_the_same_bytes(
    runs: list[Path], small: Path, tmp_path: Path, row: int, torn: bool
) -> None:
    """Cut after a line (0 is the header), or within the next one."""
    lines = contents(small)["transfer.csv"].splitlines(keepends=True)
    out = tmp_path / "out"
    out.mkdir()
    (out / "config.json").write_bytes(contents(small)["config.json"])
    (out / "transfer.csv").write_bytes(
        b"".join(lines[: row + 1]) + (lines[row + 1][:9] if torn else b"")
    )
    play(runs[:1], out)
    assert contents(out) == contents(small)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_ctrl_c_keeps_the_finished_rows(runs: list[Path], small: Path, tmp_path: Path) -> None:
    def interrupt(done: int, total: int, note: str) -> None:
        if done == 3:  # of 4 games: the third row's is played, the row is not written
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(Stopped, match="holds 2 rows: the same command goes on") as stopped:
        play(runs[:1], out, progress=interrupt)
    assert stopped.value.exit_status == 130
    assert rows_of(out) == rows_of(small)[:2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"modes": [0, 4]}, "no mode 4: it has 0, 1, 2, 3"),
        ({"difficulties": [-1]}, "no difficulty -1: it has 0, 1, 2, 3"),
        ({"episodes": 0}, "episodes must be at least 1"),
        ({"most_steps": 7}, "most_steps must be at least 8"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"adapt_steps": -1}, "adapt_steps must be at least 0"),
    ],
)
def test_bad_settings_leave_no_folder(
    runs: list[Path], tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        play(runs, tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def at_its_start(path: Path) -> Path:
    settings = config()
    directory = RunDir.create(path, settings.to_json())
    Training(directory, settings, table_agent.build).begin()
    return path


def still_looking(path: Path) -> Path:
    train(config(30), path, build=build_agent, show=False)
    return path


def of_no_agent(path: Path) -> Path:
    RunDir.create(path, {"method": "transfer"})
    return path


def of_another_protocol(path: Path) -> Path:
    protocol = Protocol(game="ALE/Alien-v5", max_episode_emulator_frames=300)
    train(config(60, protocol=protocol), path, build=table_agent.build, show=False)
    return path


def of_the_same_name(path: Path) -> Path:
    return of_another_protocol(path / "dqn")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (at_its_start, "untrained: after 0 agent steps"),
        (still_looking, "untrained: after 30 agent steps"),
        (of_no_agent, "method 'transfer'"),
        (of_another_protocol, "different protocols"),
        (of_the_same_name, "have one name"),
        (lambda path: path, "is not a folder"),
    ],
)
def test_runs_that_cannot_be_transferred_are_named(
    runs: list[Path], tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    run = make(tmp_path / "run")
    build = build_agent if make is still_looking else table_agent.build
    with pytest.raises(ValueError, match=message):
        transfer([runs[1], run], tmp_path / "out", build=build, **SMALL)
    assert not (tmp_path / "out").exists()


def test_a_network_alone_cannot_learn_on(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a DSRL run"):
        play(runs[1:], tmp_path / "out", adapt_steps=50)
    with pytest.raises(ValueError, match="at least one run"):
        play([], tmp_path / "out")


def test_a_folder_of_other_settings_or_runs_is_left_alone(
    runs: list[Path], whole: Path, tmp_path: Path
) -> None:
    before = files(whole)
    with pytest.raises(RunError, match="episodes is 1 in the run, 3 was asked for"):
        play(runs, whole, episodes=3)
    train(config(100), tmp_path / "table", build=table_agent.build, show=False)
    with pytest.raises(RunError, match="another table, trained for 200 agent steps"):
        play([tmp_path / "table"], whole)
    with pytest.raises(RunError, match=r"no config\.json"):
        play(runs, tmp_path)
    assert files(whole) == before


def test_the_command_reads_numbers(refused: Callable[..., str], runs: list[Path]) -> None:
    for option in ("--modes", "--difficulties"):
        expected = f"{option} must be all, or numbers such as 0,1; got '0,x'"
        assert expected in refused("transfer", str(runs[1]), "--out", "nowhere", option, "0,x")


def test_a_file_where_a_folder_is_needed_is_named_and_left_alone(
    refused: Callable[..., str], runs: list[Path], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    said = refused("transfer", str(runs[1]), "--out", str(file), "--episodes", "1")
    assert f"{file} is a file: give another --out" in said
    assert file.read_text() == "mine"


def test_the_command_plays(capsys: pytest.CaptureFixture, runs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()  # an empty folder is as good as none
    options = ["--modes", "3,0", "--difficulties", "1", "--episodes", "1", "--most-steps", "20"]
    main(["transfer", str(runs[1]), "--out", str(out), *options])
    assert capsys.readouterr().out.strip() == (out / "transfer.md").read_text().strip()
    found = [(row["mode"], row["difficulty"]) for row in rows_of(out)]
    assert found == [("0", "0"), ("3", "1"), ("0", "1")] * 2
