"""A baseline's run, which has no symbolic agent, is looked at too."""

from pathlib import Path

import numpy as np
import pytest
from table_agent import config

from dsrl.runs.games import Game, Played
from dsrl.runs.loop import plain_record
from dsrl.runs.recording import recorded
from dsrl.runs.rundir import RunDir
from dsrl.runs.train_baseline import METHOD
from dsrl.view.export import export_page
from dsrl.view.runs import Library


@pytest.fixture
def baseline(tmp_path: Path) -> RunDir:
    """Of method dqn, with a recorded game of three steps."""
    settings = {"method": METHOD, "protocol": config(1).protocol.to_json(), "seed": 0}
    run = RunDir.create(tmp_path / "dqn", settings)

    def steps() -> Game:
        for i in range(3):
            frame = np.full((210, 160, 3), i, np.uint8)
            yield Played(frame, plain_record(i), float(i), False, i == 2)

    assert len(list(recorded(steps(), run, seed=5, agent_steps=1000))) == 3
    return run


def test_its_games_are_told_of_without_eyes_and_values(baseline: RunDir) -> None:
    viewed = Library([baseline.path]).runs[0]
    (game,) = viewed.games()
    assert viewed.eyes() is None
    told = viewed.stories(game["id"], range(3))
    assert [each.keys() for each in told] == [{"why"}] * 3
    assert all("not chosen by values" in each["why"] for each in told)


def test_its_games_are_exported(baseline: RunDir, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert export_page(Library([baseline.path]), path) == path.stat().st_size
