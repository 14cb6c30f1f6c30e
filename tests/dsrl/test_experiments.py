import gymnasium
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
        ("zzzzzzzzzzz", "give one of pong"),
    ],
)
def test_an_unknown_game_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=nearest) as error:
        resolve_game(name)
    assert repr(name) in str(error.value)
