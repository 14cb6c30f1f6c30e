"""The comparison before a whole policy is written, and what is refused."""

from pathlib import Path

import pytest

from dsrl.exporting import comparison
from dsrl.exporting.comparison import Different, compare
from dsrl.exporting.export_whole import export_whole
from dsrl.exporting.journal import Journal
from dsrl.progress import Stopped
from dsrl.runs.rundir import RunDir, RunError
from symbolic import Facts

STATES: list[Facts] = [(("at", 0, y, 3), ("did", "noop")) for y in (1, 2, 1, 3, 2, 2)]
PROGRAM = "do(up) :- at(_,Y,_), Y < 3. do(down) :- at(_,3,_)."


class Table:
    """Acts by the row of the only object, and counts how often it is asked."""

    def __init__(self, **acts: str) -> None:
        self.acts, self.asked = acts, 0

    def decide(self, facts: Facts) -> str:
        self.asked += 1
        return self.acts[f"y{facts[0][2]}"]


def test_states_in_which_both_do_the_same_are_asked_about_once(tmp_path: Path) -> None:
    policy, journal = Table(y1="up", y2="up", y3="down"), Journal(tmp_path / "journal", PROGRAM)
    told: list[tuple[int, int, str]] = []
    assert compare(PROGRAM, policy, STATES, journal, lambda *each: told.append(each)) > 0
    assert policy.asked == len(journal) == 3
    assert [journal.get(facts) for facts in STATES] == ["up", "up", "up", "down", "up", "up"]
    assert told[0][:2] == (3, 6)  # of six, three are the same as others
    assert compare(PROGRAM, policy, STATES, journal) >= 0
    assert policy.asked == 3 + 3
    with pytest.raises(ValueError, match="no states"):
        compare(PROGRAM, policy, [], journal)


def test_processes_are_replaced_before_they_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "TOGETHER", 1)
    monkeypatch.setattr(comparison, "BEFORE_REPLACED", 2)
    states: list[Facts] = [(("at", 0, 1, x), ("did", "noop")) for x in range(6)]
    journal = Journal(tmp_path / "journal", PROGRAM)
    compare(PROGRAM, Table(y1="up"), states, journal)
    assert len(journal) == 6


def test_the_first_difference_ends_it(tmp_path: Path) -> None:
    policy, journal = Table(y1="up", y2="down", y3="down"), Journal(tmp_path / "j", PROGRAM)
    with pytest.raises(Different, match="does up where it is to do down, after 1 states"):
        compare(PROGRAM, policy, STATES, journal)
    assert policy.asked == 2


def test_a_policy_that_changed_meanwhile_is_not_what_the_journal_knows(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", PROGRAM)
    compare(PROGRAM, Table(y1="up", y2="up", y3="down"), STATES, journal)
    with pytest.raises(Different, match="does down where it is to do up, after 2 states"):
        compare(PROGRAM, Table(y1="up", y2="up", y3="up"), STATES, journal)


def test_a_comparison_that_was_killed_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal"
    policy = Table(y1="up", y2="up", y3="down")
    compare(PROGRAM, policy, STATES, Journal(path, PROGRAM))
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == 1 + 3
    path.write_text("".join(lines[:3])[:-2])  # killed within the second state's line
    compare(PROGRAM, policy, STATES, Journal(path, PROGRAM))
    assert policy.asked == 3 + 3
    assert path.read_text().splitlines(keepends=True) == lines
    assert len(Journal(path, "another program")) == 0
    Journal(path, PROGRAM).remove()
    assert list(path.parent.iterdir()) == []


def test_ctrl_c_says_what_is_kept(tmp_path: Path) -> None:
    class Interrupted(Table):
        def decide(self, facts: Facts) -> str:
            if self.asked == 2:
                raise KeyboardInterrupt
            return super().decide(facts)

    with pytest.raises(Stopped, match="after 2 states: the same command goes on"):
        policy = Interrupted(y1="up", y2="up", y3="down")
        compare(PROGRAM, policy, STATES, Journal(tmp_path / "journal", PROGRAM))
    assert len(Journal(tmp_path / "journal", PROGRAM)) == 2


def test_the_order_of_facts_makes_no_other_state(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", PROGRAM)
    state: Facts = (("at", 0, 1, 3), ("did", "noop"), ("me", 0))
    journal.add(state, "up")
    assert journal.get((state[2], state[0], state[1])) == "up"


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
