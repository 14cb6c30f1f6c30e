"""What every environment shows, whatever plays the game."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import RenderCollection

from agents.envs import Protocol, make_env
from agents.toy_worlds import IDS

GAMES = ("ALE/SpaceInvaders-v5", IDS[2, "random"])


@pytest.mark.parametrize("game", GAMES)
def test_what_is_rendered_is_the_observation(game: str) -> None:
    env = make_env(Protocol(game=game), "rgb_array")
    collected = RenderCollection(env)
    seen = [collected.reset(seed=1)[0]]
    seen += [collected.step(i % 4)[0] for i in range(12)]
    shown = collected.render()
    assert len(shown) == len(seen)
    assert all(np.array_equal(a, b) for a, b in zip(seen, shown, strict=True))
    assert not all(np.array_equal(seen[0], picture) for picture in shown)


@pytest.mark.parametrize("game", GAMES)
def test_nothing_is_rendered_unless_it_was_asked_for(game: str) -> None:
    env = make_env(Protocol(game=game))
    env.reset(seed=1)
    assert env.render_mode is None
    assert env.render() is None


@pytest.mark.parametrize("game", GAMES)
def test_a_mode_there_is_not_is_refused(game: str) -> None:
    with pytest.raises(ValueError, match="render_mode must be None or 'rgb_array', got 'human'"):
        make_env(Protocol(game=game), "human")


def test_it_is_shown_as_fast_as_it_is_played() -> None:
    assert make_env(Protocol(game="ALE/Pong-v5")).metadata["render_fps"] == 15
    slow = Protocol(game="ALE/Pong-v5", frame_skip=200)
    assert make_env(slow).metadata["render_fps"] == 1
    assert make_env(Protocol(game=GAMES[1])).metadata["render_fps"] == 8


@pytest.mark.filterwarnings("ignore")  # it has no registered id to try other modes with
@pytest.mark.parametrize("game", GAMES)
def test_gymnasium_accepts_the_rendering(game: str) -> None:
    check_env(make_env(Protocol(game=game), "rgb_array"), skip_render_check=False)
