"""What inspection says about a step must be what the record holds."""

import io
from pathlib import Path

import pytest
from rich.console import Console, RenderableType
from table_agent import build, config

from agents.agent import StepRecord
from dsrl.reports.inspect import (
    Stage,
    ValuesTable,
    arrow,
    as_json,
    grid,
    inspect,
    margin,
    show_step,
    why,
)
from dsrl.runs.names import write_names
from dsrl.runs.rundir import RunError
from dsrl.runs.ship import ship
from dsrl.runs.stateblock import LogEntry
from dsrl.runs.train import train

ACTIONS = ("NOOP", "UP", "DOWN")
SCREEN = (210, 160)
RECORD = StepRecord(
    objects=((3, 0, 105, 80, -2, 3, 4, 2), (7, 1, 15, 140, 4, 0, 16, 4)),
    facts=("approaches(3,7)", "above(7,3)"),
    cells=(
        ("meet(ball,own,4)", (0.1, 0.9, -0.5)),
        ("height(own,2)", (0.3, 0.1, 0.2)),
        ("far(7)", (0.0, 0.05, 0.0)),
    ),
    values=(0.4, 1.05, -0.3),
    action=1,
    greedy=True,
    reason="greedy",
)
ENTRY = LogEntry(1234, 5, 67, -1.0, False, True, RECORD)


def text_of(shown: RenderableType) -> str:
    out = io.StringIO()
    Console(file=out, width=400).print(shown)
    return out.getvalue()


def printed(entry: LogEntry) -> str:
    return text_of(show_step(entry, Stage(ACTIONS, SCREEN)))


def test_the_lead_is_the_sum_of_what_the_cells_bring() -> None:
    lead = margin(RECORD)
    assert lead is not None
    assert (lead.best, lead.second) == (1, 0)
    assert lead.lead == pytest.approx(0.65)
    assert sum(share for _, share in lead.by_cell) == pytest.approx(lead.lead)
    assert [text for text, _ in lead.by_cell] == ["meet(ball,own,4)", "height(own,2)", "far(7)"]


def test_why_names_the_runner_up_and_the_decisive_cells() -> None:
    text = why(RECORD, ACTIONS)
    assert text.startswith("UP (greedy): best by 0.650, before NOOP.")
    assert "meet(ball,own,4) (+0.800), far(7) (+0.050)" in text
    assert "height" not in text  # it spoke for the runner-up


def test_why_says_when_another_action_was_better() -> None:
    record = RECORD._replace(action=2, greedy=False, reason="exploring")
    assert why(record, ACTIONS) == "DOWN (exploring): 1.350 below UP, the best by value."


def test_why_says_when_another_action_was_as_good() -> None:
    tied = RECORD._replace(values=(0.5, 0.5, 0.1), action=1, reason="exploring")
    assert why(tied, ACTIONS) == "UP (exploring): as good by value as NOOP."


def test_a_step_without_values_is_shown() -> None:
    record = StepRecord((), (), (), (), 0, False, "looking")
    text = printed(ENTRY._replace(record=record))
    assert "no objects" in text
    assert "NOOP (looking): the action was not chosen by values." in text


def test_a_step_shows_events_objects_relations_and_values() -> None:
    text = printed(ENTRY)
    assert "episode 5, step 67 (agent step 1234 of the run): reward -1, end of the episode" in text
    assert "relations: approaches(3,7), above(7,3)" in text
    assert "↗ -2, +3" in text
    lines = text.splitlines()
    value = next(line for line in lines if line.startswith("value"))
    assert value.split()[1:] == ["+0.400", "+1.050", "-0.300"]
    assert "not in any cell" not in text


def test_what_no_cell_explains_is_said() -> None:
    text = printed(ENTRY._replace(record=RECORD._replace(values=(0.4, 2.05, -0.3))))
    line = next(line for line in text.splitlines() if line.startswith("not in any cell"))
    assert line.split()[-3:] == ["-0.000", "+1.000", "+0.000"] or line.split()[-2] == "+1.000"


def test_the_grid_puts_objects_where_they_are() -> None:
    lines = grid(RECORD.objects, SCREEN).plain.splitlines()
    assert len(lines) == 21
    assert {len(line) for line in lines} == {40}
    found = {
        (i, j): sign for i, line in enumerate(lines) for j, sign in enumerate(line) if sign != "·"
    }
    # rows of 10 pixels, columns of 4: the small one at (105, 80), the tall one over 7..22
    assert {place for place, sign in found.items() if sign == "A"} <= {(10, 19), (10, 20)}
    assert {i for (i, _), sign in found.items() if sign == "B"} == {0, 1, 2}
    assert {j for (_, j), sign in found.items() if sign == "B"} <= {34, 35}


def test_objects_at_and_beyond_the_edge_stay_on_the_grid() -> None:
    text = grid(
        [(1, 0, 0, 0, 0, 0, 8, 8), (2, 1, 249, 159, 0, 0, 8, 8), (3, 2, -5, -5, 0, 0, 2, 2)], SCREEN
    )
    lines = text.plain.splitlines()
    assert len(lines) == 21
    assert lines[20][39] == "B"
    assert lines[0][0] in "AC"


def test_a_small_screen_fills_the_grid() -> None:
    lines = grid([(1, 0, 105, 108, 0, 0, 8, 8)], (112, 112)).plain.splitlines()
    assert [i for i, line in enumerate(lines) if "A" in line] == [19, 20]
    assert {line.rstrip("·")[-1:] for line in lines[19:]} == {"A"}
    assert lines[20].index("A") == 37


def test_arrows() -> None:
    assert [arrow(-1, 0), arrow(2, 3), arrow(0, -9), arrow(0, 0)] == ["↑", "↘", "←", "·"]


def test_json_holds_the_whole_entry() -> None:
    plain = as_json(ENTRY, ACTIONS)
    assert plain["action_name"] == "UP"
    assert plain["objects"][0] == {
        "id": 3, "kind": 0, "y": 105, "x": 80, "dy": -2, "dx": 3, "height": 4, "width": 2,
    }  # fmt: skip
    assert [cell["contributions"] for cell in plain["cells"]] == [list(c) for _, c in RECORD.cells]
    assert (plain["reward"], plain["last"], plain["step"]) == (-1.0, True, 1234)


def test_a_kind_with_a_name_goes_by_it() -> None:
    text = text_of(show_step(ENTRY, Stage(ACTIONS, SCREEN, {0: "ball"})))
    ball, other = (line.split() for line in text.splitlines() if "4x2" in line or "16x4" in line)
    assert ball[ball.index("A") :][:4] == ["A", "3", "0", "(ball)"]
    assert other[other.index("B") :][:4] == ["B", "7", "1", "15,"]
    named, nameless = as_json(ENTRY, ACTIONS, {0: "ball"})["objects"]
    assert (named["kind"], named["name"]) == (0, "ball")
    assert "name" not in nameless


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("inspect") / "run"
    train(config(200, 200), path, build=build, show=False)
    return path


def test_a_run_is_inspected_at_three_depths(finished: Path) -> None:
    _, overview = inspect(finished)
    assert overview["steps"] == 200
    assert overview["bytes_per_step"] < 400
    assert sum(overview["lengths"]) <= 200
    _, episode = inspect(finished, episode=1)
    assert len(episode["steps"]) == overview["lengths"][1]
    assert sum(step["reward"] for step in episode["steps"]) == overview["returns"][1]
    _, step = inspect(finished, episode=1, step=4)
    assert step == episode["steps"][4]


def test_names_of_the_run_are_shown_at_every_depth(finished: Path) -> None:
    write_names(finished, {1: "wall"})
    try:
        shown, step = inspect(finished, episode=1, step=4)
        _, episode = inspect(finished, episode=1)
    finally:
        write_names(finished, {})
    assert "1 (wall)" in text_of(shown)
    assert [each.get("name") for each in step["objects"]] == [None, "wall"]
    assert episode["steps"][4] == step


def test_a_log_that_was_cut_says_where_it_begins(finished: Path, tmp_path: Path) -> None:
    out = ship(finished, tmp_path / "cut", log_steps=100)
    shown, overview = inspect(out)
    episode, step = overview["begins_at"]
    assert overview["steps"] < 200 and step > 0
    assert f"the log begins at step {step} of episode {episode}" in text_of(shown)
    text = text_of(inspect(out, episode)[0])
    assert f"from step {step} on, where the log begins" in text
    assert "begins" not in text_of(inspect(finished)[0])


def test_what_is_not_there_is_said(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no episode 99: it goes from episode 0"):
        inspect(finished, episode=99)
    with pytest.raises(RunError, match="no step 9999 of episode 1"):
        inspect(finished, episode=1, step=9999)
    with pytest.raises(RunError, match="give --episode"):
        inspect(finished, step=3)
    with pytest.raises(RunError, match="not a folder"):
        inspect(tmp_path / "absent")


@pytest.mark.parametrize("width", [60, 80])
def test_nothing_is_cut_off_in_a_narrow_terminal(width: int) -> None:
    ways = ("UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT")
    actions = ("NOOP", "FIRE", *ways, *(f"{each}FIRE" for each in ways))
    share = tuple(-12.25 - action for action in range(len(actions)))
    record = StepRecord((), (), (("place(4,1)[-11,-16,0,0]", share),), share, 3, True, "best")
    text = io.StringIO()
    Console(file=text, width=width).print(ValuesTable(record, actions))
    shown = text.getvalue()
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= width
    assert [w for w in shown.split() if w in actions] == list(actions)
    assert [w for w in shown.split() if w == "-29.25"] == ["-29.25"] * 2  # the cell's, the value
