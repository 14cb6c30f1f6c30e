import gymnasium
import numpy as np
import pytest

from agents.envs import Protocol, make_env
from agents.toy_worlds import IDS
from dsrl.experiments import GAMES, NAMED, TOY_WORLDS, resolve_game, short_name


@pytest.mark.parametrize("name", NAMED)
def test_every_named_game_exists(name: str) -> None:
    game = resolve_game(name)
    assert resolve_game(game.id) == game
    assert short_name(game.id) == name
    make_env(Protocol(game=game.id)).close()
    assert list(game.thresholds) == sorted(game.thresholds)


def test_the_toy_worlds_are_named_and_apart_from_the_games() -> None:
    assert {world.id for world in TOY_WORLDS.values()} == set(IDS.values())
    assert not set(TOY_WORLDS) & set(GAMES)


def test_any_game_of_ale_goes_by_its_id_or_its_words() -> None:
    ids = [i for i in gymnasium.registry if i.startswith("ALE/") and i.endswith("-v5")]
    assert len(ids) > 100
    for each in ids:
        assert resolve_game(each).id == resolve_game(short_name(each)).id == each
    assert short_name("ALE/MsPacman-v5") == "ms_pacman"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("pongg", "pong"),
        ("Pong-v4", "pong"),
        ("spaceinvaders", "space_invaders"),
        ("ALE/Seaquset-v5", "seaquest"),
        ("DSRL/CrosCircle-v0", "cross_circle"),
        ("DSRL/CrossCircle-v1", "did you mean cross_circle"),
        ("PongNoFrameskip-v4", "did you mean pong"),
        ("zzzzzzzzzzz", "give one of pong"),
    ],
)
def test_an_unknown_game_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=nearest) as error:
        resolve_game(name)
    assert repr(name) in str(error.value)


def test_registered_games_are_the_protocols_and_take_its_conditions() -> None:
    env = gymnasium.make("DSRL/Pong-v0", sticky=0.25, render_mode="rgb_array")
    own = make_env(Protocol(game="ALE/Pong-v5", sticky=0.25))
    assert np.array_equal(env.reset(seed=3)[0], own.reset(seed=3)[0])
    for action in (2, 3, 3, 0, 2, 2):
        ours, theirs = own.step(action), env.step(action)
        assert np.array_equal(ours[0], theirs[0])
        assert ours[1:] == theirs[1:]  # the executed actions among them
    with pytest.raises(ValueError, match="sticky must be in"):
        gymnasium.make("DSRL/Pong-v0", sticky=2.0)
    with pytest.raises(gymnasium.error.NameNotFound):
        gymnasium.make("DSRL/Nothing-v0")


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_gymnasium_vectorises_a_registered_game(mode: str) -> None:
    several = gymnasium.make_vec("DSRL/Freeway-v0", num_envs=2, vectorization_mode=mode)
    own = [make_env(Protocol(game="ALE/Freeway-v5")) for _ in range(2)]
    try:
        frames, _ = several.reset(seed=5)
        alone = [env.reset(seed=5 + i)[0] for i, env in enumerate(own)]
        assert np.array_equal(frames, np.stack(alone))
        for _ in range(3):
            frames, *_ = several.step(np.array([1, 2]))
            alone = [env.step(1 + i)[0] for i, env in enumerate(own)]
        assert np.array_equal(frames, np.stack(alone))
        assert not np.array_equal(frames[0], frames[1])
    finally:
        several.close()
