import csv
from dataclasses import replace
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from agents.dsrl import DSRLConfig
from agents.envs import Protocol
from dsrl.studies.sweep import COLUMNS, SweepJob, play, sweep
from dsrl.studies.sweep_table import kept_of, table_of


class Walker(gymnasium.Env[np.ndarray, int]):
    """A square goes left or right; at the right wall it earns a point and starts anew."""

    observation_space = spaces.Box(0, 255, (40, 60, 3), np.uint8)
    action_space = spaces.Discrete(2)  # type: ignore[assignment]

    def __init__(self, fault: bool = False, short: bool = False) -> None:
        self.x, self.fault, self.short, self.steps = 20, fault, short, 0

    def _seen(self) -> np.ndarray:
        picture = np.zeros((40, 60, 3), np.uint8)
        picture[15:23, self.x : self.x + 8] = (200, 40, 40)
        return picture

    def reset(self, *, seed: int | None = None, options: object = None):  # type: ignore
        self.x = 20
        return self._seen(), {}

    def step(self, action: int):  # type: ignore
        self.steps += 1
        if self.fault and self.steps > 50:
            raise OSError("gone")
        self.x = max(0, self.x + (4 if action else -4))
        won = self.x >= 48
        self.x = 4 if won else self.x
        return self._seen(), float(won), won and self.short, False, {}


gymnasium.register(id="Walker-v0", entry_point=Walker)
gymnasium.register(id="WalkerShort-v0", entry_point=Walker, kwargs={"short": True})
gymnasium.register(id="WalkerFaulty-v0", entry_point=Walker, kwargs={"fault": True})
AGENT = DSRLConfig(eyes="pixels", learns="model", look_steps=60)
SHORT = SweepJob(protocol=Protocol(game="WalkerShort-v0"), agent=AGENT, seed=0, agent_steps=400)
JOB = SweepJob(protocol=Protocol(game="Walker-v0"), agent=AGENT, seed=0, agent_steps=500)


def test_a_row_holds_all_reward_from_the_first_step_and_who_played() -> None:
    (row,) = play(JOB)
    assert row["fault"] == ""
    assert float(row["score"]) >= 10  # the most is one in eleven steps; at random it is 0 or 1
    assert row["reward"] == row["score"] and row["frozen_games"] == ""
    assert float(row["reward_last_half"]) <= float(row["score"])
    assert 0 <= float(row["chance_last_half"]) <= float(row["chance"]) < 10
    assert (row["learner"], row["eyes"], row["look_steps"]) == ("model", "pixels", "60")
    assert row["commit"]


def test_a_score_may_be_the_mean_of_frozen_games_after_training() -> None:
    (row,) = play(replace(SHORT, episodes=3))
    assert row["frozen_games"] == "3"
    assert 0.5 < float(row["score"]) <= 1 < float(row["reward"])  # a game has one point
    (again,) = play(replace(SHORT, episodes=1))
    assert again["reward"] == row["reward"] and again["score_sd"] == ""


def test_all_games_as_one_number_beside_others() -> None:
    row = dict.fromkeys(COLUMNS, "")
    rows = [
        row | {"game": game, "seed": seed, "score": score}
        for game, seed, score in (("a", "0", "5"), ("a", "1", "10"), ("b", "0", "30"))
    ]
    rows.append(row | {"game": "c", "fault": "OSError: gone"})
    methods = {"random": 0.0, "human": 10.0, "other": 5.0}
    lines = table_of(rows, {"a": methods, "b": methods, "c": methods, "d": methods})
    assert lines[0].split() == ["ours", "random", "human", "other"]
    assert lines[1].split() == ["a", "7.5", "0.0", "10.0", "5.0", "5", "10"]
    assert lines[3].split()[:2] == ["c", "-"] and lines[3].endswith("OSError: gone")
    assert lines[4].startswith("of 2 of 4 games")
    assert lines[5].startswith("mean    1.875 (95 %: ") and lines[5].endswith("; other 0.50")


def test_what_is_kept_of_a_game_that_changes_is_counted_above_chance() -> None:
    row = dict.fromkeys(COLUMNS, "") | {"score": "9"}
    rows = [
        row | {"game": game, "change": change, "reward_last_half": got, "chance_last_half": chance}
        for game, change, got, chance in (
            ("a", "", "-20", "-100"), ("a", "color", "-60", "-100"), ("a", "shape", "-10", "-90"),
            ("b", "", "0", "10"), ("b", "color", "0", "10"), ("c", "", "5", "0"),
        )
    ]  # fmt: skip
    rows = [each | {"chance": "1"} for each in rows]
    kept = kept_of(rows)
    assert kept == {"a": {"color": 0.5, "shape": 1.0}, "b": {"color": None}}
    lines = table_of(rows)
    assert [line.split()[0] for line in lines[:3]] == ["a", "b", "c"]
    assert lines[4].split() == ["a", "color", "0.50,", "shape", "1.00"]
    assert lines[5].split() == ["b", "color", "-"]
    assert lines[6:] == ["color: mean of 1 games 0.50", "shape: mean of 1 games 1.00"]


def test_a_changed_game_is_a_row_of_its_own() -> None:
    changed = replace(
        SHORT, protocol=Protocol(game="WalkerShort-v0", arguments=(("fault", True),)),
        change="fault", agent_steps=70,
    )  # fmt: skip
    rows = [*play(replace(SHORT, agent_steps=70)), *play(changed)]
    assert [(row["change"], bool(row["fault"])) for row in rows] == [("", False), ("fault", True)]
    assert changed.key != SHORT.key and "fault changed" in changed.label


def test_a_game_that_fails_is_listed_and_the_others_go_on() -> None:
    (row,) = play(replace(JOB, protocol=Protocol(game="WalkerFaulty-v0")))
    assert "OSError: gone" in row["fault"] and row["score"] == ""
    lines = table_of([row, {**row, "seed": "1", "score": "3", "fault": ""}])
    assert len(lines) == 1 and " 3.0 " in lines[0] and "gone" in lines[0]


def test_what_the_table_has_is_not_played_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "scores.csv"
    (row,) = play(replace(JOB, agent_steps=70))
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    with pytest.raises(FileExistsError, match="--resume"):
        sweep(table, [JOB], 1, resume=False)
    with pytest.raises(ValueError, match="agent_steps 70, not 500"):
        sweep(table, [JOB], 1, resume=True)
    assert sweep(table, [replace(JOB, agent_steps=70)], 1, resume=True) == [row]
