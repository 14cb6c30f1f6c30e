import re
from pathlib import Path

import numpy as np
import pytest

from agents.dsrl import DSRLConfig
from agents.envs import Protocol
from dsrl.config import TrainConfig
from dsrl.exporting.export import agent_of
from dsrl.reports.explain import Explainer, as_json, explain
from dsrl.reports.futures import lines
from dsrl.reports.ghosts import imagined
from dsrl.reports.model_report import model_report, modelling_agent
from dsrl.runs.names import called, write_names
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.statelog import StateLog
from dsrl.runs.train import Training, build_agent, train
from symbolic.model.config import ModelConfig
from symbolic.model.telling import Event, Told
from symbolic.model_learner_config import ModelLearnerConfig
from symbolic.search.search import SearchConfig

MODEL = ModelLearnerConfig(
    model=ModelConfig(first_fit_steps=60), search=SearchConfig(plans=12, horizon=8)
)


def config(steps: int, look_steps: int = 60) -> TrainConfig:
    agent = DSRLConfig(eyes="pixels", learns="model", model=MODEL, look_steps=look_steps)
    return TrainConfig(
        protocol=Protocol(game="DSRL/CrossCircle-v0"),
        agent=agent,
        agent_steps=steps,
        checkpoint_every=90,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "run"
    train(config(180), path, show=False)
    return path


def test_a_run_prints_the_laws_it_learned(finished: Path) -> None:
    found = model_report(modelling_agent(finished))
    assert found.summary[0].startswith("obeys the actions: kind")
    assert any("vx' =" in line or "vy' =" in line for line in found.lines)
    assert set(found.rules(0)) < set(found.lines)
    assert found.to_json()["rules"] == list(found.lines)


def test_names_stand_behind_the_numbers_of_the_model(finished: Path) -> None:
    agent = modelling_agent(finished)
    kinds = agent.learner.model.reader.kinds
    assert len(kinds) > 1
    plain = model_report(agent)
    kinds.reverse()  # the model numbers kinds as it meets them, perception as it learned them
    found = model_report(agent, {kinds[0]: "cross"})
    (obeys,) = plain.obeys
    names = {0: "cross"}
    assert found.names == names
    assert found.summary[0] == f"obeys the actions: kind {called(obeys, names)}"
    for before, after in zip(plain.rules(0), found.rules(0), strict=True):
        assert after == re.sub(r"kind ?0\b", r"\g<0> (cross)", before)
    assert any(line.startswith("kind 0 (cross): ") for line in found.rules(None))
    assert any("(kind0 (cross)" in line for line in found.rules(None))
    assert found.to_json() == plain.to_json() | {"names": names}


def test_a_run_in_parts_ends_as_a_run_in_one(finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    train(config(90), path, show=False)
    train(config(180), path, show=False, resume=True)
    states = []
    for each in (finished, path):
        directory = RunDir.open(each)
        training = Training(directory, config(180), build_agent)
        training.restore()
        states.append(repr(training.agent.get_state()))
        training.log.close()
    assert states[0] == states[1]
    assert (path / "metrics.csv").read_bytes() == (finished / "metrics.csv").read_bytes()


def test_what_needs_tables_says_so_in_one_line(finished: Path) -> None:
    with pytest.raises(RunError, match="plays by a model, no tables: dsrl model"):
        agent_of(RunDir.open(finished))


def test_a_step_is_explained_by_the_futures_imagined_for_it(finished: Path) -> None:
    entries = [e for e in StateLog(finished / "states") if e.record.reason == "best"]
    entry = entries[-1]
    found = explain(finished, entry.episode, entry.episode_step)
    assert found.futures is not None
    actions = found.stage.actions
    assert found.futures.taken.action == actions[entry.record.action]
    assert found.futures.other.action != found.futures.taken.action
    assert found.futures.known_after == 180
    assert found.doubt == ""
    text = lines(found.futures)
    assert text[1].startswith(f"{actions[entry.record.action]}, imagined to be worth ")
    assert as_json(found)["futures"]["parts"] == found.futures.parts
    again = explain(finished, entry.episode, entry.episode_step)
    assert again.futures == found.futures


def test_what_is_imagined_is_a_picture_too(finished: Path) -> None:
    log = StateLog(finished / "states")
    entry = [e for e in log if e.record.reason == "best"][-1]
    played = [e for e in log.episode(entry.episode) if e.step <= entry.step]
    explainer = Explainer(RunDir.open(finished))
    told, actions = explain(finished, entry.episode, entry.episode_step), explainer.stage.actions
    assert told.futures is not None
    names = [told.futures.taken.action, told.futures.other.action]
    seen = explainer.pictured(played, actions.index(names[1]))
    assert seen is not None and seen.futures == told.futures
    ghosts = imagined(seen)
    assert [*ghosts.tracks] == names
    assert ghosts.told == tuple(lines(told.futures))
    assert ghosts.parts == ({names[1]: told.futures.parts} if told.futures.parts else {})
    objects = {row[0]: row for row in entry.record.objects}
    moved = [track for tracks in ghosts.tracks.values() for track in tracks if track.id is not None]
    assert moved
    for track in moved:
        _, kind, y, x, *_ = objects[track.id]
        assert track.kind == kind and track.first == 1
        assert max(abs(track.places[0][0] - y), abs(track.places[0][1] - x)) < 64
    steps = [len(future.places) for future in seen.seen]
    assert all(len(t.places) <= max(steps) for t in moved)


def test_futures_call_kinds_by_their_names(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = [e for e in StateLog(finished / "states") if e.record.reason == "best"][-1]
    kinds = modelling_agent(finished).learner.model.reader.kinds
    event = Event(3, "touch", len(kinds) - 1, 0.0)
    met = Told((event,), np.zeros((1, 1, 2)), np.ones((1, 1), bool), np.ones((1, 1, 3)))
    monkeypatch.setattr("symbolic.model.telling.told_future", lambda *_: met)
    write_names(finished, {kinds[-1]: "circle"})
    try:
        found = explain(finished, entry.episode, entry.episode_step)
    finally:
        write_names(finished, {})
    assert found.futures is not None
    assert found.futures.taken.told == (f"step 3: I touch one of kind {kinds[-1]} (circle)",)
    assert all("(circle)" in line for line in lines(found.futures)[1:])
