"""The toy study: scoring by hand-made policies, a small study resumed, its tables."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from agents.toy_worlds import REWARDS, Policy, ToyState
from dsrl.studies.toy_page import PAIRS, share_percent, worlds_picture, write_page
from dsrl.studies.toy_study import (
    COLUMNS,
    METHODS,
    Games,
    Job,
    Row,
    plan,
    play_games,
    run_job,
    study_toy,
)

SMALL = {"agent_steps": 40, "games": 2}


def towards(kind: str) -> Policy:
    """A policy that walks to the nearest object of a kind by rows, then columns."""

    def policy(state: ToyState) -> int:
        row, column = state.agent
        wanted = [o for o in state.objects if o.kind == kind] or list(state.objects)
        o = min(wanted, key=lambda o: abs(o.row - row) + abs(o.column - column))
        if o.row != row:
            return int(o.row > row)
        return 2 + int(o.column > column)

    return policy


def test_correct_collections_of_opposite_policies() -> None:
    good, bad = (play_games(towards(kind), "regular", 0.0, 3) for kind in ("cross", "circle"))
    assert good.crosses == 24 and good.best == 24.0
    assert bad.circles == 24 and bad.correct_percent is not None
    assert good.correct_percent is not None and good.correct_percent > bad.correct_percent
    straight_up = play_games(lambda state: 0, "regular", 0.0, 3)  # no object is on that way
    assert straight_up == (3, 0, 0, 24.0) and straight_up.correct_percent is None
    assert Games(1, 3, 1, 8.0).correct_percent == 75.0
    assert Games(1, 0, 0, 8.0).correct_percent is None


def test_random_moves_are_made_in_their_share() -> None:
    asked = []

    def policy(state: ToyState) -> int:
        asked.append(state)
        return 0

    play_games(policy, "regular", 0.25, 20)
    assert 0.7 < len(asked) / 2_000 < 0.8


def test_a_perfect_policy_gets_the_whole_share() -> None:
    row = dict(zip(COLUMNS, [""] * len(COLUMNS), strict=True))
    assert share_percent(row | {"mean_return": "6.000", "best_return": "8.000"}) == 75.0


@pytest.mark.parametrize("method", METHODS)
def test_rows_of_a_job(method: str) -> None:
    rows = run_job(Job(method, "regular", 0, **SMALL))
    tests = [(r["tested_on"], r["random_moves"]) for r in rows]
    assert tests == [(on, share) for on in ("regular", "random") for share in ("0.0", "0.1")]
    for row in rows:
        assert tuple(row) == COLUMNS and row["method"] == method and row["agent_steps"] == "40"
        gained = int(row["crosses"]) * REWARDS["cross"] + int(row["circles"]) * REWARDS["circle"]
        assert float(row["mean_return"]) == pytest.approx(gained / 2)
        assert float(row["best_return"]) >= float(row["mean_return"])


def test_a_study_goes_on_where_it_stopped(tmp_path: Path) -> None:
    jobs = [Job("SRL+CS", "regular", seed, **SMALL) for seed in (0, 1)]
    (tmp_path / "toy.csv").write_bytes(b"")
    with pytest.raises(ValueError, match="other columns"):
        study_toy(tmp_path, jobs, 1, resume=True)
    (tmp_path / "toy.csv").unlink()
    kept = run_job(jobs[1])
    for row in kept:
        row["mean_return"] = "1.234"  # a mark that computing again would wipe out
    with (tmp_path / "toy.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(kept)
    with pytest.raises(FileExistsError, match="--resume"):
        study_toy(tmp_path, jobs, 1, resume=False)
    rows = study_toy(tmp_path, jobs, 1, resume=True)
    assert rows == run_job(jobs[0]) + kept
    assert list(csv.DictReader((tmp_path / "toy.csv").open())) == rows


def made_up(method: str, seed: int, trained: str, tested: str, moves: str, correct: str) -> Row:
    values = (method, trained, tested, seed, 30_000, moves, 2, 3, 1, correct, "4.000", "8.000")
    return dict(zip(COLUMNS, map(str, values), strict=True))


def test_the_page_gives_mean_and_spread_beside_the_published_figure(tmp_path: Path) -> None:
    rows = [
        made_up("DSRL", seed, trained, tested, moves, correct)
        for trained, tested in PAIRS
        for moves in ("0.0", "0.1")
        for seed, correct in enumerate(("70.00", "90.00", ""))
    ]
    text = write_page(tmp_path, rows)
    line = "| DSRL | 3 | 80.0 ± 14.1 % | {} | 2.0 ± 0.0 | 4.00 ± 0.00 | 8.00 | 50.0 ± 0.0 % |"
    assert line.format("70 %") in text and line.format("") in text
    assert "SRL+CS" not in text  # no rows
    assert (tmp_path / "toy.md").read_text() == text
    for name in ("learning_curves.png", "worlds.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_the_worlds_are_drawn_side_by_side() -> None:
    picture = worlds_picture()
    assert picture.dtype == np.uint8 and picture.shape[1] > 4 * picture.shape[0]


def test_the_plan_names_every_job_once_and_spares_dqn() -> None:
    jobs = plan(5)
    assert len({job.key for job in jobs}) == len(jobs) == 2 * (5 * (len(METHODS) - 1) + 3)


def test_bad_input_leaves_no_folder(tmp_path: Path, refused: Callable[..., str]) -> None:
    said = refused("study", "toy", "--seeds", "0", "--out", str(tmp_path / "new"))
    assert "seeds must be at least 1" in said
    assert not (tmp_path / "new").exists()
