"""Which steps are near ties, changes of plan, surprises, and which are not."""

import numpy as np

from agents.agent import StepRecord
from dsrl.runs.stateblock import LogEntry
from dsrl.view.moments import near_ties, plan_changes, surprises


def entry(
    step: int, values: tuple[float, ...], facts: tuple[str, ...] = (), **came: float
) -> LogEntry:
    action = int(np.argmax(values)) if values else 0
    record = StepRecord((), facts, (), values, action, True, "best")
    reward, last = float(came.get("reward", 0.0)), bool(came.get("last", False))
    return LogEntry(step, 0, step, reward, False, last, record)


def test_a_near_tie_is_close_while_much_depends_on_it() -> None:
    values = [
        (0.0, 1.0, 0.5),  # clear
        (0.0, 1.0, 0.99),  # a tie, and its neighbour a nearer one
        (0.0, 1.0, 0.999),
        (0.0, 1.0, 0.5),
        (0.0, 0.1, 0.0999),  # little depends on it
        (),  # not decided by values
        (1.0, 1.0, 0.0),  # as good
        (0.3, 0.3, 0.3),
    ]
    assert near_ties([entry(i, v) for i, v in enumerate(values)]) == [2, 6]
    assert near_ties([entry(0, ())]) == []


def test_a_plan_changes_when_what_was_counted_on_does_not_come_nearer() -> None:
    facts = [
        ("meets(4,40,100,8,8)", "meets(5,60,10,8,8)"),
        ("meets(4,36,102,8,8)",),
        ("meets(4,32,130,8,8)",),  # elsewhere
        ("meets(4,28,130,8,8)", "meets(5,8,90,1,1)"),  # another sooner: of neighbours the first
        (),
        ("meets(4,12,100,8,8)",),  # where nothing was counted on, nothing changes
        ("meets(4,8,100,8,8)",),
        (),  # nearly over: no change
    ]
    assert plan_changes([entry(i, (0.0, 1.0), f) for i, f in enumerate(facts)]) == [2]
    model = [
        ("foreseen(1,9,90)", "otherwise(2,3,50)"),
        ("foreseen(1,8,95)",),
        ("foreseen(2,7,-95)",),
    ]
    assert plan_changes([entry(i, (0.0, 1.0), f) for i, f in enumerate(model)]) == [2]


def test_what_was_not_valued_surprises_and_what_was_does_not() -> None:
    ahead = 1.0 + 0.99 * 0.5  # worth of a mean reward, and of what follows it
    told = [entry(i, (0.0, 0.5 if i > 40 else ahead * 0.99 ** (40 - i))) for i in range(60)]
    told[20] = told[20]._replace(reward=2.0)  # nobody counted on it
    told[40] = told[40]._replace(reward=2.0)  # as it was valued, in mean rewards
    assert surprises(told) == [20]
    told.append(entry(60, (0.0, 0.0), last=True))
    assert surprises(told) == [20, 59]  # that the game ends there had not been valued either
    assert surprises([entry(0, ())]) == []
