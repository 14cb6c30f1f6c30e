"""The comparison before a whole policy is written, and what is refused."""

from pathlib import Path

import pytest

from dsrl.exporting.export_whole import Sameness, export_whole, sameness
from dsrl.exporting.journal import Journal
from dsrl.progress import Stopped
from dsrl.runs.rundir import RunDir, RunError
from symbolic import Facts

STATES: list[Facts] = [(("at", 0, y, 3), ("did", "noop")) for y in (1, 2, 1, 3, 2, 2)]


class Table:
    """Acts by the row of the only object, and counts how often it is asked."""

    def __init__(self, acts: dict[int, str]) -> None:
        self.acts, self.asked = acts, 0

    def decide(self, facts: Facts) -> str:
        self.asked += 1
        return self.acts[int(facts[0][2])]


def test_states_that_differ_are_counted_and_asked_about_once(tmp_path: Path) -> None:
    program, settled = Table({1: "up", 2: "up", 3: "down"}), Table({1: "up", 2: "down", 3: "down"})
    told: list[tuple[int, int, str]] = []
    journal = Journal(tmp_path / "one", "a program")
    found = sameness(program, settled, STATES, journal, lambda *each: told.append(each))
    assert found[:3] == (6, 3, 1) and found.seconds_a_state >= 0
    assert program.asked == settled.asked == 3
    assert told[0][:2] == (0, 6)
    other = Journal(tmp_path / "other", "another")
    assert sameness(program, program, STATES, other)[:3] == Sameness(6, 0, None, 0)[:3]
    with pytest.raises(ValueError, match="no states"):
        sameness(program, settled, [], other)


def test_a_comparison_that_was_stopped_goes_on(tmp_path: Path) -> None:
    program, settled = Table({1: "up", 2: "up", 3: "down"}), Table({1: "up", 2: "down", 3: "down"})
    path = tmp_path / "new" / "journal"
    whole = sameness(program, settled, STATES, Journal(path, "p"))
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == 1 + 3
    path.write_text("".join(lines[:3])[:-4])  # killed within the second state's line
    again = Table(program.acts)
    assert sameness(again, settled, STATES, Journal(path, "p"))[:3] == whole[:3]
    assert again.asked == 2
    assert path.read_text().splitlines(keepends=True) == lines
    assert len(Journal(path, "another program")) == 0
    Journal(path, "p").remove()
    assert list(path.parent.iterdir()) == []


def test_ctrl_c_says_what_is_kept(tmp_path: Path) -> None:
    class Interrupted(Table):
        def decide(self, facts: Facts) -> str:
            if self.asked == 2:
                raise KeyboardInterrupt
            return super().decide(facts)

    program = Table({1: "up", 2: "up", 3: "down"})
    journal = Journal(tmp_path / "journal", "p")
    with pytest.raises(Stopped, match="2 states compared: the same command goes on"):
        sameness(Interrupted(program.acts), program, STATES, journal)
    assert len(Journal(tmp_path / "journal", "p")) == 2


def test_the_order_of_facts_makes_no_other_state(tmp_path: Path) -> None:
    program = Table({1: "up"})
    turned: Facts = (("at", 0, 1, 3), ("did", "noop"), ("me", 0))
    states = [turned, (turned[0], turned[2], turned[1])]
    sameness(program, program, states, Journal(tmp_path / "journal", "p"))
    assert program.asked == 2  # once as the program, once as the agent


@pytest.mark.parametrize("name", ["policy.lp", "facts.lp", "measures.csv"])
def test_what_is_there_is_not_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match=f"{name} exists already"):
        export_whole(tmp_path / "run", tmp_path / "policy.lp")
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_runs_without_symbols_and_counts_below_one_are_refused(tmp_path: Path) -> None:
    run, out = RunDir.create(tmp_path / "dqn", {"method": "dqn"}), tmp_path / "new" / "policy.lp"
    with pytest.raises(RunError, match="baseline"):
        export_whole(run.path, out)
    with pytest.raises(RunError):
        export_whole(tmp_path / "nowhere", out)
    with pytest.raises(ValueError, match="at least 1"):
        export_whole(run.path, out, states=0)
    assert not out.parent.exists()
