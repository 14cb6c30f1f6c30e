"""Games that depend on their seed alone."""

from pathlib import Path

import numpy as np
import pytest
from table_agent import build, config

from agents.agent import Timestep
from agents.envs import make_env
from dsrl.runs.evaluate import Result, play
from dsrl.runs.games import Frozen, Played, frozen_play, player_of, total
from dsrl.runs.rundir import RunDir
from dsrl.runs.train import load_agent, train

T = Timestep(np.zeros((210, 160, 3), np.uint8), 0.0, first=True, last=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    path = tmp_path_factory.mktemp("games") / "run"
    return train(config(150, 150), path, build=build, show=False)


def told(steps: list[Played]) -> list[tuple]:
    return [(s.frame.tobytes(), *s[1:]) for s in steps]


def test_a_game_is_the_same_whatever_was_played_before(run: RunDir) -> None:
    protocol = config(150).protocol
    play_game, agent_steps = player_of(run, protocol, build)
    assert agent_steps == 150
    alone = told(list(play_game(7)))
    list(play_game(8))
    assert told(list(play_game(7))) == alone
    agent, _ = load_agent(run, build)
    agent.step(T)  # a step of chance, which the first play did not see
    other, _ = player_of(run, protocol, build)
    assert told(list(other(7))) == alone != told(list(other(8)))


def test_a_frozen_agent_takes_its_chance_back_and_learns_nothing(run: RunDir) -> None:
    agent, _ = load_agent(run, build)
    agent.learning = True
    player = Frozen(agent)
    assert not agent.learning
    player.reset()
    before = [player.step(T) for _ in range(20)]
    player.reset()
    assert [player.step(T) for _ in range(20)] == before


def test_what_is_told_of_a_step_is_what_was_decided_on_its_frame(run: RunDir) -> None:
    protocol = config(150).protocol
    agent, _ = load_agent(run, build)
    steps = list(frozen_play(agent, make_env(protocol))(3))
    env = make_env(protocol)
    frame, _ = env.reset(seed=3)
    for step in steps:
        assert np.array_equal(step.frame, frame)
        frame, reward, terminated, truncated, info = env.step(step.record.action)
        assert (step.reward, step.life_lost) == (reward, info["life_lost"])
        assert step.last == (terminated or truncated)
    assert [s.last for s in steps].count(True) == 1


def test_a_total_counts_and_tells(run: RunDir) -> None:
    play_game, _ = player_of(run, config(150).protocol, build)
    heard: list[Played] = []
    score, number = total(play_game(3), heard.append)
    assert number == len(heard)
    assert score == sum(s.reward for s in heard)


def test_a_game_ends_with_a_word_where_another_of_the_agent_begins(run: RunDir) -> None:
    play_game, _ = player_of(run, config(150).protocol, build)
    one, other = play_game(3), play_game(4)
    next(one)
    next(other)
    with pytest.raises(ValueError, match="another game of this agent has begun"):
        next(one)
    next(other)


def test_play_gives_each_game_its_own_seed_and_keeps_no_evaluation(run: RunDir) -> None:
    seen: list[tuple[int, Result]] = []
    results, agent_steps = play(run, 2, 5, build=build, on_game=lambda i, r: seen.append((i, r)))
    assert [r.seed for r in results] == [5, 6]
    assert seen == list(enumerate(results))
    assert agent_steps == 150
    assert play(run, 1, 6, build=build)[0] == results[1:]
    assert run.rows("evaluations.csv") == []
    assert not (run.path / "games").exists()


@pytest.mark.parametrize(
    ("episodes", "seed", "message"),
    [(0, 1, "episodes must be at least 1"), (1, -1, "seed must be at least 0, got -1")],
)
def test_senseless_numbers_are_refused(
    run: RunDir, episodes: int, seed: int, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        play(run, episodes, seed, build=build)
