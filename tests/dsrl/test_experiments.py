import pytest

from agents.envs import Protocol, make_env
from dsrl.experiments import GAMES, resolve_game, short_name


@pytest.mark.parametrize("name", GAMES)
def test_every_named_game_exists(name: str) -> None:
    game = resolve_game(name)
    assert resolve_game(game.id) == game
    assert short_name(game.id) == name
    make_env(Protocol(game=game.id)).close()
    assert list(game.thresholds) == sorted(game.thresholds)


def test_any_id_of_ale_is_a_game() -> None:
    assert resolve_game("ALE/Seaquest-v5").id == "ALE/Seaquest-v5"
    assert short_name("ALE/Seaquest-v5") == "seaquest"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("pongg", "pong"),
        ("Pong-v4", "pong"),
        ("spaceinvaders", "space_invaders"),
        ("ALE/Seaquset-v5", "ALE/Seaquest-v5"),
        ("zzzzzzzzzzz", "give one of pong"),
    ],
)
def test_an_unknown_game_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=nearest) as error:
        resolve_game(name)
    assert repr(name) in str(error.value)
