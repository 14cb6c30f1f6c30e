"""Training: a run in parts is the run in one, byte for byte, however it was stopped."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import table_agent
from table_agent import TableAgent, build, config

from agents.agent import Timestep
from agents.envs import GameEnv, Protocol, make_env
from dsrl.config import TrainConfig
from dsrl.progress import Stopped, StopRequests
from dsrl.runs.loop import run, start_episode
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.statelog import FILE_NAME, StateLog
from dsrl.runs.train import load_agent, train

STEPS = 220


def content(path: Path) -> dict[str, bytes]:
    """Everything of a run that does not depend on the clock."""
    newest = max((path / "checkpoints").iterdir())
    files = [path / "metrics.csv", path / "states" / FILE_NAME, *sorted(newest.iterdir())]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "run"
    train(config(STEPS), path, build=build, show=False)
    return path


class Stopping(TableAgent):
    """Asks to stop, as Ctrl-C would, at one step."""

    def __init__(self, actions: int, seed: int, when: int, number: int = signal.SIGINT) -> None:
        super().__init__(actions, seed)
        self.left = when
        self.number = number

    def step(self, t: Timestep) -> int:
        self.left -= not t.last
        if self.left == 0:
            os.kill(os.getpid(), self.number)
        return super().step(t)


def test_a_run_holds_metrics_log_timing_and_checkpoint(whole: Path) -> None:
    rows = (whole / "metrics.csv").read_text().splitlines()
    assert rows[0] == "agent_steps,emulator_frames,episode,return,length,life_losses"
    assert len(rows) > 2
    steps, frames, episode, _, length, _ = rows[2].split(",")
    before = rows[1].split(",")
    assert int(episode) == 1
    assert int(steps) == int(before[0]) + int(length)
    assert int(frames) > int(before[1]) >= 4 * int(before[0])
    timing = (whole / "timing.csv").read_text().splitlines()
    assert timing[0] == "agent_steps,seconds,steps_per_second"
    assert len(timing) == len(rows)
    assert list((whole / "tensorboard").iterdir())
    names = sorted(path.name for path in (whole / "checkpoints").iterdir())
    assert names == ["step-000000200", "step-000000220"]


def test_the_log_agrees_with_the_metrics(whole: Path) -> None:
    entries = list(StateLog(whole / "states"))
    assert [entry.step for entry in entries] == list(range(STEPS))
    returns: dict[int, float] = {}
    for entry in entries:
        returns[entry.episode] = returns.get(entry.episode, 0.0) + entry.reward
    for row in (whole / "metrics.csv").read_text().splitlines()[1:]:
        _, _, episode, total, length, losses = row.split(",")
        own = [entry for entry in entries if entry.episode == int(episode)]
        assert len(own) == int(length)
        assert own[-1].last
        assert returns[int(episode)] == float(total)
        assert sum(entry.life_lost for entry in own) == int(losses)


@pytest.mark.parametrize("stop", [1, 49, 50, 75, 219])
def test_ctrl_c_saves_and_resume_ends_the_same(
    whole: Path, tmp_path: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/dsrl", "train", "--name", "two words"])
    path = tmp_path / "run"

    def build_stopping(config: TrainConfig, env: GameEnv) -> TableAgent:
        return Stopping(len(env.action_meanings), config.seed, stop)

    with pytest.raises(
        Stopped, match=f"after {stop} agent steps; .*'two words' --resume"
    ) as caught:
        train(config(STEPS), path, build=build_stopping, show=False)
    assert caught.value.exit_status == 130
    assert len(StateLog(path / "states")) == stop
    train(config(STEPS), path, resume=True, build=build, show=False)
    assert content(path) == content(whole)


@pytest.mark.parametrize("stop", [99, 101])
def test_a_toy_world_is_trained_in_and_gone_on_with_like_any_game(
    tmp_path: Path, stop: int
) -> None:
    toy = config(STEPS, protocol=Protocol(game="DSRL/CrossCircle-v0"))
    train(toy, tmp_path / "whole", build=build, show=False)
    rows = (tmp_path / "whole" / "metrics.csv").read_text().splitlines()
    assert rows[0] == "agent_steps,episode,return,length,life_losses"  # there is no emulator
    assert len(rows) == 3
    assert rows[2].split(",")[0:2] == ["200", "1"]  # two episodes, each of the most steps

    def build_stopping(config: TrainConfig, env: GameEnv) -> TableAgent:
        return Stopping(len(env.action_meanings), config.seed, stop)

    with pytest.raises(Stopped):
        train(toy, tmp_path / "parts", build=build_stopping, show=False)
    train(toy, tmp_path / "parts", resume=True, build=build, show=False)
    assert content(tmp_path / "parts") == content(tmp_path / "whole")


def test_sigterm_saves_too(whole: Path, tmp_path: Path) -> None:
    def build_stopping(config: TrainConfig, env: GameEnv) -> TableAgent:
        return Stopping(len(env.action_meanings), config.seed, 30, signal.SIGTERM)

    with pytest.raises(Stopped, match="after 30 agent steps") as caught:
        train(config(STEPS), tmp_path / "run", build=build_stopping, show=False)
    assert caught.value.exit_status == 143
    train(config(STEPS), tmp_path / "run", resume=True, build=build, show=False)
    assert content(tmp_path / "run") == content(whole)


def test_an_agent_with_nothing_to_say_is_logged_all_the_same(tmp_path: Path) -> None:
    class Silent(TableAgent):
        def step(self, t: Timestep) -> int:
            action = super().step(t)
            self.last_record = None
            return action

    def build_silent(config: TrainConfig, env: GameEnv) -> TableAgent:
        return Silent(len(env.action_meanings), config.seed)

    train(config(100), tmp_path / "run", build=build_silent, show=False)
    entries = list(StateLog(tmp_path / "run" / "states"))
    assert len(entries) == 100
    assert {len(entry.record.cells) for entry in entries} == {0}
    assert len({entry.record.action for entry in entries}) > 1


def test_checkpoints_that_are_all_gone_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "run"
    train(config(60), path, build=build, show=False)
    shutil.rmtree(path / "checkpoints")
    (path / "metrics.csv").unlink(missing_ok=True)
    before = (path / "states" / FILE_NAME).read_bytes()
    with pytest.raises(RunError, match="no usable checkpoint"):
        train(config(60), path, resume=True, build=build, show=False)
    assert (path / "states" / FILE_NAME).read_bytes() == before


def test_other_seed_other_run(whole: Path, tmp_path: Path) -> None:
    train(config(STEPS, seed=4), tmp_path / "run", build=build, show=False)
    assert content(tmp_path / "run")["metrics.csv"] != content(whole)["metrics.csv"]


def test_kill_and_resume_end_the_same(whole: Path, tmp_path: Path) -> None:
    """kill -9 at random moments (the whole test of 20 is scripts/kill_test.py)."""
    path = tmp_path / "run"
    rng = np.random.default_rng(0)
    program = [sys.executable, table_agent.__file__, str(path), str(STEPS)]
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    kills = 0
    while kills < 3:
        resume = ["--resume"] if path.exists() else []
        process = subprocess.Popen([*program, *resume], env=environment, stdout=subprocess.DEVNULL)
        log = path / "states" / FILE_NAME
        before = log.stat().st_size if log.exists() else 0
        while process.poll() is None and (log.stat().st_size if log.exists() else 0) <= before:
            time.sleep(0.001)
        time.sleep(float(rng.uniform(0, 0.05)))
        process.kill()
        kills += process.wait() == -signal.SIGKILL
        if process.returncode == 0:
            break
    assert kills
    subprocess.run([*program, "--resume"], env=environment, check=True)
    assert content(path) == content(whole)


def test_a_damaged_checkpoint_is_named_and_the_end_is_the_same(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"

    def build_stopping(config: TrainConfig, env: GameEnv) -> TableAgent:
        return Stopping(len(env.action_meanings), config.seed, 120)

    with pytest.raises(Stopped):
        train(config(STEPS), path, build=build_stopping, show=False)
    (path / "checkpoints" / "step-000000120" / "state.json").write_bytes(b"{}")
    with pytest.warns(UserWarning, match=r"step-000000120/state\.json is damaged"):
        train(config(STEPS), path, resume=True, build=build, show=False)
    assert content(path) == content(whole)


def test_an_altered_log_is_refused_on_resume(tmp_path: Path) -> None:
    path = tmp_path / "run"
    train(config(100), path, build=build, show=False)
    log = path / "states" / FILE_NAME
    data = bytearray(log.read_bytes())
    data[100] ^= 1
    log.write_bytes(data)
    with pytest.raises(RunError, match="altered"):
        train(config(100), path, resume=True, build=build, show=False)


def test_resume_of_another_configuration_is_refused(whole: Path) -> None:
    with pytest.raises(RunError, match="seed is 3 in the run, 5 was asked for"):
        train(config(STEPS, seed=5), whole, resume=True, build=build, show=False)


def test_a_run_from_before_a_setting_goes_on(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    older = config(STEPS).to_json()
    del older["agent"]["latents"]
    RunDir.create(path, older)
    train(config(STEPS), path, resume=True, build=build, show=False)
    assert content(path) == content(whole)


def test_a_longer_budget_makes_the_longer_run(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    train(config(75), path, build=build, show=False)
    train(config(STEPS), path, resume=True, build=build, show=False)
    assert content(path) == content(whole)
    run = RunDir.open(path)
    assert run.config == RunDir.open(whole).config
    assert [set(each) for each in run.about["extended"]] == [{"command", "commit", "versions"}]
    with pytest.raises(RunError, match=f"agent_steps is {STEPS} in the run, 75 was asked for"):
        train(config(75), path, resume=True, build=build, show=False)


def test_existing_run_is_refused_without_resume(whole: Path) -> None:
    with pytest.raises(RunError, match="--resume"):
        train(config(STEPS), whole, build=build, show=False)


def test_resume_of_a_finished_run_changes_nothing(whole: Path) -> None:
    before = content(whole)
    train(config(STEPS), whole, resume=True, build=build, show=False)
    assert content(whole) == before


def test_resume_of_a_run_killed_before_it_began_starts_it(whole: Path, tmp_path: Path) -> None:
    from dsrl.runs.rundir import RunDir

    RunDir.create(tmp_path / "run", config(STEPS).to_json())
    train(config(STEPS), tmp_path / "run", resume=True, build=build, show=False)
    assert content(tmp_path / "run") == content(whole)


def test_full_disk_stops_clean_and_goes_on_later(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        encode = "dsrl.runs.statelog.encode_block"
        calls = []

        def full(entries: list) -> bytes:
            calls.append(entries)
            if len(calls) == 3:
                raise OSError(28, "No space left on device")
            return original(entries)

        from dsrl.runs.stateblock import encode_block as original

        patch.setattr(encode, full)
        with pytest.raises(OSError, match=r"disk is full.*--resume"):
            train(config(STEPS), path, build=build, show=False)
    train(config(STEPS), path, resume=True, build=build, show=False)
    assert content(path) == content(whole)


def test_load_agent_gives_what_was_learned(whole: Path) -> None:
    from dsrl.runs.rundir import RunDir

    agent, steps = load_agent(RunDir.open(whole), build)
    assert steps == STEPS
    assert isinstance(agent, TableAgent)
    assert np.abs(agent.table).max() > 0
    assert not agent.learning
    assert load_agent(RunDir.open(whole), build, training=True)[0].learning


def test_a_run_of_another_version_is_named(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsrl.runs.rundir import RunDir

    def set_state(self: TableAgent, state: dict[str, Any]) -> None:
        state["something new"]

    monkeypatch.setattr(TableAgent, "set_state", set_state)
    with pytest.raises(RunError, match=r"another version .*commit .*no 'something new'"):
        load_agent(RunDir.open(whole), build)


def test_the_last_timestep_reaches_the_agent_before_the_step_is_yielded() -> None:
    env = make_env(config(1).protocol)
    seen: list[Timestep] = []

    class Watching(TableAgent):
        def step(self, t: Timestep) -> int:
            seen.append(t)
            return super().step(t)

    agent = Watching(len(env.action_meanings), 0)
    for step in run(agent, env, start_episode(agent, env, seed=0)):
        if step.after.last:
            assert seen[-1].last
            break
    assert [t.first for t in seen].count(True) == 1


@pytest.fixture
def heeded() -> Iterator[None]:
    """Ctrl-C as in a terminal: what is started in the background ignores it from the start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_a_signal_before_the_first_step_leaves_a_run_that_goes_on(
    whole: Path, tmp_path: Path
) -> None:
    def interrupted(settings: TrainConfig, env: GameEnv) -> TableAgent:
        os.kill(os.getpid(), signal.SIGINT)
        return build(settings, env)

    path = tmp_path / "run"
    own = TrainConfig.from_json(RunDir.open(whole).config)
    with pytest.raises(Stopped, match="go on with"):
        train(own, path, build=interrupted, show=False)
    train(own, path, resume=True, build=build, show=False)
    assert (path / "metrics.csv").read_bytes() == (whole / "metrics.csv").read_bytes()


@pytest.mark.usefixtures("heeded")
def test_the_second_signal_stops_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), StopRequests() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.received == signal.SIGINT
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)
