"""Kept games: whole or not at all, and again exactly what was played."""

import errno
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from table_agent import build, config

from agents.baselines import DQNConfig
from dsrl.progress import Stopped
from dsrl.reports.explain import explain
from dsrl.reports.inspect import as_json, inspect, stage_of
from dsrl.reports.log_table import write_table
from dsrl.runs import recording
from dsrl.runs.evaluate import evaluate, play
from dsrl.runs.files import DiskFullError
from dsrl.runs.games import Played, player_of
from dsrl.runs.recording import Recording, place_of, recordings
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import train
from dsrl.runs.train_baseline import train_baseline


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    path = tmp_path_factory.mktemp("kept") / "run"
    return train(config(150, 150), path, build=build, show=False)


@pytest.fixture
def run(trained: RunDir, tmp_path: Path) -> Iterator[RunDir]:
    """The same run without games."""
    path = tmp_path / "run"
    path.mkdir()
    for name in ("config.json", "checkpoints"):
        (path / name).symlink_to(trained.path / name)
    yield RunDir.open(path)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_a_kept_game_is_what_was_played(run: RunDir) -> None:
    ((result,), _) = play(run, 1, 4, build=build, record=True)
    (folder,) = recordings(run)
    kept = Recording(folder)
    steps = list(player_of(run, config(150).protocol, build)[0](4))
    assert len(kept) == len(steps) == len(kept.log) == result.steps
    assert all(np.array_equal(kept.frame(i), s.frame) for i, s in enumerate(steps))
    entries = kept.log.episode(0)
    assert [(e.record.action, e.reward, e.life_lost, e.last) for e in entries] == [
        (s.record.action, s.reward, s.life_lost, s.last) for s in steps
    ]
    assert [e.record.objects for e in entries] == [s.record.objects for s in steps]
    assert kept.about["return"] == result.score
    assert (kept.about["seed"], kept.about["steps"]) == (4, len(steps))
    assert kept.about["agent_steps_trained"] == 150
    assert kept.about["protocol"] == run.config["protocol"]
    kept.close()


def test_its_steps_are_told_of_as_those_of_training_are(run: RunDir, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"has no recorded game x: dsrl play .* --record keeps one"):
        inspect(run.path, recording="x")
    play(run, 1, 4, build=build, record=True)
    (folder,) = recordings(run)
    entries = Recording(folder).log.episode(0)
    stage = stage_of(run)
    _, told = inspect(run.path, recording=folder.name)
    assert told["steps"] == [as_json(e, stage.actions, stage.names) for e in entries]
    assert write_table(run.path, tmp_path / "t.csv", recording=folder.name) == len(entries)
    explained = explain(run.path, step=3, recording=folder.name)
    assert explained.entry == entries[3]
    with pytest.raises(RunError, match=f"has no recorded game x: it has {folder.name}"):
        explain(run.path, recording="x")


def test_frames_are_small(run: RunDir) -> None:
    play(run, 1, 4, build=build, record=True)
    (folder,) = recordings(run)
    size = (folder / recording.FRAMES).stat().st_size
    assert size / len(Recording(folder)) < 3000  # of 100,800 bytes


def test_recorded_again_it_is_the_same_files(run: RunDir) -> None:
    play(run, 2, 4, build=build, record=True)
    first, second = recordings(run)
    before = contents(second)
    assert set(before) == {"frames.zip", "game.json", "steps.dsrl"}
    assert contents(first) != before
    (second / "game.json").write_text("damaged")
    play(run, 1, 5, build=build, record=True)  # this time as the first game
    assert contents(second) == before
    assert recordings(run) == [first, second]


def test_games_stand_in_the_order_of_their_seeds(run: RunDir) -> None:
    for seed in (10, 9):
        place_of(run, seed, 150).mkdir(parents=True)
    place_of(run, 1, 1_000_000_000).mkdir()
    assert [path.name for path in recordings(run)] == [
        "step-000000150-seed-9", "step-000000150-seed-10", "step-1000000000-seed-1",
    ]  # fmt: skip


def test_an_evaluation_keeps_its_games(run: RunDir) -> None:
    result = evaluate(run.path, 2, 50, build=build, record=True)
    kept = [Recording(path) for path in recordings(run)]
    assert [k.about["return"] for k in kept] == result["returns"]
    assert [k.about["seed"] for k in kept] == [50, 51]


def test_a_game_that_is_left_leaves_nothing(run: RunDir) -> None:
    def leave(step: Played) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(run, 1, 4, build=build, record=True, on_step=leave)
    assert not (run.path / "games").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_keeps_whole_games_and_no_half(run: RunDir, number: signal.Signals) -> None:
    games: list[int] = []

    def stop_in_the_second(step: Played) -> None:
        if games:
            os.kill(os.getpid(), number)

    with pytest.raises(Stopped, match="stopped after 1 whole games; those are kept") as stopped:
        play(
            run, 3, 4, build=build, record=True, on_step=stop_in_the_second,
            on_game=lambda i, _: games.append(i),
        )  # fmt: skip
    assert stopped.value.exit_status == 128 + number
    (only,) = (run.path / "games").iterdir()
    assert Recording(only).about["seed"] == 4


def test_a_full_disk_is_named_and_leaves_nothing(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recording, "sync_file", full)
    with pytest.raises(DiskFullError, match=r"the disk is full.*was not written"):
        play(run, 1, 4, build=build, record=True)
    assert not (run.path / "games").exists()


def test_damage_is_named(run: RunDir) -> None:
    play(run, 1, 4, build=build, record=True)
    (folder,) = recordings(run)
    kept = Recording(folder)
    with pytest.raises(RunError, match=r"holds steps 0 to \d+, not 100000"):
        kept.png(100_000)
    kept.close()
    content = bytearray((folder / "frames.zip").read_bytes())
    content[200] ^= 1
    (folder / "frames.zip").write_bytes(content)
    with pytest.raises(RunError, match="was altered at step 0"):
        Recording(folder).frame(0)
    (folder / "frames.zip").write_bytes(content[:5000])
    with pytest.raises(RunError, match="no whole recorded game"):
        Recording(folder)


def test_a_game_of_the_baseline_is_kept_too(tmp_path: Path) -> None:
    protocol = config(150).protocol
    run = train_baseline(tmp_path / "dqn", protocol, DQNConfig(agent_steps=40, buffer_size=100))
    ((result,), _) = play(run, 1, 4, record=True)
    kept = Recording(recordings(run)[0])
    assert kept.frame(0).shape == (210, 160, 3)
    assert len(kept) == result.steps
    assert sum(e.reward for e in kept.log) == result.score
    assert [e.last for e in kept.log].count(True) == 1
    json.dumps(dict(kept.about))
