"""TensorBoard: the names that others' dashboards look for, read with its own reader."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from table_agent import TableAgent, build, config
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from agents.dsrl import DSRLConfig
from agents.envs import GameEnv, Protocol, make_env
from dsrl.config import TrainConfig
from dsrl.reports.eyes_figures import pixels
from dsrl.reports.eyes_figures import seen as drawn_as
from dsrl.reports.eyes_kinds import sheet
from dsrl.runs.evaluate import evaluate
from dsrl.runs.rundir import RunDir
from dsrl.runs.scalars import WINDOW, Scalars, flat
from dsrl.runs.statelog import StateLog
from dsrl.runs.train import PICTURES, build_agent, train
from dsrl.scoring.play import random_frames
from perception import Object
from perception.detection import LatentConfig, train_latents
from perception.png import decode_png


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    path = tmp_path_factory.mktemp("scalars") / "run"
    run = train(config(300, 300), path, build=build, show=False)
    evaluate(path, 2, build=build)
    return run


@pytest.fixture(scope="module")
def seen(run: RunDir) -> EventAccumulator:
    return events(run)


def events(run: RunDir) -> EventAccumulator:
    return EventAccumulator(str(run.path / "tensorboard"), size_guidance={"images": 0}).Reload()


def pictures(seen: EventAccumulator, tag: str) -> dict[int, np.ndarray]:
    """By agent steps."""
    return {e.step: decode_png(e.encoded_image_string) for e in seen.Images(tag)}


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


def test_it_shows_the_frames_that_were_decided_on_and_what_was_seen_in_them(
    run: RunDir, seen: EventAccumulator
) -> None:
    drawn = pictures(seen, "sees/frame")
    assert list(drawn) == [30 * (n + 1) for n in range(PICTURES)]
    settings = config(300, 300)
    env = make_env(settings.protocol)
    frame, _ = env.reset(seed=settings.seed)
    for entry in StateLog(run.path / "states"):
        if entry.step + 1 in drawn:
            objects = [Object(*each) for each in entry.record.objects]
            title = f"after {entry.step + 1:,} agent steps"
            expected = pixels(drawn_as(frame, objects, title))
            assert (drawn[entry.step + 1] == expected).all()
        frame = env.step(entry.record.action)[0]
        if entry.last:
            frame, _ = env.reset()


def test_it_shows_the_dictionary_of_eyes_that_have_one(
    seen: EventAccumulator, tmp_path: Path
) -> None:
    few = LatentConfig(updates=10, filters=8, elbo_updates=0)
    eyes = train_latents(random_frames(Protocol(game="ALE/Pong-v5"), 150, 0), few, 0)
    assert len(eyes.dictionary)

    def build_seeing(config: TrainConfig, env: GameEnv) -> TableAgent:
        agent = build(config, env)
        agent.perception = eyes  # type: ignore[attr-defined]
        return agent

    drawn = pictures(
        events(train(config(20), tmp_path / "run", build=build_seeing, show=False)),
        "sees/dictionary",
    )
    assert list(drawn) == list(range(2, 21, 2))
    assert (drawn[20] == pixels(sheet(eyes, title="after 20 agent steps"))).all()
    assert "sees/dictionary" not in seen.Tags()["images"]


def test_an_agent_that_tells_nothing_has_its_decisions_timed(
    run: RunDir, seen: EventAccumulator
) -> None:
    assert [tag for tag in seen.Tags()["scalars"] if "learner/" in tag] == ["learner/decision_ms"]
    times = seen.Scalars("learner/decision_ms")
    assert [e.step for e in times] == [int(r["agent_steps"]) for r in run.rows("metrics.csv")]
    assert all(0 < e.value < 1000 for e in times)


def told(run: RunDir) -> dict[str, Any]:
    """What a learner told of itself, (agent steps, value) by tag, without what the clock says."""
    seen = events(run)
    tags = [tag for tag in seen.Tags()["scalars"] if tag.startswith("learner/")]
    return {
        tag: [(e.step, e.value) for e in seen.Scalars(tag)]
        for tag in tags
        if tag != "learner/decision_ms"
    }


def test_what_a_learner_knows_is_told_with_each_episode_and_so_by_a_run_in_parts(
    tmp_path: Path,
) -> None:
    few = DSRLConfig(eyes="pixels", look_steps=60)
    short = Protocol(game="ALE/Breakout-v5", max_episode_emulator_frames=120)
    for steps in (100, 160):
        settings = config(steps, 40, agent=few, protocol=short)
        parts = train(
            settings, tmp_path / "parts", resume=steps > 100, build=build_agent, show=False
        )
    whole = train(settings, tmp_path / "whole", build=build_agent, show=False)
    every = told(whole)
    names = ("obeying_kinds", "controlled_kind", "cells", "epsilon")
    assert set(every) == {f"learner/{name}" for name in names}
    ends = [int(row["agent_steps"]) for row in whole.rows("metrics.csv")]
    open_eyed = [step for step in ends if step >= few.look_steps]
    assert len(ends) > len(open_eyed) > 2
    assert [step for step, _ in every["learner/cells"]] == open_eyed
    epsilons = [value for _, value in every["learner/epsilon"]]
    assert epsilons == sorted(epsilons, reverse=True) and epsilons[-1] < epsilons[0]
    assert told(parts) == every
