import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.agent import Timestep
from agents.baselines import DQNConfig
from agents.envs import Protocol, make_env
from dsrl.runs.evaluate import evaluate, play_game
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train_baseline import load_player, train_baseline

PONG = Protocol(game="ALE/Pong-v5", max_episode_emulator_frames=400)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    path = tmp_path_factory.mktemp("runs") / "dqn"
    return train_baseline(path, PONG, DQNConfig(agent_steps=220, seed=2, buffer_size=400))


def test_a_baseline_run_holds_what_a_run_must(run: RunDir) -> None:
    rows = RunDir.open(run.path).rows("metrics.csv")
    assert list(rows[0]) == [
        "agent_steps",
        "emulator_frames",
        "episode",
        "return",
        "length",
        "life_losses",
    ]
    assert [row["episode"] for row in rows] == ["0", "1"]
    assert len(run.rows("timing.csv")) == 2
    assert run.config["method"] == "dqn"
    assert run.config["protocol"] == PONG.to_json()
    assert run.config["dqn"]["learning_starts"] == 2
    assert list((run.path / "tensorboard").iterdir())
    with pytest.raises(RunError, match="exists already"):
        train_baseline(run.path, PONG, DQNConfig(agent_steps=10))


def test_evaluation_plays_the_stored_network_on_the_given_seeds(run: RunDir) -> None:
    seen: list[tuple[int, float]] = []
    result = evaluate(run.path, episodes=3, seed=50, on_game=lambda i, r: seen.append((i, r.score)))
    assert (result["game"], result["seed"], result["episodes"]) == ("ALE/Pong-v5", 50, 3)
    assert result["protocol"] == PONG.to_json()
    assert result["agent_steps_trained"] == 220
    assert seen == list(enumerate(result["returns"]))
    assert result["return_mean"] == pytest.approx(np.mean(result["returns"]))
    assert result["return_sd"] == pytest.approx(np.std(result["returns"], ddof=1))
    assert result["steps_per_second"] > 0
    json.dumps(result)
    again = evaluate(run.path, episodes=2, seed=51)
    assert again["returns"] == result["returns"][1:]  # game i starts from seed + i
    rows = run.rows("evaluations.csv")
    assert [json.loads(row["returns"]) for row in rows] == [result["returns"], again["returns"]]


def test_a_damaged_or_missing_network_is_refused(run: RunDir, tmp_path: Path) -> None:
    unfinished = RunDir.create(tmp_path / "unfinished", run.config)
    with pytest.raises(RunError, match="when its budget is spent"):
        evaluate(unfinished.path, episodes=1)
    (checkpoint,) = (run.path / "checkpoints").iterdir()
    copy = unfinished.path / "checkpoints" / checkpoint.name
    copy.mkdir(parents=True)
    for file in checkpoint.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    load_player(unfinished)
    weights = bytearray((copy / "arrays.safetensors").read_bytes())
    weights[5000] ^= 1
    (copy / "arrays.safetensors").write_bytes(weights)
    with pytest.raises(RunError, match="SHA-256"):
        load_player(unfinished)


def test_no_game_at_all_is_no_evaluation(run: RunDir) -> None:
    with pytest.raises(ValueError, match="episodes"):
        evaluate(run.path, episodes=0)


class Script:
    """Answers with its list of actions, over and over, and keeps what it was shown."""

    last_record = None

    def __init__(self) -> None:
        self.shown: list[Timestep] = []
        self.resets = 0

    def step(self, t: Timestep) -> int:
        self.shown.append(t)
        return len(self.shown) % 6

    def reset(self) -> None:
        self.resets += 1

    def get_state(self) -> dict[str, Any]:
        return {}

    def set_state(self, state: Any) -> None:
        pass


def test_a_baseline_learns_and_is_evaluated_in_a_toy_world(tmp_path: Path) -> None:
    toy = Protocol(game="DSRL/CrossCircle-v0")
    config = DQNConfig(agent_steps=220, seed=2, buffer_size=400)
    run = train_baseline(tmp_path / "dqn", toy, config)
    rows = run.rows("metrics.csv")
    assert list(rows[0]) == ["agent_steps", "episode", "return", "length", "life_losses"]
    assert [row["agent_steps"] for row in rows] == ["100", "200"]
    result = evaluate(run.path, episodes=2, seed=50)
    assert (result["game"], result["protocol"]) == (toy.game, toy.to_json())
    assert all(-8 <= score <= 8 for score in result["returns"])


def test_a_game_of_an_agent_is_played_to_its_end() -> None:
    agent, env = Script(), make_env(PONG)
    score, steps = play_game(agent, env, seed=7)
    assert agent.resets == 1
    assert [t.first for t in agent.shown] == [True] + [False] * steps
    assert [t.last for t in agent.shown] == [False] * steps + [True]
    frame, _ = env.reset(seed=7)
    assert np.array_equal(agent.shown[0].frame, frame)
    total, n, over = 0.0, 0, False
    while not over:
        n += 1
        _, reward, terminated, truncated, _ = env.step(n % 6)
        total += reward
        over = terminated or truncated
    assert (score, steps) == (total, n)
    assert score < 0
