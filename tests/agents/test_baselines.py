from typing import Any

import cv2
import gymnasium
import numpy as np
import pytest
import torch

from agents.baselines import (
    DQNConfig,
    DQNPlayer,
    FinishedGame,
    build_dqn,
    dqn_weights,
    make_dqn_env,
    play_dqn_game,
    train_dqn,
)
from agents.envs import Protocol

# games of 100 decisions, so that some end within a tiny run
PONG = Protocol(game="ALE/Pong-v5", max_episode_emulator_frames=400)


def tiny(seed: int = 0, agent_steps: int = 252) -> DQNConfig:
    return DQNConfig(agent_steps=agent_steps, seed=seed, buffer_size=400)


def train(seed: int = 0) -> tuple[Any, list[FinishedGame], list[int]]:
    games: list[FinishedGame] = []
    steps: list[int] = []
    model = train_dqn(PONG, tiny(seed), on_game=games.append, on_step=steps.append)
    return model, games, steps


def test_settings_are_the_zoos() -> None:
    model = build_dqn(PONG, DQNConfig(agent_steps=10_000_000, buffer_size=400))
    assert (model.learning_starts, model.batch_size, model.train_freq.frequency) == (100_000, 32, 4)
    assert (model.gradient_steps, model.target_update_interval) == (1, 1000)
    assert (model.exploration_fraction, model.exploration_final_eps) == (0.1, 0.01)
    assert (model.learning_rate, model.gamma) == (1e-4, 0.99)
    assert model.observation_space.shape == (4, 84, 84)
    assert DQNConfig(agent_steps=1).buffer_size == 100_000


@pytest.mark.parametrize(("agent_steps", "starts"), [(100_000, 1_000), (5_000, 50), (10, 1)])
def test_learning_starts_is_the_zoos_share_of_the_budget(agent_steps: int, starts: int) -> None:
    assert DQNConfig(agent_steps=agent_steps).learning_starts == starts


def test_sticky_actions_are_the_emulators() -> None:
    for sticky in (0.0, 0.25):
        env = make_dqn_env(Protocol(game="ALE/Pong-v5", sticky=sticky))
        ale = env.unwrapped.ale  # type: ignore[attr-defined]
        assert ale.getFloat("repeat_action_probability") == sticky


def test_a_toy_world_is_seen_like_a_game_and_has_no_emulator_frames() -> None:
    toy = Protocol(game="DSRL/CrossCircle-v0")
    env = make_dqn_env(toy)
    world = gymnasium.make(toy.game)
    picture, _ = world.reset(seed=3)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    expected = cv2.resize(grey, (84, 84), interpolation=cv2.INTER_AREA)[:, :, None]
    assert np.array_equal(env.reset(seed=3)[0], expected)
    games: list[FinishedGame] = []
    model = train_dqn(toy, tiny(), on_game=games.append)
    assert [(g.agent_steps, g.length, g.life_losses) for g in games] == [
        (100, 100, 0),
        (200, 100, 0),
    ]
    assert {g.emulator_frames for g in games} == {None}
    score, steps = play_dqn_game(DQNPlayer.from_model(model), toy, seed=1)
    assert (score, steps) == play_dqn_game(DQNPlayer.from_model(model), toy, seed=1)
    assert steps <= 100


def test_the_variant_is_the_emulators() -> None:
    for switches in ({}, {"mode": 1}, {"mode": 1, "difficulty": 3}):
        env = make_dqn_env(Protocol(game="ALE/Pong-v5", **switches))
        env.reset(seed=0)
        state = env.unwrapped.ale.cloneState()  # type: ignore[attr-defined]
        found = {"mode": state.getCurrentMode(), "difficulty": state.getDifficulty()}
        assert found == {"mode": 0, "difficulty": 0} | switches


def test_a_run_learns_reports_whole_games_and_repeats_itself() -> None:
    model, games, steps = train()
    assert steps == list(range(1, 253))
    assert model._n_updates == 63  # every fourth step
    assert len(games) == 2
    assert games[0].length + games[1].length == games[1].agent_steps < 252
    assert 400 <= games[0].emulator_frames < 404
    assert 800 <= games[1].emulator_frames < 808
    assert games[0].score == int(games[0].score) < 0  # raw points of a game cut short
    again, same_games, _ = train()
    assert same_games == games
    assert all(np.array_equal(a, b) for a, b in zip(*map(layers, (model, again)), strict=True))
    other, _, _ = train(seed=1)
    assert not all(np.array_equal(a, b) for a, b in zip(*map(layers, (model, other)), strict=True))


def layers(model: Any) -> list[np.ndarray]:
    return list(dqn_weights(model).values())


def test_lives_are_counted_and_a_game_outlasts_them() -> None:
    games: list[FinishedGame] = []
    breakout = Protocol(game="ALE/Breakout-v5")
    train_dqn(breakout, tiny(agent_steps=400), on_game=games.append)
    assert games
    assert all(game.life_losses == 5 for game in games)
    assert all(game.score >= 0 for game in games)


def test_weights_come_back_exactly_and_play_as_the_model_does() -> None:
    model = build_dqn(PONG, tiny(seed=3))
    player = DQNPlayer.from_weights(dqn_weights(model), 6)
    restored = player._policy.q_net.state_dict()
    assert restored.keys() == model.q_net.state_dict().keys()
    for name, tensor in model.q_net.state_dict().items():
        assert torch.equal(restored[name], tensor)
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (12, 84, 84, 1), np.uint8)
    stack = np.zeros((84, 84, 4), np.uint8)
    for frame in frames:
        stack = np.concatenate([stack[:, :, 1:], frame], axis=2)
        expected, _ = model.predict(stack, deterministic=True)
        assert player.act(frame) == expected


def test_the_player_sees_what_training_saw() -> None:
    model = build_dqn(PONG, tiny())
    venv = model.env
    assert venv is not None
    venv.seed(11)
    observation = venv.reset()
    env = make_dqn_env(PONG)
    frame, _ = env.reset(seed=11)
    player = DQNPlayer.from_weights(dqn_weights(model), 6)
    for action in (2, 3, 2, 2, 0, 3):
        player.act(frame)
        assert np.array_equal(player._stack, observation[0])
        observation, *_ = venv.step(np.array([action]))
        frame, *_ = env.step(action)


def test_weights_of_another_network_are_refused() -> None:
    weights = dqn_weights(build_dqn(PONG, tiny()))
    with pytest.raises(ValueError, match="do not fit"):
        DQNPlayer.from_weights(weights, 4)
    weights.popitem()
    with pytest.raises(ValueError, match="do not fit"):
        DQNPlayer.from_weights(weights, 6)


class Fire(DQNPlayer):
    """Presses FIRE always: serves every ball of Breakout and loses it."""

    def __init__(self) -> None:
        self.resets = 0
        self.seen: list[bytes] = []

    def reset(self) -> None:
        self.resets += 1

    def act(self, observation: np.ndarray) -> int:
        self.seen.append(observation.tobytes())
        return 1


def test_an_evaluated_game_goes_through_all_lives() -> None:
    player = Fire()
    score, steps = play_dqn_game(player, Protocol(game="ALE/Breakout-v5"), seed=1)
    assert player.resets == 6  # the start, and five lost lives
    assert steps == len(player.seen)
    assert score == int(score) >= 0


def test_an_evaluated_game_depends_on_its_seed_alone() -> None:
    players = [Fire(), Fire(), Fire()]
    results = [play_dqn_game(p, PONG, seed=s) for p, s in zip(players, (1, 1, 2), strict=True)]
    assert results[0] == results[1]
    assert players[0].seen == players[1].seen != players[2].seen


@pytest.mark.parametrize("fields", [{"agent_steps": 0}, {"seed": -1}, {"threads": 0}])
def test_a_senseless_configuration_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        DQNConfig(**({"agent_steps": 10} | fields))


def test_a_game_without_a_noop_has_no_opening() -> None:
    env = make_dqn_env(Protocol(game="ALE/Backgammon-v5"))
    frame, _ = env.reset(seed=0)
    assert frame.shape == (84, 84, 1)
    assert env.step(0)[0].shape == (84, 84, 1)
