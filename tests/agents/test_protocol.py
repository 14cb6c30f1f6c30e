"""The conditions of play: what is refused, stored and said."""

import json
from dataclasses import fields
from typing import Any

import pytest

from agents.protocol import FACTS, TOY_GAMES, Protocol, game_variants

PONG, BREAKOUT = "ALE/Pong-v5", "ALE/Breakout-v5"
TOY = "DSRL/CrossCircle-v0"


@pytest.mark.parametrize(
    "fields",
    [
        {"game": "pong"},
        {"sticky": 1.0},
        {"sticky": -0.1},
        {"frame_skip": 0},
        {"noop_max": -1},
        {"max_episode_emulator_frames": 30},
    ],
)
def test_a_senseless_protocol_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        Protocol(**({"game": PONG} | fields))


def test_a_protocol_survives_json_and_says_what_it_is() -> None:
    protocol = Protocol(game=PONG, sticky=0.25, frame_skip=2, noop_max=7)
    assert Protocol.from_json(json.loads(json.dumps(protocol.to_json()))) == protocol
    for part in (PONG, "sticky 0.25", "2 emulator frames", "7 no-op", "raw", "life loss"):
        assert part in protocol.describe()


def test_switches_are_stored_and_said_only_when_they_are_set() -> None:
    plain = Protocol(game=PONG)
    before_there_were_any = {
        "game": PONG, "sticky": 0.0, "frame_skip": 4, "noop_max": 30,
        "max_episode_emulator_frames": 108_000,
        "reward": "raw", "life_loss": "event", "observation": "max of 2",
    }  # fmt: skip
    assert plain.to_json() == before_there_were_any
    assert Protocol.from_json(before_there_were_any) == plain
    assert "mode" not in plain.describe()
    for switches in ({"mode": 1}, {"difficulty": 3}, {"mode": 0, "difficulty": 2}):
        protocol = Protocol(game=PONG, **switches)
        assert protocol.variant == switches
        assert protocol.to_json() == before_there_were_any | switches
        assert Protocol.from_json(json.loads(json.dumps(protocol.to_json()))) == protocol
        assert protocol != plain
        for name, value in switches.items():
            assert f"{PONG}, " in protocol.describe()
            assert f", {name} {value}, " in protocol.describe()


@pytest.mark.parametrize(
    ("switch", "message"),
    [({"mode": 2}, "no mode 2: it has 0, 1$"), ({"difficulty": -1}, "-1: it has 0, 1, 2, 3$")],
)
def test_a_switch_the_game_lacks_is_refused_with_those_it_has(
    switch: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Protocol(game=PONG, **switch)


def test_the_variants_of_a_game_are_the_emulators() -> None:
    assert game_variants(BREAKOUT) == (tuple(range(0, 48, 4)), (0, 1), 0, 0)
    with pytest.raises(ValueError, match="no game"):
        game_variants("ALE/Pongg-v5")


def test_a_toy_world_is_named_alone_and_says_nothing_of_an_emulator() -> None:
    assert len(TOY_GAMES) == 4
    for game in TOY_GAMES:
        protocol = Protocol(game=game)
        stored = json.loads(json.dumps(protocol.to_json()))
        assert stored == {"game": game, "reward": "raw", "max_episode_agent_steps": 100}
        assert Protocol.from_json(stored) == protocol
        assert not protocol.emulated
        for part in (game, "no emulator", "at most 100 steps"):
            assert part in protocol.describe()
        assert "frame" not in protocol.describe()
    assert Protocol(game=PONG).emulated


@pytest.mark.parametrize(
    "given",
    [
        {"sticky": 0.25},
        {"frame_skip": 1},
        {"noop_max": 0},
        {"max_episode_emulator_frames": 100},
        {"mode": 0},
        {"difficulty": 1},
    ],
)
def test_what_only_an_emulator_has_is_refused_of_a_toy_world(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{TOY} has no emulator.* {next(iter(given))}$"):
        Protocol(game=TOY, **given)


def test_facts_are_all_that_is_stored_beside_the_fields() -> None:
    own = {f.name for f in fields(Protocol)}
    for game in (PONG, TOY):
        assert set(Protocol(game=game).to_json()) - own <= FACTS
    assert not FACTS & own


def test_a_toy_world_has_no_variants() -> None:
    with pytest.raises(ValueError, match=f"{TOY} has no modes and difficulties"):
        game_variants(TOY)
