"""The study of perception: its plan, its jobs, and rows that survive stopping."""

import csv
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from dsrl.experiments import default_agent
from dsrl.progress import Stopped
from dsrl.studies import perception_study
from dsrl.studies.perception_methods import BEST, BETAS, CLASSIC, SETTINGS, SHARPEST, UNGATED
from dsrl.studies.perception_study import COLUMNS, KEY, Job, plan, run_job, study
from perception import PerceptionConfig

PONG = "ALE/Pong-v5"
FEW = 40  # frames


def job(method: str = CLASSIC, beta: float | None = None, seed: int = 0, frames: int = FEW) -> Job:
    return Job(PONG, method, beta, seed, frames, score_frames=20)


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def write_rows(table: Path, *jobs: Job, columns: tuple[str, ...] = COLUMNS) -> None:
    """Rows as if these jobs were done, with an F1 that no job has."""
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(dict(zip(KEY, j.key, strict=True)) | {"f1": "0.123"} for j in jobs)


def test_the_best_and_the_classic_run_on_every_seed_and_the_grid_once():
    jobs = plan("pong", frames=50, score_frames=30, seeds=3)
    best = default_agent().perception.beta
    assert [(j.method, j.beta, j.seed) for j in jobs[:9]] == [
        (method, beta, seed)
        for seed in range(3)
        for method, beta in ((BEST, best), (CLASSIC, None), (UNGATED, best))
    ]
    assert [(j.method, j.beta, j.seed) for j in jobs[9:11]] == [(*SHARPEST, 1), (*SHARPEST, 2)]
    grid = [(j.method, j.beta) for j in jobs[11:]]
    assert sorted(grid) == sorted((method, beta) for method in SETTINGS for beta in BETAS)
    assert {j.seed for j in jobs[11:]} == {0}
    assert {(j.game, j.frames, j.score_frames) for j in jobs} == {(PONG, 50, 30)}


def test_no_two_jobs_of_a_plan_share_a_row():
    jobs = plan("pong", frames=50, score_frames=30, seeds=3)
    assert len({j.key for j in jobs}) == len(jobs)


def test_a_key_is_what_stands_in_the_table():
    assert job("neuron", 1.0, 2, 100).key == ("neuron", "1", "2", "100", "20")
    assert job("neuron", 0.1).key != job("neuron", 1.0).key
    assert job(CLASSIC).key == (CLASSIC, "", "0", str(FEW), "20")


@pytest.fixture
def quick(monkeypatch):
    """Training that takes a moment, for jobs within this process."""
    tiny = PerceptionConfig(beta=0.1, updates=3, batch_size=8)
    monkeypatch.setattr(perception_study, "settings", lambda method, beta: tiny)


def test_a_learned_job_fills_every_column_its_game_has(quick):
    row = run_job(job("neuron", 1.0, frames=100))
    assert tuple(row[name] for name in KEY) == ("neuron", "1", "0", "100", "20")
    missing = {name for name in COLUMNS if row.get(name) is None}
    assert missing == {"failed", "fixtures", "wall"}
    assert set(row["objects"]) == {"ball", "enemy", "player"}
    assert row["frames_per_second"] > 0 and row["train_seconds"] > 0


def test_the_classic_peer_has_no_latents():
    row = run_job(job())
    latent = {name for name in COLUMNS if "nats" in name or "latent" in name or "cells" in name}
    assert {row.get(name) for name in latent} == {None}
    assert row["kinds"] >= 1 and row["f1"] is not None


@pytest.mark.parametrize("method", [CLASSIC, BEST, "neuron"])
def test_frames_without_change_are_a_row_that_says_so(monkeypatch, method):
    still = np.full((FEW, 210, 160, 3), 90, np.uint8)
    monkeypatch.setattr(perception_study, "random_frames", lambda protocol, frames, seed: still)
    row = run_job(job(method, 1.0))
    assert set(row) == {*KEY, "failed"}
    assert "nothing moves, so there is nothing to learn" in row["failed"]


def test_a_training_that_diverges_is_a_row_that_says_so(monkeypatch):
    wild = PerceptionConfig(beta=0.1, updates=15, batch_size=8, learning_rate=1e9)
    monkeypatch.setattr(perception_study, "settings", lambda method, beta: wild)
    row = run_job(job("neuron", 1.0))
    assert "diverged at update" in row["failed"]
    assert "f1" not in row


def test_a_game_without_a_table_of_its_memory_is_refused():
    with pytest.raises(ValueError, match=r"freeway has no table of its memory .* pong"):
        plan("freeway", frames=50, score_frames=30, seeds=1)


def test_a_stopped_study_keeps_its_rows_and_goes_on_with_the_others(tmp_path):
    """One study in two halves; a job that fails is a row; what is done is not done again."""
    out, jobs, seen = tmp_path / "study", [job(), job("nonsense", 1.0)], []

    def stop_after_the_first(done: int, total: int, note: str) -> None:
        seen.append((done, total, len(rows_of(out / "pong.csv"))))
        if done == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped, match="go on with --resume") as stopped:
        study(out, jobs, 1, resume=False, progress=stop_after_the_first)
    assert stopped.value.exit_status == 128 + signal.SIGTERM
    assert seen[0] == (1, 2, 1)
    kept = rows_of(out / "pong.csv")
    assert kept[0]["method"] == CLASSIC and kept[0]["f1"]
    table = study(out, jobs, 1, resume=True)
    rows = rows_of(table)
    assert rows[: len(kept)] == kept
    assert sorted(tuple(row[name] for name in KEY) for row in rows) == sorted(j.key for j in jobs)
    (failed,) = (row for row in rows if row["method"] == "nonsense")
    assert "unknown method 'nonsense'" in failed["failed"] and not failed["f1"]
    assert json.loads(rows[0]["objects"])["player"]["found"] > 0


def test_rows_that_are_there_are_skipped_even_if_no_row_is_left(tmp_path):
    table = tmp_path / "pong.csv"
    write_rows(table, job(), job(seed=1))
    before = table.read_bytes()
    assert study(tmp_path, [job(), job(seed=1)], 1, resume=True) == table
    assert table.read_bytes() == before


def test_an_existing_table_is_left_alone_without_resume(tmp_path):
    table = tmp_path / "pong.csv"
    write_rows(table, job())
    before = table.read_bytes()
    with pytest.raises(FileExistsError, match=r"pong\.csv exists: go on with --resume, or name"):
        study(tmp_path, [job(seed=1)], 1, resume=False)
    assert table.read_bytes() == before


def test_a_table_of_other_columns_is_refused(tmp_path):
    table = tmp_path / "pong.csv"
    write_rows(table, job(), columns=(*COLUMNS, "remark"))
    before = table.read_bytes()
    with pytest.raises(ValueError, match=r"pong\.csv has other columns than this study: name"):
        study(tmp_path, [job(seed=1)], 1, resume=True)
    assert table.read_bytes() == before
