"""The toy worlds as the loop plays them."""

import json
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from agents.envs import AtariEnv, Protocol, make_env
from agents.toy_env import ToyEnv
from agents.toy_worlds import IDS, MAX_STEPS

GAMES = sorted(IDS.values())
RANDOM, REGULAR = Protocol(game=IDS[2, "random"]), Protocol(game=IDS[1, "regular"])
UP, DOWN, LEFT, RIGHT = range(4)


def moves(n: int, seed: int = 0) -> list[int]:
    return np.random.default_rng(seed).integers(4, size=n).tolist()


def play(env: Any, todo: list[int]) -> list[tuple[Any, ...]]:
    """Picture bytes, reward, ends and info of every step; a new episode where one ends."""
    seen = []
    for action in todo:
        picture, reward, terminated, truncated, info = env.step(action)
        seen.append((picture.tobytes(), reward, terminated, truncated, info))
        if terminated or truncated:
            seen.append((env.reset()[0].tobytes(),))
    return seen


@pytest.mark.parametrize("game", GAMES)
def test_it_is_the_registered_world(game: str) -> None:
    env, world = make_env(Protocol(game=game)), gymnasium.make(game)
    assert isinstance(env, ToyEnv)
    assert np.array_equal(env.reset(seed=5)[0], world.reset(seed=5)[0])
    for action in moves(3 * MAX_STEPS):
        (picture, *own, _), (truth, *theirs, _) = env.step(action), world.step(action)
        assert np.array_equal(picture, truth)
        assert own == theirs
        if any(theirs[1:]):
            assert np.array_equal(env.reset()[0], world.reset()[0])


def test_an_agent_is_not_told_the_truth() -> None:
    env = make_env(RANDOM)
    _, info = env.reset(seed=0)
    assert info == {"lives": 0, "life_lost": False, "requested": 0, "executed": ()}
    info = env.step(RIGHT)[-1]
    assert info == {"lives": 0, "life_lost": False, "requested": RIGHT, "executed": (RIGHT,)}


@pytest.mark.parametrize("game", GAMES)
def test_a_saved_state_continues_exactly_in_another_environment(game: str) -> None:
    env, other = make_env(Protocol(game=game)), make_env(Protocol(game=game))
    env.reset(seed=1)
    play(env, moves(MAX_STEPS + 37))
    state = json.loads(json.dumps(env.get_state()))
    todo = moves(3 * MAX_STEPS, seed=2)  # over episodes to come, their layouts included
    expected = play(env, todo)
    assert len({seen for seen, *rest in expected if not rest}) == (3 if "Grid" not in game else 1)
    other.reset(seed=9)
    other.set_state(state)
    assert play(other, todo) == expected


def test_a_finished_episode_stays_finished_when_restored() -> None:
    env, other = make_env(RANDOM), make_env(RANDOM)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(UP)  # none was begun
    env.reset(seed=0)
    for number in range(1, MAX_STEPS + 1):
        _, _, terminated, truncated, _ = env.step(UP)
        assert (terminated, truncated) == (False, number == MAX_STEPS)
    other.set_state(env.get_state())
    for each in (env, other):
        with pytest.raises(gymnasium.error.ResetNeeded):
            each.step(UP)


def test_the_last_cross_ends_an_episode() -> None:
    env = make_env(REGULAR)
    env.reset(seed=0)
    corner, sweep = [UP] * 3 + [LEFT] * 3, [RIGHT] * 6 + [DOWN] + [LEFT] * 6 + [DOWN]
    walk = corner + sweep * 3 + [RIGHT] * 6
    steps = [env.step(action) for action in walk]
    assert sum(reward for _, reward, *_ in steps) == 16
    assert [terminated for _, _, terminated, *_ in steps] == [False] * (len(walk) - 1) + [True]
    assert not steps[-1][3]


def test_a_state_of_another_world_is_refused() -> None:
    env = make_env(RANDOM)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="another protocol"):
        make_env(REGULAR).set_state(env.get_state())


@pytest.mark.parametrize("action", [-1, 4])
def test_an_action_there_is_not_is_refused(action: int) -> None:
    env = make_env(RANDOM)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"0\.\.3 \('UP', 'DOWN'"):
        env.step(action)


@pytest.mark.filterwarnings("ignore")  # advice about rendering
@pytest.mark.parametrize("game", GAMES)
def test_gymnasium_accepts_the_environment(game: str) -> None:
    check_env(make_env(Protocol(game=game)), skip_render_check=True)


def test_a_game_is_played_by_its_own_kind_of_environment() -> None:
    pong = Protocol(game="ALE/Pong-v5")
    assert isinstance(make_env(pong), AtariEnv)
    with pytest.raises(ValueError, match="no toy world"):
        ToyEnv(pong)
