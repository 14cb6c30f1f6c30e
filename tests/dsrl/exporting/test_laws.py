"""The laws of a run, written as a program and put to clingo."""

import json
from pathlib import Path

import pytest

from agents.dsrl import DSRLConfig
from agents.envs import Protocol
from dsrl.cli import main
from dsrl.config import TrainConfig
from dsrl.exporting.laws import Check, check_laws, states_of, write_laws
from dsrl.reports.model_report import modelling_agent
from dsrl.runs.train import train
from symbolic import ProgramError
from symbolic.model.config import ModelConfig
from symbolic.model.memory import Episodes
from symbolic.model.model import RelationalModel
from symbolic.model_learner_config import ModelLearnerConfig
from symbolic.search.search import SearchConfig

MODEL = ModelLearnerConfig(
    model=ModelConfig(first_fit_steps=60), search=SearchConfig(plans=12, horizon=8)
)


def trained(path: Path, agent: DSRLConfig) -> Path:
    protocol = Protocol(game="DSRL/CrossCircle-v0")
    train(TrainConfig(protocol=protocol, agent=agent, agent_steps=150), path, show=False)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    agent = DSRLConfig(eyes="pixels", learns="model", model=MODEL, look_steps=60)
    return trained(tmp_path_factory.mktemp("laws") / "run", agent)


@pytest.fixture(scope="module")
def model(finished: Path) -> RelationalModel:
    found: RelationalModel = modelling_agent(finished).learner.model
    return found


def silent(done: int, total: int) -> None: ...


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line that a refused command says."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["model", *map(str, arguments)])
    assert ended.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_clingo_answers_as_the_model_of_a_run(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["model", str(finished), "--lp", str(tmp_path / "new/laws.lp"), "--check", "60", "--json"])
    told = capsys.readouterr()
    assert "clingo answers as the model does in 60 of 60 states (100.00%)" in told.err
    check = {"asked": 60, "same": 60, "same_as_rounded": 60, "differing": -1}
    assert json.loads(told.out)["check"] == check
    text = (tmp_path / "new/laws.lp").read_text()
    assert "#const up = " in text
    assert str(tmp_path) not in text
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["laws.lp"]


def test_a_program_of_laws_may_be_written_anew_and_nothing_else(
    model: RelationalModel, tmp_path: Path
) -> None:
    file, other = tmp_path / "laws.lp", tmp_path / "mine.lp"
    names = ("NOOP", "UP", "DOWN", "LEFT", "RIGHT")[: model.actions]
    assert write_laws(file, model.laws, names, None) == write_laws(file, model.laws, names, None)
    other.write_text("mine(1).\n")
    with pytest.raises(ValueError, match="no program of laws and is not overwritten"):
        write_laws(other, model.laws, names, None)
    assert other.read_text() == "mine(1).\n"
    with pytest.raises(ValueError, match="kind 99 has no laws"):
        write_laws(file, model.laws, names, 99)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("#script(python) import os #end.\n", "embedded scripts are not allowed"),
        ("gone(I) :- object(I,_), @run(I) = 1.\n", "functions from outside are not allowed"),
        ("{gone(I)} :- object(I,_).\n", "a choice gives several answers"),
        ("gone(I) :- objct(I).\n", "nothing derives objct/1"),
    ],
)
def test_a_file_that_was_changed_runs_no_code(
    model: RelationalModel, tmp_path: Path, change: str, message: str
) -> None:
    file = tmp_path / "laws.lp"
    write_laws(file, model.laws, ["A"] * model.actions, None)
    file.write_text(file.read_text() + change)
    with pytest.raises(ProgramError, match=message):
        check_laws(file, model, 5, silent)


def test_another_answer_is_counted_and_its_state_named(
    model: RelationalModel, tmp_path: Path
) -> None:
    file = tmp_path / "laws.lp"
    write_laws(file, model.laws, ["A"] * model.actions, None)
    file.write_text(file.read_text() + "reward(77) :- action(0).\n")
    found = check_laws(file, model, 60, silent)
    others = [t for t in states_of(memory(model), model.laws.kinds, 60) if acts(model)[t] == 0]
    assert found == Check(60, 60 - len(others), 60 - len(others), others[0])
    assert found.lines[-1].endswith(str(others[0]))


def memory(model: RelationalModel) -> Episodes:
    return model.memory.episodes()


def acts(model: RelationalModel) -> list[int]:
    return [int(action) for action in memory(model).action]


def test_what_cannot_be_is_one_line(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert "takes at least 1 state" in said(capsys, finished, "--check", 5)
    assert "takes at least 1 state" in said(capsys, finished, "--lp", tmp_path / "a", "--check", 0)
    assert "is a folder" in said(capsys, finished, "--lp", tmp_path)
    assert "file" in said(capsys, finished, "--lp", tmp_path / "file/laws.lp")
    assert "is not a folder" in said(capsys, tmp_path / "none", "--lp", tmp_path / "a")
    tables = DSRLConfig(eyes="pixels", look_steps=60)
    message = said(capsys, trained(tmp_path / "tables", tables), "--lp", tmp_path / "a")
    assert "has no model" in message
    late = ModelLearnerConfig(model=ModelConfig(first_fit_steps=1000))
    early = DSRLConfig(eyes="pixels", learns="model", model=late, look_steps=60)
    message = said(capsys, trained(tmp_path / "early", early), "--lp", tmp_path / "a")
    assert "does not know yet" in message
    assert not (tmp_path / "a").exists()
