"""A run with a recorded game, made once."""

from pathlib import Path

import pytest
from table_agent import build, config

from agents.dsrl import DSRLConfig
from agents.envs import Protocol
from dsrl.config import TrainConfig
from dsrl.runs.evaluate import play
from dsrl.runs.rundir import RunDir
from dsrl.runs.train import build_agent, train
from dsrl.view.runs import Library


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    run = train(
        config(150, 150), tmp_path_factory.mktemp("view") / "a-run", build=build, show=False
    )
    play(run, 1, 4, build=build, record=True)
    return run


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run without a recorded game."""
    path = tmp_path_factory.mktemp("view") / "bare"
    return train(config(80, 80), path, build=build, show=False)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run of the default learner, in a toy world, with a recorded game."""
    toy = TrainConfig(
        protocol=Protocol(game="DSRL/CrossCircle-v0"),
        agent=DSRLConfig(eyes="pixels", look_steps=60),
        agent_steps=150,
        checkpoint_every=150,
    )
    run = train(toy, tmp_path_factory.mktemp("played") / "run", show=False)
    play(run, 1, 4, build=build_agent, record=True)
    return run


@pytest.fixture(scope="session")
def library(run: RunDir) -> Library:
    return Library([run.path])


@pytest.fixture(scope="session")
def game(library: Library) -> str:
    return str(library.runs[0].games()[0]["id"])


@pytest.fixture
def shipped() -> Path:
    return Path(__file__).parents[3] / "results" / "pong" / "dsrl-pong-s0"
