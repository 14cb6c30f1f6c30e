"""Measures of an exported program by hand, and what is refused before anything is written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from agents.dsrl import DSRLConfig
from agents.envs import Protocol
from dsrl.config import TrainConfig
from dsrl.exporting.export import export, facts_file, fidelity, usage_of
from dsrl.exporting.lessons import Example, stumbling
from dsrl.exporting.rule_learning import SEEDS, Trial
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import train
from symbolic import Facts, SymbolicObject
from symbolic.policies.observer import policy_facts
from symbolic.policies.policy import PolicyProgram
from symbolic.policies.rule_list import Bounds, Rule
from symbolic.policies.rule_text import program_of, sights

NAMES, GROUPS = ("noop", "up", "upfire"), np.array([1, 0, 0])
RULES = [Rule(((sights().index("place"), Bounds(4, None)),), 1), Rule((), 0)]
PROGRAM = program_of(RULES, NAMES, GROUPS.tolist())


def state(y: int) -> Facts:
    me = SymbolicObject(3, 1, y, 140, 0, 0, 16, 4)
    return policy_facts([me], [("me", 0), ("axis", "y"), ("range", 0, 80)], "noop")


def examples(*states: tuple[int, int]) -> list[Example]:
    return [Example(state(y), np.eye(3)[action], action) for y, action in states]


# The list does up, up, up, noop, noop where the agent prefers:
TOLD = examples((60, 1), (70, 2), (40, 0), (10, 0), (20, 1))


def test_fidelity_counts_the_same_way_and_the_same_action() -> None:
    same = fidelity(PolicyProgram(PROGRAM), TOLD, NAMES, GROUPS)
    assert same.states == 5
    assert same.way == pytest.approx(3 / 5)  # up for upfire moves me alike
    assert same.action == pytest.approx(2 / 5)
    assert same.constant == pytest.approx(3 / 5)  # up or upfire thrice
    with pytest.raises(ValueError, match="at least one"):
        fidelity(PolicyProgram(PROGRAM), [], NAMES, GROUPS)


def test_usage_tells_of_each_rule_how_much_it_decides_and_how_well() -> None:
    rows = usage_of(Trial(RULES, PROGRAM, 0.0), TOLD, NAMES, GROUPS)
    assert rows == [
        {"rule": 1, "text": "rule(1,up) :- place(Q), Q >= 4.", "states": 0.6, "same_way": 0.6667},
        {"rule": 2, "text": "rule(2,noop).", "states": 0.4, "same_way": 0.5},
    ]
    (_, never) = usage_of(Trial(RULES, PROGRAM, 0.0), TOLD[:3], NAMES, GROUPS)
    assert (never["states"], never["same_way"]) == (0.0, None)


def test_a_file_of_facts_holds_each_as_a_line() -> None:
    lines = facts_file(state(60)).splitlines()
    assert lines[:2] == ["object(0,1).", "at(0,60,140)."] and lines[-1] == "did(noop)."


def test_a_disturbed_game_is_disturbed_now_and_then_and_for_some_steps() -> None:
    choose = stumbling(3, np.random.default_rng(0))
    chosen = [choose(()) for _ in range(5000)]
    share = sum(action is not None for action in chosen) / len(chosen)
    assert 0.05 < share < 0.3
    assert {action for action in chosen if action is not None} == {0, 1, 2}


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run too short to know anything."""
    config = TrainConfig(
        protocol=Protocol(game="ALE/Pong-v5", max_episode_emulator_frames=400),
        agent=DSRLConfig(eyes="pixels", look_steps=30),
        seed=0,
        agent_steps=40,
    )
    path = tmp_path_factory.mktemp("runs") / "young"
    train(config, path, show=False)
    return path


def test_a_run_that_knows_nothing_is_refused_and_nothing_is_written(
    young: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "policy.lp"
    with pytest.raises(RunError, match="obeys the actions"):
        export(young, out, 30)
    assert not out.parent.exists()


def test_a_run_of_the_baseline_is_refused(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "dqn", {"method": "dqn"})
    with pytest.raises(RunError, match="baseline"):
        export(run.path, tmp_path / "policy.lp", 30)


@pytest.mark.parametrize("name", ["policy.lp", "facts.lp", "rules.csv", "measures.csv"])
def test_what_is_there_is_not_overwritten(young: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match=f"{name} exists already"):
        export(young, tmp_path / "policy.lp", 30)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("seed", [SEEDS.start - 1, SEEDS.start + 7, SEEDS.stop - 1])
def test_rules_are_not_scored_on_games_they_were_learned_from(
    young: Path, tmp_path: Path, seed: int
) -> None:
    with pytest.raises(ValueError, match="those of learning"):
        export(young, tmp_path / "policy.lp", 30, episodes=2, seed=seed)


@pytest.mark.parametrize(("option", "message"), [("--rules=1", "2 rules"), ("--episodes=0", "1")])
def test_the_command_names_what_is_wrong(
    young: Path, tmp_path: Path, option: str, message: str, refused: Callable[..., str]
) -> None:
    said = refused("export", str(young), option, "--out", str(tmp_path / "policy.lp"))
    assert f"at least {message}" in said
