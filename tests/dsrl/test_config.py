"""Configurations: there and back, and nothing unknown."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from agents.dsrl import DSRLConfig
from agents.envs import Protocol
from dsrl.config import Inherited, TrainConfig, differences, in_use
from perception.pixels import PixelConfig
from symbolic.config import LearnerConfig
from symbolic.rules.syntax import Source

CONFIG = TrainConfig(
    protocol=Protocol(game="ALE/Pong-v5", sticky=0.25),
    agent=DSRLConfig(
        pixels=PixelConfig(max_kinds=7), learner=LearnerConfig(epsilon=0.5), look_steps=9
    ),
    seed=3,
    background=(Source(path="my.lp", text="cell(mine) :- object(_, _).\n" * 9),),
    tables=Inherited(run="elder", game="ALE/Boxing-v5", agent_steps=9, sha256="ab", text="{}"),
)


def test_it_comes_back_from_json() -> None:
    for protocol in (CONFIG.protocol, Protocol(game="DSRL/CrossCircle-v0")):
        for tables in (CONFIG.tables, None):
            config = replace(CONFIG, protocol=protocol, tables=tables)
            assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_no_run_imports_a_module_that_nobody_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stranger.py").write_text("raise SystemExit('it ran')")
    monkeypatch.syspath_prepend(str(tmp_path))
    saved = CONFIG.to_json() | {"protocol": {"game": "Strange-v0", "module": "stranger"}}
    with pytest.raises(ValueError, match="DSRL_IMPORT=stranger"):
        TrainConfig.from_json(saved)


def test_a_run_from_before_there_were_tables_is_read_and_goes_on() -> None:
    plain = replace(CONFIG, tables=None)
    older = {key: value for key, value in plain.to_json().items() if key != "tables"}
    assert TrainConfig.from_json(older) == plain
    assert differences(older, plain.to_json()) == []


@pytest.mark.parametrize("eyes", [{}, {"eyes": "fcvae"}, {"eyes": "simvae"}])
def test_a_run_from_when_a_network_was_trained_beside_pixels_is_read_as_theirs(eyes: dict) -> None:
    today = CONFIG.to_json()
    agent = {key: today["agent"][key] for key in ("learner", "look_steps", "latents")}
    older = {"beta": 0.1, "updates": 400, "max_kinds": 7, "coast_steps": 3, "gate_pixels": 28.0}
    read = TrainConfig.from_json(today | {"agent": {**agent, **eyes, "perception": older}})
    name = "simvae" if eyes.get("eyes") == "simvae" else "pixels"
    assert read == replace(CONFIG, agent=replace(CONFIG.agent, eyes=name))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sed": 1}, "no setting sed: did you mean seed"),
        ({"protocol": {"game": "ALE/Pong-v5", "stiky": 1}}, r"did you mean protocol\.sticky"),
        ({"background": [{"path": "a", "txt": "b"}]}, r"did you mean background\.text"),
        ({"tables": {"rn": "elder"}}, r"did you mean tables\.run"),
        ({"tables": {"run": "elder"}}, r"missing in tables"),
        ({"protocol": {}}, "missing in protocol"),
        ({"agent": {"look_stps": 9}}, r"did you mean agent\.look_steps"),
        ({"agent": {"learner": {"epsilom": 1}}}, r"did you mean agent\.learner\.epsilon"),
        ({"agent": {"pixels": {"max_kids": 9}}}, r"did you mean agent\.pixels\.max_kinds"),
        ({"agent": {"eyes": "red"}}, "eyes 'red' are unknown"),
        ({"method": "dqn"}, "'dqn' is no dsrl run"),
        ({"agent_steps": 0}, "agent_steps must be at least 1"),
    ],
)
def test_what_is_wrong_is_named(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainConfig.from_json({**CONFIG.to_json(), **change})


def test_settings_of_the_learner_that_a_run_has_not_may_differ() -> None:
    old = CONFIG.to_json()
    old["agent"] = old["agent"] | {"model": {"search": {"work": 7}}}
    assert differences(in_use(old), in_use(CONFIG.to_json())) == []
    for each in (old, today := CONFIG.to_json()):
        each["agent"] = each["agent"] | {"learns": "model"}
    assert any("search.work is 7" in text for text in differences(in_use(old), in_use(today)))
    assert in_use({"seed": 1}) == {"seed": 1}


def test_differences_are_named_by_place() -> None:
    other = CONFIG.to_json()
    assert differences(other, CONFIG.to_json()) == []
    other["protocol"] = other["protocol"] | {"sticky": 0.0}
    other["extra"] = 1
    assert differences(CONFIG.to_json(), other) == [
        "protocol.sticky is 0.25 in the run, 0.0 was asked for",
        "extra is None in the run, 1 was asked for",
    ]


def test_long_differences_are_cut_short() -> None:
    other = CONFIG.to_json() | {"tables": None}
    (text,) = differences(CONFIG.to_json(), other)
    assert text.startswith("tables is {'run': 'elder', ")
    assert text.endswith("... in the run, None was asked for")


def test_files_are_named_by_path_and_contents() -> None:
    edited = replace(CONFIG, background=(Source(path="my.lp", text="other."),)).to_json()
    (text,) = differences(edited, CONFIG.to_json())
    assert re.fullmatch(
        r"background is my\.lp \([0-9a-f]{8}\) in the run, my\.lp \([0-9a-f]{8}\) was asked for",
        text,
    )
    (text,) = differences(edited, replace(CONFIG, background=()).to_json())
    assert text.endswith("in the run, none was asked for")
