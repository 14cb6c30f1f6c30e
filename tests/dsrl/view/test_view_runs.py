"""What the page is told is what the log and the recording hold."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dsrl.reports.inspect import as_json
from dsrl.runs.recording import Recording, recordings
from dsrl.runs.rundir import RunDir, RunError
from dsrl.view.packing import unpack_frames
from dsrl.view.runs import BLOCK, Library, ViewedRun


def test_the_first_picture_waits_for_no_torch(run: RunDir) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nimport dsrl.view.server\n"
        "from dsrl.view.runs import Library\n"
        f"viewed = Library([Path({str(run.path)!r})]).runs[0]\n"
        "viewed.about()\ngame = viewed.games()[0]['id']\n"
        "viewed.timeline(game), viewed.steps(game, 0), viewed.frames(game, 0)\n"
        "print(sorted({'torch', 'sklearn', 'scipy.stats', 'stable_baselines3'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["[]"]


def test_steps_and_frames_are_those_of_the_game(library: Library, run: RunDir, game: str) -> None:
    viewed, (folder,) = library.runs[0], recordings(run)
    kept = Recording(folder)
    entries = list(kept.log)
    blocks = range(-(-len(entries) // BLOCK))
    steps = [step for block in blocks for step in viewed.steps(game, block)]
    assert steps == [as_json(entry, viewed.stage.actions) for entry in entries]
    frames = [
        f for b in blocks for f in unpack_frames(viewed.frames(game, b), *viewed.stage.screen)
    ]
    assert len(frames) == len(kept)
    assert all(np.array_equal(frame, kept.frame(i)) for i, frame in enumerate(frames))
    kept.close()


def test_the_timeline_has_what_was_won_and_lost(library: Library, run: RunDir, game: str) -> None:
    timeline = library.runs[0].timeline(game)
    entries = list(Recording(recordings(run)[0]).log)
    assert timeline["steps"] == len(entries)
    assert timeline["rewards"] == [[i, e.reward] for i, e in enumerate(entries) if e.reward]
    assert timeline["lost"] == [i for i, e in enumerate(entries) if e.life_lost]
    assert (timeline["frames"], timeline["ended"], timeline["first"]) == (True, True, 0)


def test_episodes_of_training_are_offered_without_frames(library: Library, run: RunDir) -> None:
    viewed = library.runs[0]
    about = json.loads(json.dumps(viewed.about()))
    assert about["name"] == "a-run"
    assert about["curve"]["returns"] == run.columns("metrics.csv")["return"].tolist()
    assert [g["frames"] for g in about["games"]] == [True] + [False] * (len(about["games"]) - 1)
    episode = about["games"][1]["id"]
    assert not viewed.timeline(episode)["frames"]
    assert viewed.steps(episode, 0)[0]["episode_step"] == 0
    with pytest.raises(RunError, match=r"episode-\d+ was not recorded: .*dsrl play .* --record"):
        viewed.frames(episode, 0)


def test_the_evaluation_that_counts_stands_beside_its_run(shipped: Path, bare: RunDir) -> None:
    trained, without = Library([shipped, bare.path]).evaluations()
    assert trained["mean"] == pytest.approx(20.7667, abs=1e-4)  # of evaluations.csv the newest
    assert (trained["games"], trained["agent_steps"]) == (30, 100_000)
    assert "pong, sticky" in trained["game"] and "DSRL" in trained["method"]
    assert set(without) == {"run", "game", "method"}


def test_a_run_without_recorded_games_says_how_to_record(bare: RunDir) -> None:
    (told,) = Library([bare.path]).about()["runs"]
    assert told["note"] == f"{bare.path} has no recorded game: dsrl play {bare.path} --record"


def test_what_is_not_there_is_named(library: Library, game: str) -> None:
    viewed = library.runs[0]
    for name in ("episode-99", "../secret", "games", "step-000000150-seed-5"):
        with pytest.raises(RunError, match="has no game"):
            viewed.timeline(name)
    with pytest.raises(RunError, match="has blocks 0 to"):
        viewed.steps(game, 1000)
    with pytest.raises(RunError, match="holds steps 0 to"):
        viewed.stories(game, [100_000])


def test_eyes_without_latents_are_none(library: Library, game: str) -> None:
    assert library.runs[0].eyes() is None
    with pytest.raises(RunError, match="no eyes of latents"):
        library.runs[0].latents(game, 0)


def test_what_a_checkpoint_gave_is_kept_until_a_newer_one(run: RunDir, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "config.json").symlink_to(run.path / "config.json")
    viewed = ViewedRun(copy)
    none = viewed._teller()
    assert viewed._teller() is none
    (copy / "checkpoints" / "step-000000010").mkdir(parents=True)
    first = viewed._teller()
    assert first is not none and viewed._teller() is first
    (copy / "checkpoints" / "step-000000020").mkdir()
    assert viewed._teller() is not first
