import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from agents.envs import Protocol, make_env


class Dots(gymnasium.Env[np.ndarray, int]):
    """A dot that jumps by numpy's global chance, on a picture; forgets nothing over a reset."""

    observation_space: Any = spaces.Box(0, 255, (8, 8, 3), np.uint8)
    action_space: Any = spaces.Discrete(2, start=5)
    fault = ""

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)
        self.place = 0
        self.steps = 0

    def _seen(self) -> np.ndarray:
        picture = np.zeros((8, 8, 3), np.uint8)
        picture[self.place] = 200
        return picture

    def reset(self) -> Any:  # type: ignore[override]
        return self._seen(), {}

    def step(self, action: int) -> Any:
        assert action in (5, 6)
        self.steps += 1
        if self.fault == "raises" and self.steps == 3:
            raise RuntimeError("out of dots")
        self.place = (self.place + int(np.random.randint(1, 4))) % 8
        reward = np.nan if self.fault == "nan" else float(action == 6)
        return self._seen(), reward, self.place == 0, False, {}


for name, given in {
    "Dots-v0": {},
    "DotsRaising-v0": {"fault": "raises"},
    "DotsNan-v0": {"fault": "nan"},
    "DotsNoPicture-v0": {"observation_space": spaces.Box(-1, 1, (4,), np.float32)},
    "DotsContinuous-v0": {"action_space": spaces.Box(-1, 1, (1,), np.float32)},
}.items():
    gymnasium.register(id=name, entry_point=Dots, kwargs=given)

gymnasium.register(id="DotsPlain-v0", entry_point=lambda: Dots())  # takes no arguments
gymnasium.register(id="DotsShort-v0", entry_point=Dots, max_episode_steps=3)


def play(env: Any, steps: int, seed: int = 0) -> list[tuple[bytes, float, bool]]:
    seen = []
    for action in np.random.default_rng(seed).integers(2, size=steps):
        frame, reward, over, _, _ = env.step(int(action))
        seen.append((frame.tobytes(), reward, over))
        if over:
            seen.append((env.reset()[0].tobytes(), 0.0, False))
    return seen


def test_a_seed_decides_all_chance_and_others_are_left_alone() -> None:
    envs = [make_env(Protocol(game="Dots-v0")) for _ in range(3)]
    for env, seed in zip(envs, (3, 3, 4), strict=True):
        env.reset(seed=seed)
    np.random.seed(11)
    expected = np.random.random(5).tolist()
    np.random.seed(11)
    first, second, other = (play(env, 60) for env in envs)
    assert first == second
    assert first != other
    assert np.random.random(5).tolist() == expected


def test_it_goes_on_exactly_from_a_state_even_after_its_end() -> None:
    env = make_env(Protocol(game="Dots-v0"))
    env.reset(seed=1)
    play(env, 40)
    state = env.get_state()
    again = make_env(Protocol(game="Dots-v0"))
    again.set_state(state)
    assert play(env, 50, 5) == play(again, 50, 5)


def test_an_episode_is_cut_where_its_makers_cut_it() -> None:
    env = make_env(Protocol(game="DotsShort-v0"))
    for seed in range(5):
        env.reset(seed=seed)
        over = [env.step(0)[2:4] for _ in range(2)]
        if not any(map(any, over)):
            assert env.step(0)[2:4] in ((False, True), (True, False))
            break
    else:
        pytest.fail("no episode lasted")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)


def test_what_cannot_be_played_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="DotsNoPicture-v0 shows no pictures"):
        make_env(Protocol(game="DotsNoPicture-v0"))
    with pytest.raises(ValueError, match="actions of DotsContinuous-v0 are not discrete"):
        make_env(Protocol(game="DotsContinuous-v0"))
    with pytest.raises(ValueError, match="no_such_module"):
        Protocol(game="Dots-v0", module="no_such_module")
    with pytest.raises(ValueError, match="leave out sticky"):
        Protocol(game="Dots-v0", sticky=0.25)
    with pytest.raises(ValueError, match="leave out arguments"):
        Protocol(game="ALE/Pong-v5", arguments=(("fault", "nan"),))
    with pytest.raises(ValueError, match="no argument of a game"):
        Protocol(game="Dots-v0", arguments=(("fault", ["nan"]),))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="DotsPlain-v0 is not made with"):
        make_env(Protocol(game="DotsPlain-v0", arguments=(("fault", "nan"),)))


def test_a_game_is_made_with_the_arguments_of_its_protocol() -> None:
    protocol = Protocol(game="Dots-v0", arguments=(("fault", "raises"),))
    assert Protocol.from_json(protocol.to_json()) == protocol
    assert "fault raises" in protocol.describe()
    env = make_env(protocol)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="out of dots"):
        play(env, 10)


@pytest.mark.parametrize(
    ("game", "message"),
    [("DotsRaising-v0", "step 4: it raised RuntimeError: out of dots"), ("DotsNan-v0", "step 2")],
)
def test_a_fault_of_the_game_names_the_step(game: str, message: str) -> None:
    env = make_env(Protocol(game=game))
    env.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        play(env, 10)


def test_a_protocol_goes_to_json_and_back() -> None:
    protocol = Protocol(game="Dots-v0", module=__name__)
    assert Protocol.from_json(protocol.to_json()) == protocol
    assert not protocol.emulated and not protocol.toy


def test_a_protocol_made_in_another_process_brings_its_module_along() -> None:
    """As a worker of a sweep gets it: unpickled, nothing imported, nothing checked."""
    code = (
        "from agents.envs import Protocol, make_env\n"
        "p = Protocol.__new__(Protocol)\n"
        "vars(p).update(game='Dots-v0', module='test_picture_env', sticky=0.0, frame_skip=4,\n"
        "    noop_max=30, max_episode_emulator_frames=108000, mode=None, difficulty=None,\n"
        "    arguments=())\n"
        "print(make_env(p).reset(seed=0)[0].shape)"
    )
    here = Path(__file__)
    paths = os.pathsep.join([str(here.parents[2]), str(here.parent), *sys.path])
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "(8, 8, 3)"


def test_no_file_imports_a_module_that_nobody_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stranger.py").write_text(
        "import gymnasium\ngymnasium.register('Strange-v0', 'x:y')"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    saved = {"game": "Strange-v0", "module": "stranger"}
    with pytest.raises(ValueError, match="DSRL_IMPORT=stranger"):
        Protocol.from_json(saved)
    assert "stranger" not in sys.modules
    monkeypatch.setenv("DSRL_IMPORT", "other,stranger")
    assert Protocol.from_json(saved).game == "Strange-v0"
    sys.modules.pop("stranger")
    gymnasium.registry.pop("Strange-v0")
