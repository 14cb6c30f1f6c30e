from pathlib import Path

import pytest

from agents.dsrl import DSRLConfig
from agents.envs import Protocol
from dsrl.config import TrainConfig
from dsrl.runs.rundir import RunError
from dsrl.studies import variants
from dsrl.studies.jobs import Row
from dsrl.studies.variants import COLUMNS, RUNS, VariantsJob, play, table_of

SHORT = 800  # emulator frames a game
PROTOCOL = Protocol(game="ALE/Pong-v5", max_episode_emulator_frames=SHORT)
AGENT = DSRLConfig(eyes="pixels", look_steps=60)
RUN = TrainConfig(protocol=PROTOCOL, agent=AGENT, seed=0, agent_steps=90)


def job(folder: Path, run: TrainConfig = RUN) -> VariantsJob:
    return VariantsJob(
        runs=(run,), folder=folder, adapt_steps=20, episodes=1, modes=(0, 1), difficulties=(0,)
    )


def test_what_was_learned_is_played_in_each_form_before_and_after_learning_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = play(job(tmp_path))
    forms = [(row["mode"], row["adapt_steps"]) for row in rows]
    assert sorted(forms) == [("0", "0"), ("0", "20"), ("1", "0"), ("1", "20")]
    assert all(tuple(row) == COLUMNS and row["commit"] for row in rows)
    assert (tmp_path / RUNS / "pong-s0").is_dir() and (tmp_path / "pong" / "transfer.md").is_file()
    monkeypatch.setattr("dsrl.reports.transfer.play_random_game", None)  # nothing is played again
    monkeypatch.setattr("dsrl.reports.transfer.player_of", None)
    assert play(job(tmp_path)) == rows
    with pytest.raises(RunError, match="another configuration"):  # nor taken for another
        play(job(tmp_path, TrainConfig(protocol=PROTOCOL, agent=DSRLConfig(eyes="pixels"))))


def row(mode: str, share: str, adapt_steps: str = "0", game: str = "a") -> Row:
    told = {"game": game, "seed": "0", "mode": mode, "difficulty": "0", "share_kept": share}
    return dict.fromkeys(COLUMNS, "") | told | {"adapt_steps": adapt_steps}


def test_a_game_is_told_by_the_share_kept_in_its_other_forms() -> None:
    rows = [row("0", "1"), row("1", ".5"), row("2", ".7"), row("1", ".9", "5000")]
    assert table_of(rows) == [
        "a: of 2 other forms 0.60 kept zero-shot, 0.90 kept after 5,000 steps there"
    ]
    assert table_of([row("0", ""), row("1", "")]) == ["a: of 1 other forms nothing was learned"]


def test_a_table_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / variants.SCORES).write_text(",".join(COLUMNS) + "\n")
    with pytest.raises(FileExistsError, match="--resume"):
        variants.variants(tmp_path, [job(tmp_path)], 1, resume=False)
