"""TensorBoard: the names that others' dashboards look for, read with its own reader."""

import json
from pathlib import Path

import pytest
from table_agent import build, config
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dsrl.runs.evaluate import evaluate
from dsrl.runs.rundir import RunDir
from dsrl.runs.scalars import WINDOW, Scalars, flat
from dsrl.runs.train import train


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    path = tmp_path_factory.mktemp("scalars") / "run"
    run = train(config(300, 300), path, build=build, show=False)
    evaluate(path, 2, build=build)
    return run


@pytest.fixture(scope="module")
def seen(run: RunDir) -> EventAccumulator:
    return EventAccumulator(str(run.path / "tensorboard")).Reload()


def test_training_has_the_names_of_stable_baselines3(run: RunDir, seen: EventAccumulator) -> None:
    returns = [float(row["return"]) for row in run.rows("metrics.csv")]
    assert len(returns) > 1
    means = seen.Scalars("rollout/ep_rew_mean")
    assert [e.step for e in means] == [int(r["agent_steps"]) for r in run.rows("metrics.csv")]
    assert means[-1].value == pytest.approx(sum(returns) / len(returns))
    assert {"rollout/ep_len_mean", "time/fps", "episode/return"} <= set(seen.Tags()["scalars"])


def test_an_evaluation_is_told_at_the_agents_age(run: RunDir, seen: EventAccumulator) -> None:
    (mean,) = seen.Scalars("eval/mean_reward")
    (row,) = run.rows("evaluations.csv")
    assert (mean.step, mean.value) == (300, pytest.approx(float(row["return_mean"])))
    assert seen.Scalars("eval/mean_ep_length")[0].value > 1


def test_the_settings_are_text_and_hyperparameters(run: RunDir, seen: EventAccumulator) -> None:
    (text,) = seen.Tensors("config/text_summary")
    told = json.loads(text.tensor_proto.string_val[0].decode().strip("`json\n"))
    assert told["agent_steps"] == 300 and "background" not in told
    plugin = seen.PluginTagToContent("hparams")
    assert b"agent.learner.discount" in plugin["_hparams_/session_start_info"]
    assert b"rollout/ep_rew_mean" in plugin["_hparams_/experiment"]
    assert dict(flat(run.config))["protocol.game"] == "ALE/Breakout-v5"


def test_a_run_that_goes_on_keeps_its_means(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "run", {"method": "dsrl"})
    for number in range(WINDOW + 50):
        run.append("metrics.csv", {"agent_steps": number + 1, "return": number, "length": 1})
    scalars = Scalars(run, agent_steps=100)  # the rows after it were cut off, or will be
    scalars.game({"agent_steps": 101, "return": 999.0, "length": 1}, 1.0)
    scalars.close()
    seen = EventAccumulator(str(run.path / "tensorboard")).Reload()
    (mean,) = seen.Scalars("rollout/ep_rew_mean")
    assert mean.value == pytest.approx((sum(range(1, 100)) + 999.0) / WINDOW)
