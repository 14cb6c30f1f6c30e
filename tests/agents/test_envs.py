import json
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from agents.envs import AtariEnv, Protocol, make_env

PONG, BREAKOUT, INVADERS = "ALE/Pong-v5", "ALE/Breakout-v5", "ALE/SpaceInvaders-v5"


def actions(env: AtariEnv, n: int, seed: int = 0) -> list[int]:
    return np.random.default_rng(seed).integers(env.action_space.n, size=n).tolist()


def play(env: AtariEnv, todo: list[int]) -> list[tuple[Any, ...]]:
    """Frame bytes, reward and the whole info of every step; a new episode where one ends."""
    seen = []
    for action in todo:
        frame, reward, terminated, truncated, info = env.step(action)
        seen.append((frame.tobytes(), reward, terminated, truncated, info))
        if terminated or truncated:
            frame, info = env.reset()
            seen.append((frame.tobytes(), 0.0, False, False, info))
    return seen


@pytest.mark.parametrize("sticky", [0.0, 0.25])
def test_same_seed_same_play_other_seed_other_play(sticky: float) -> None:
    envs = [make_env(Protocol(game=PONG, sticky=sticky)) for _ in range(2)]
    todo = actions(envs[0], 120)
    starts = [env.reset(seed=s)[1] for env, s in zip(envs, (3, 3), strict=True)]
    assert starts[0] == starts[1]
    same = [play(env, todo) for env in envs]
    assert same[0] == same[1]
    envs[1].reset(seed=4)
    assert play(envs[1], todo) != same[0]


def test_noops_are_emulator_frames_between_one_and_the_maximum() -> None:
    env = make_env(Protocol(game=PONG, noop_max=3))
    drawn = {env.reset(seed=s)[1]["emulator_frames"] for s in range(15)}
    assert drawn == {1, 2, 3}
    assert make_env(Protocol(game=PONG, noop_max=0)).reset(seed=0)[1]["emulator_frames"] == 0


def test_reset_without_a_seed_goes_on_with_the_same_chance() -> None:
    env = make_env(Protocol(game=PONG))
    env.reset(seed=0)
    assert len({env.reset()[1]["emulator_frames"] for _ in range(20)}) > 5


def test_without_sticky_the_requested_action_is_executed() -> None:
    env = make_env(Protocol(game=PONG))
    env.reset(seed=0)
    for action in actions(env, 50):
        info = env.step(action)[-1]
        assert info["requested"] == action
        assert info["executed"] == (action,) * 4


def test_sticky_repeats_the_executed_action_per_emulator_frame() -> None:
    env = make_env(Protocol(game=PONG, sticky=0.25))
    env.reset(seed=0)
    previous, repeated, n = 0, [0, 0, 0, 0], 1200
    for i in range(n):
        requested = 2 + i % 2  # never what the last decision asked for, nor a no-op
        _, _, terminated, _, info = env.step(requested)
        executed = info["executed"]
        assert len(executed) == 4 or terminated
        for frame, action in enumerate(executed):
            assert action in (requested, previous)
            repeated[frame] += action != requested
            previous = action
        if terminated:
            env.reset()
            previous = 0
    # the old action survives frame k only by k + 1 repeats in a row: 0.25 ** (k + 1)
    for frame, expected in enumerate([0.25, 0.25**2, 0.25**3]):
        sd = np.sqrt(expected * (1 - expected) / n)
        assert abs(repeated[frame] / n - expected) < 4 * sd


@pytest.mark.parametrize("game", [PONG, INVADERS])
def test_observation_is_the_maximum_of_the_last_two_frames(game: str) -> None:
    env = make_env(Protocol(game=game, noop_max=0))
    bare: Any = gymnasium.make(game, frameskip=1, repeat_action_probability=0.0).unwrapped
    env.reset(seed=5)
    bare.reset(seed=5)
    differing = 0
    for action in actions(env, 150):
        frames, rams, reward = [], [], 0.0
        for _ in range(4):
            frame, r, *_ = bare.step(action)
            frames.append(frame)
            rams.append(bare.ale.getRAM())
            reward += r
        observation, got, *_ = env.step(action)
        assert np.array_equal(observation, np.maximum(frames[2], frames[3]))
        assert got == reward
        assert all(np.array_equal(a, b) for a, b in zip(env.rams(), rams[2:], strict=True))
        assert np.array_equal(env.ram(), rams[3])
        differing += not np.array_equal(frames[2], frames[3])
    assert differing > 20  # otherwise the maximum was never put to the test


def test_an_observation_is_not_overwritten_by_the_next() -> None:
    env = make_env(Protocol(game=PONG))
    first, _ = env.reset(seed=0)
    copy = first.copy()
    for _ in range(60):
        last = env.step(2)[0]
    assert np.array_equal(first, copy)
    assert not np.array_equal(first, last)


@pytest.mark.parametrize("game", [PONG, BREAKOUT, INVADERS, "ALE/Seaquest-v5"])
def test_a_saved_state_continues_exactly_in_another_environment(game: str) -> None:
    protocol = Protocol(game=game, sticky=0.25)
    env, other = make_env(protocol), make_env(protocol)
    env.reset(seed=1)
    play(env, actions(env, 77))
    state = env.get_state()
    emulator = state.pop("emulator")
    assert isinstance(emulator, bytes)
    state = json.loads(json.dumps(state)) | {"emulator": emulator}  # all else is JSON
    todo = actions(env, 900, seed=2)  # over the end of an episode where lives are few
    expected = play(env, todo)
    other.reset(seed=9)
    other.set_state(state)
    assert play(other, todo) == expected


def test_a_finished_episode_stays_finished_when_restored() -> None:
    env = make_env(Protocol(game=PONG, max_episode_emulator_frames=40))
    env.reset(seed=0)
    while not env.step(0)[3]:
        pass
    other = make_env(env.protocol)
    other.set_state(env.get_state())
    with pytest.raises(gymnasium.error.ResetNeeded):
        other.step(0)


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:500], lambda b: bytes(500)])
def test_a_damaged_emulator_state_is_refused(damage: Any) -> None:
    env = make_env(Protocol(game=PONG))
    env.reset(seed=0)
    state = env.get_state()
    with pytest.raises(ValueError, match="cannot be restored"):
        env.set_state(state | {"emulator": damage(state["emulator"])})


def test_a_state_of_another_protocol_is_refused() -> None:
    env = make_env(Protocol(game=PONG))
    env.reset(seed=0)
    with pytest.raises(ValueError, match="another protocol"):
        make_env(Protocol(game=PONG, sticky=0.25)).set_state(env.get_state())


def test_a_lost_life_is_an_event_and_not_the_end() -> None:
    env = make_env(Protocol(game=BREAKOUT))
    _, info = env.reset(seed=0)
    lives, losses = info["lives"], 0
    assert lives == 5
    terminated = False
    for i in range(4000):
        *_, terminated, _, info = env.step(1 if i % 10 == 0 else 3)  # serve, else hold right
        assert info["life_lost"] == (info["lives"] < lives)
        losses += info["life_lost"]
        lives = info["lives"]
        if terminated:
            break
        assert lives > 0
    assert terminated
    assert losses == 5


def test_truncation_counts_emulator_frames_with_the_opening_noops() -> None:
    env = make_env(Protocol(game=PONG, max_episode_emulator_frames=100))
    _, info = env.reset(seed=0)
    truncated = False
    while not truncated:
        assert info["emulator_frames"] < 100
        _, _, terminated, truncated, info = env.step(0)
        assert not terminated
    assert 100 <= info["emulator_frames"] < 104
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)


@pytest.mark.filterwarnings("ignore")  # advice about rendering
@pytest.mark.parametrize("game", [PONG, "ALE/Carnival-v5", "ALE/AirRaid-v5"])
def test_gymnasium_accepts_the_environment(game: str) -> None:
    env = make_env(Protocol(game=game))
    check_env(env, skip_render_check=True)
    assert len(env.action_meanings) == env.action_space.n


@pytest.mark.parametrize("action", [-1, 6])
def test_an_action_the_game_lacks_is_refused(action: int) -> None:
    env = make_env(Protocol(game=PONG))
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"0\.\.5 \('NOOP', 'FIRE'"):
        env.step(action)


@pytest.mark.parametrize(
    "switches", [{}, {"mode": 1}, {"difficulty": 2}, {"mode": 1, "difficulty": 3}]
)
def test_the_variant_is_played_in_every_episode(switches: dict[str, int]) -> None:
    env = make_env(Protocol(game=PONG, noop_max=0, **switches))
    bare: Any = gymnasium.make(
        PONG, frameskip=1, repeat_action_probability=0.0, **switches
    ).unwrapped
    plain = make_env(Protocol(game=PONG, noop_max=0))
    unlike_plain = False
    for seed in (5, None):  # with the game loaded anew, and only reset
        for each in (env, bare, plain):
            each.reset(seed=seed)
        for action in actions(env, 60):
            env.step(action)
            plain.step(action)
            for _ in range(4):
                bare.step(action)
            assert np.array_equal(env.ram(), bare.ale.getRAM())
            unlike_plain |= not np.array_equal(env.ram(), plain.ram())
    assert unlike_plain == bool(switches)


def test_a_saved_state_continues_in_its_own_variant_alone() -> None:
    protocol = Protocol(game=PONG, mode=1, difficulty=2)
    env, other = make_env(protocol), make_env(Protocol(game=PONG, mode=1, difficulty=2))
    env.reset(seed=1)
    play(env, actions(env, 40))
    state = env.get_state()
    todo = actions(env, 100, seed=2)
    expected = play(env, todo)
    other.set_state(state)
    assert play(other, todo) == expected
    with pytest.raises(ValueError, match="another protocol"):
        make_env(Protocol(game=PONG, mode=1)).set_state(state)


def test_an_unknown_game_is_refused() -> None:
    with pytest.raises(ValueError, match="no game"):
        make_env(Protocol(game="ALE/Pongg-v5"))


def test_a_game_without_a_noop_is_played_and_its_opening_does_nothing() -> None:
    env = make_env(Protocol(game="ALE/Backgammon-v5", sticky=0.25))
    assert "NOOP" not in env.action_meanings
    info = env.reset(seed=1)[1]
    assert 1 <= info["emulator_frames"] <= 30
    assert info["requested"] is None
    again = make_env(Protocol(game="ALE/Backgammon-v5", sticky=0.25))
    again.set_state(json.loads(json.dumps(env.get_state(), default=_plain)))
    for action in (1, 2, 0, 1):
        one, other = env.step(action), again.step(action)
        assert one[1:] == other[1:] and (one[0] == other[0]).all()
        assert all(0 <= done < env.action_space.n for done in one[-1]["executed"])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, bytes) else str(value)


def test_points_of_the_opening_are_the_first_steps() -> None:
    """In Skiing time costs points from the first frame on: none of them may be lost."""
    env = make_env(Protocol(game="ALE/Skiing-v5"))
    env.reset(seed=0)
    game: Any = env
    opening = game._opening
    assert opening < 0
    state = env.get_state()
    first = env.step(0)[1]
    env.set_state(state | {"opening": 0.0})
    assert first == opening + env.step(0)[1]
    assert env.step(0)[1] > opening  # no step has them again
