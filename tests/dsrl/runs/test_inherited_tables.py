"""Tables of another run: what is read, what is refused, what a run with them keeps."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from table_agent import config

from agents.agent import Agent, Timestep
from agents.dsrl import DSRLConfig
from agents.envs import GameEnv
from dsrl.config import Inherited, TrainConfig
from dsrl.progress import Stopped
from dsrl.runs.checkpoint import save_checkpoint
from dsrl.runs.inheritance import account, read_tables, tables_for
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import build_agent, train
from symbolic import Program, Solver
from symbolic.config import LearnerConfig
from symbolic.inheritance import legacy_from
from symbolic.learner import Learner

AGENT = DSRLConfig(
    eyes="pixels",
    learner=LearnerConfig(refresh_every=10),
    look_steps=40,
)
CELL = ("strike(4)", ("even", 128))


def learner_state(controlled: int | None = 1, times: int = 8) -> dict[str, Any]:
    """Kind 4 turns back, and was seen to leave so many times."""
    learner = Learner(6, LearnerConfig(), Solver(Program.load()), 0)
    learner.motion.controlled = controlled
    for _ in range(3):
        learner.watcher.turns.observe(4, 8, 4, 8, 4)
    for _ in range(times):
        learner.watcher.strikes.add([CELL], ("leaves", -4, 2))
    return learner.get_state()


def make_run(
    path: Path,
    learner: dict[str, Any] | None = None,
    steps: int = 5000,
    method: str = "dsrl",
) -> Path:
    settings = replace(config(steps), agent=AGENT).to_json() | {"method": method}
    run = RunDir.create(path, settings)
    if learner is not None:
        state = {"agent": {"learner": learner}, "tally": {"agent_steps": steps}}
        save_checkpoint(run.path / "checkpoints", steps, state)
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_run(tmp_path / "elder", learner_state())


def test_what_is_read_names_its_run_and_scales_its_counts(source: Path) -> None:
    tables = read_tables(source)
    assert (tables.run, tables.game, tables.agent_steps) == ("elder", "ALE/Breakout-v5", 5000)
    strikes = legacy_from(tables.text)["turns back"].strikes
    assert strikes == {("strike", ("even", 128)): {("leaves", -4, 2): 4}}
    other = make_run(source.parent / "other", learner_state(times=2))
    assert read_tables(other).sha256 != tables.sha256
    assert len(tables.sha256) == 64


def without(part: str) -> dict[str, Any]:
    state = learner_state()
    del state["watcher"]["turns"][part]
    return state


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "not a folder"),
        (lambda path: path.mkdir(), "not a run directory"),
        (lambda path: make_run(path, learner_state(), method="dqn"), "'dqn': only a dsrl run"),
        (lambda path: make_run(path), "no tables to inherit: it has no checkpoint; go on"),
        (lambda path: make_run(path, learner_state(None), 9), "after 9 agent steps .* obeys the"),
        (lambda path: make_run(path, learner_state(times=0)), "not met anything"),
        (lambda path: make_run(path, without("turned")), r"another version .*commit .*'turned'"),
    ],
)
def test_what_cannot_be_inherited_is_named_before_a_folder_is_made(
    make: Callable[[Path], Any], message: str, tmp_path: Path, refused: Callable[..., str]
) -> None:
    make(tmp_path / "elder")
    with pytest.raises(RunError, match=message):
        read_tables(tmp_path / "elder")
    given = ["--tables", str(tmp_path / "elder"), "--out", str(tmp_path / "new")]
    assert refused("train", "--game", "pong", *given).count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_run_that_goes_on_needs_no_other_folder(source: Path, tmp_path: Path) -> None:
    tables = read_tables(source)
    run = RunDir.create(tmp_path / "new", replace(config(9), tables=tables).to_json())
    assert json.loads((run.path / "config.json").read_text())["config"]["tables"]["run"] == "elder"
    shutil.rmtree(source)
    assert tables_for(source, run.path, resume=True) == tables
    with pytest.raises(RunError, match="not a folder"):
        tables_for(source, run.path, resume=False)
    with pytest.raises(RunError, match="not a folder"):  # another run's were asked for
        tables_for(source.parent / "stranger", run.path, resume=True)


def content(path: Path) -> dict[str, bytes]:
    newest = max((path / "checkpoints").iterdir())
    files = [path / "metrics.csv", *(path / "states").iterdir(), *newest.iterdir()]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


@pytest.mark.parametrize("stop", [20, 60])
def test_a_run_with_tables_in_parts_is_the_run_in_one(
    source: Path, tmp_path: Path, stop: int
) -> None:
    settings = replace(config(90), agent=AGENT, tables=read_tables(source))

    def build_stopping(config: TrainConfig, env: GameEnv) -> Agent:
        agent = build_agent(config, env)
        step, left = agent.step, stop

        def stopping(t: Timestep) -> int:
            nonlocal left
            left -= not t.last
            if left == 0:
                os.kill(os.getpid(), signal.SIGINT)
            return step(t)

        agent.step = stopping
        return agent

    train(settings, tmp_path / "whole", show=False)
    with pytest.raises(Stopped):
        train(settings, tmp_path / "parts", build=build_stopping, show=False)
    shutil.rmtree(source)
    train(settings, tmp_path / "parts", resume=True, show=False)
    assert content(tmp_path / "parts") == content(tmp_path / "whole")


def test_a_run_says_what_became_of_its_tables(source: Path, tmp_path: Path) -> None:
    def said(name: str, tables: Inherited | None, heirs: list) -> str | None:
        settings = replace(config(9), tables=tables).to_json()
        run = RunDir.create(tmp_path / name, settings)
        state = {"agent": {"learner": {"heirs": heirs}}}
        save_checkpoint(run.path / "checkpoints", 9, state)
        return account(run)

    tables = read_tables(source)
    heirs = [[3, "turns back"], [11, "turns back"]]
    assert said("a", tables, heirs) == (
        "tables of elder were given to kind 3, which turns back; kind 11, which turns back"
    )
    assert said("b", tables, []) == (
        "tables of elder were given to nothing: no kind was found here that turns back"
    )
    assert said("c", None, []) is None
