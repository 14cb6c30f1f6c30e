"""The log as a table, and a step as a program, say what its entries say."""

import csv
import json
from pathlib import Path
from typing import Any

import clingo
import pytest

from dsrl.cli import main
from dsrl.reports.inspect import as_json, stage_of
from dsrl.reports.log_table import facts_program, write_table
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.statelog import StateLog
from symbolic.rules.program import RELATIONS

RUN = Path(__file__).parents[3] / "results" / "pong" / "dsrl-pong-s0"
LOG = StateLog(RUN / "states")
EPISODE = LOG.episodes[-1]


def told() -> list[dict[str, Any]]:
    stage = stage_of(RunDir.open(RUN))
    return [as_json(entry, stage.actions, stage.names) for entry in LOG.episode(EPISODE)]


def test_a_csv_has_a_row_a_step(tmp_path: Path) -> None:
    out = tmp_path / "new" / "t.csv"
    entries = told()
    assert write_table(RUN, out, EPISODE) == len(entries)
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(entries)
    for row, entry in zip(rows, entries, strict=True):
        assert int(row["step"]) == entry["step"]
        assert (row["action"], float(row["reward"])) == (entry["action_name"], entry["reward"])
        values = [float(row[name]) for name in row if name.startswith("value_")]
        assert values == entry["values"]
        facts = [*entry["facts"], *(each["fact"] for each in entry["percepts"])]
        assert row["facts"].split() == facts
        assert json.loads(row["objects"]) == entry["objects"]


def test_parquet_has_the_same(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert write_table(RUN, tmp_path / "t.parquet", EPISODE) == len(told())
    rows = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    for row, entry in zip(rows, told(), strict=True):
        assert (row["step"], row["action"]) == (entry["step"], entry["action_name"])
        assert [row[name] for name in row if name.startswith("value_")] == entry["values"]
        assert [each["id"] for each in row["objects"]] == [o["id"] for o in entry["objects"]]
    assert parquet.read_table(tmp_path / "t.parquet", columns=["reward"]).num_rows == len(rows)


def test_the_facts_of_a_step_are_what_its_relations_follow_from() -> None:
    entry = next(e for e in LOG.episode(EPISODE) if len(e.record.facts) > 3)
    text = facts_program(RUN, EPISODE, entry.episode_step)
    control = clingo.Control(["--warn=none"])
    control.add("base", [], text + RELATIONS.read_text())
    control.ground([("base", [])])
    with control.solve(yield_=True) as models:
        shown = {str(atom) for model in models for atom in model.symbols(shown=True)}
    assert set(entry.record.facts) <= shown
    assert all(f"% {fact}." in text for fact in entry.record.facts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--table", "t.txt"), "t.txt: a table is a file that ends in .csv or .parquet"),
        (("--table", "t.csv", "--episode", "100000"), "holds no episode 100000: there are"),
        (("--table", "t.csv", "--step", "3"), "leave out --step"),
        (("--facts",), "give --episode and --step"),
        (("--facts", "--json"), "give one of them"),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["inspect", str(RUN), *arguments])
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_table_that_cannot_be_read_to_its_end_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "t.csv"
    out.write_text("mine")

    first = LOG.episode(EPISODE)[0]

    def broken(log: StateLog, episode: int) -> object:
        yield first
        raise RunError("altered")

    monkeypatch.setattr(StateLog, "episode", broken)
    with pytest.raises(RunError, match="altered"):
        write_table(RUN, out, EPISODE)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
    assert out.read_text() == "mine"
