"""``import dsrl``: a run in a line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from table_agent import build, config

import dsrl
from agents.baselines import DQNConfig
from dsrl.api import Run
from dsrl.config import TrainConfig
from dsrl.runs.evaluate import evaluate
from dsrl.runs.rundir import RunDir
from dsrl.runs.train import train
from dsrl.runs.train_baseline import train_baseline

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "results/pong/dsrl-pong-s0"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of a small learner, which stands in the place of the agent where one is asked for."""
    path = tmp_path_factory.mktemp("api") / "run"
    train(config(150, 150), path, build=build, show=False)
    return dsrl.load(path)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsrl.runs.train.build_agent", build)


def in_another_process(code: str) -> str:
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return found.stdout.strip()


def test_importing_it_is_light_and_registers_the_games() -> None:
    code = (
        "import sys, dsrl, gymnasium\n"
        "gymnasium.spec('DSRL/Pong-v0'), gymnasium.spec('DSRL/Cross-v0')\n"
        "print(sorted({'torch', 'clingo', 'cv2', 'scipy', 'rich'} & set(sys.modules)))"
    )
    assert in_another_process(code) == "[]"


def test_a_look_at_tables_and_log_loads_no_torch() -> None:
    code = (
        f"import sys, dsrl\nrun = dsrl.load({str(SHIPPED)!r})\n"
        "run.config, run.metrics, len(run.log)\nprint('torch' in sys.modules)"
    )
    assert in_another_process(code) == "False"


def test_what_is_public_is_listed_and_nothing_else_is_there() -> None:
    assert {"load", "Run", "__version__"} <= set(dir(dsrl))
    assert dsrl.Run is Run
    assert dsrl.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'lode': it has Run"):
        _ = dsrl.lode  # type: ignore[attr-defined]


def test_it_holds_what_the_folder_holds(run: Run) -> None:
    assert TrainConfig.from_json(run.config) == config(150, 150)
    assert run.protocol == config(150).protocol
    assert "command" in run.about
    rows = RunDir.open(run.path).rows("metrics.csv")
    metrics = run.metrics
    assert set(metrics) == set(rows[0])
    assert metrics["agent_steps"].dtype == np.int64
    assert metrics["return"].dtype == np.float64
    assert metrics["return"].tolist() == [float(row["return"]) for row in rows]
    assert metrics["length"].tolist() == [int(row["length"]) for row in rows]
    assert len(run.log) == 150
    assert [entry.step for entry in run.log] == list(range(150))
    assert repr(run) == f"Run({str(run.path)!r})"


def test_evaluations_come_with_their_games(run: Run) -> None:
    assert run.evaluations == []
    made = evaluate(run.path, 2, 40, build=build)
    (found,) = run.evaluations
    assert (found.agent_steps, found.seed) == (150, 40)
    assert found.returns.tolist() == made["returns"]


def test_it_plays_the_game_that_evaluate_counts(run: Run) -> None:
    expected = evaluate(run.path, 1, 41, build=build)["returns"]
    steps = list(run.play(41))
    assert [sum(step.reward for step in steps)] == expected
    assert steps[-1].last and not steps[0].last
    again = list(run.play(41))
    assert [s.action for s in again] == [s.action for s in steps]
    assert run.recordings == []
    recorded = list(run.play(41, record=True))
    (kept,) = run.recordings
    assert len(kept) == len(recorded) == len(steps)
    assert np.array_equal(kept.frame(3), steps[3].frame)


def test_a_seed_below_zero_is_refused_at_the_call(run: Run) -> None:
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        run.play(-1)


def test_a_seed_is_a_whole_number_of_any_kind(run: Run) -> None:
    first = next(iter(run.play(np.int64(41))))
    assert np.array_equal(first.frame, next(iter(run.play(41))).frame)
    with pytest.raises(TypeError):
        run.play(1.5)  # type: ignore[arg-type]


def test_its_environment_is_of_its_protocol(run: Run) -> None:
    env = run.env("rgb_array")
    assert env.protocol == run.protocol
    frame, _ = env.reset(seed=1)
    assert np.array_equal(env.render(), frame)


def test_a_run_that_has_not_begun_has_no_metrics(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "new", config(150).to_json())
    new = dsrl.load(tmp_path / "new")
    assert new.metrics == {}
    with pytest.raises(ValueError, match="no usable checkpoint"):
        new.play()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no config\.json"):
        dsrl.load(tmp_path)
    RunDir.create(tmp_path / "encoder", {"method": "betavae"})
    with pytest.raises(ValueError, match="encoder is a run of no game: give one of dsrl train"):
        dsrl.load(tmp_path / "encoder")


def test_a_run_of_a_game_that_is_not_here_can_still_be_read(tmp_path: Path) -> None:
    elsewhere = {"game": "Other-v0", "module": "nowhere.envs"}
    RunDir.create(tmp_path / "other", {"protocol": elsewhere})
    run = dsrl.load(tmp_path / "other")
    assert run.metrics == {}
    with pytest.raises(ValueError, match=r"is a game of the module nowhere\.envs"):
        _ = run.protocol


def test_a_baseline_plays_and_has_no_symbolic_agent(tmp_path: Path) -> None:
    short = config(150).protocol
    train_baseline(tmp_path / "dqn", short, DQNConfig(agent_steps=40, buffer_size=100))
    run = dsrl.load(tmp_path / "dqn")
    assert list(run.play(1))[-1].last
    with pytest.raises(ValueError, match="is a baseline's run"):
        run.agent()
    with pytest.raises(ValueError, match="holds no symbolic state log"):
        _ = run.log


def test_every_package_says_that_it_is_typed() -> None:
    for package in ("agents", "dsrl", "perception", "symbolic"):
        assert (ROOT / package / "py.typed").is_file()
