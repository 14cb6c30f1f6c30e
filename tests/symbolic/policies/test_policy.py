"""Programs that say what to do, by hand and by the command line of clingo."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic import Facts, SymbolicObject
from symbolic.facts import fact_text
from symbolic.policies.observer import policy_facts
from symbolic.policies.policy import PolicyError, PolicyProgram
from symbolic.policies.rule_list import UNSEEN, Bounds, Rule, acts_of
from symbolic.policies.rule_text import definitions, group_facts, numbers_of, program_of, sights
from symbolic.rules.program import RELATIONS

ACTS, GROUPS = ("noop", "up", "down"), (1, 0, 2)
ME = SymbolicObject(7, 3, 100, 140, -5, 0, 16, 4)
BALL = SymbolicObject(9, 5, 80, 60, 2, 4, 4, 2)
LOW, HIGH = 40, 180


def state(*coming: tuple[int, int, int, int], y: int = 100, did: str = "up") -> Facts:
    """Things (place, along, gap, across) that come, and me at ``y``."""
    comes = [("comes", 5, p, v, g, w, LOW, HIGH) for p, v, g, w in coming]
    told = [("me", 0), ("axis", "y"), ("range", LOW, HIGH), *comes]
    return policy_facts([ME._replace(y=y), BALL], told, did)


def numbers(facts: Facts) -> dict[str, int]:
    found = numbers_of(facts + group_facts(ACTS, GROUPS))
    return {n: int(v) for n, v in zip(sights(), found, strict=True) if v != UNSEEN}


def test_the_numbers_of_a_meeting_by_hand() -> None:
    # 50 pixels to go at 4 a step: 12.5 steps, so 50 quarters, in which 2 a step make 24 or 25
    assert numbers(state((80, 2, 50, 4))) == {
        "foreseen": 1, "motion": -5, "went": 0, "place": 3, "time": 50, "offset": 5, "aim": 10,
        "spot": 3, "drift": 2, "speed": 4,
    }  # fmt: skip


def test_the_soonest_meeting_counts_and_none_leaves_numbers_out() -> None:
    soon, late = (150, 0, 8, 4), (80, 2, 50, 4)
    assert numbers(state(late, soon)) == numbers(state(soon, late)) == numbers(state(soon))
    assert numbers(state(y=180, did="noop")) == {
        "foreseen": 0, "motion": -5, "went": 1, "place": 8,
    }  # fmt: skip
    assert numbers(policy_facts([BALL], [], "noop")).keys() == {"went"}  # I am not seen


def test_a_path_beyond_the_end_is_folded_as_the_learner_folds_it() -> None:
    assert numbers(state((170, 4, 40, 4)))["offset"] == (HIGH - (170 + 40 - HIGH)) - 100
    first = definitions([("time", 1)]).index("meets(K")
    rule = definitions([("time", 1)])[first:].split(".\n")[0]
    assert rule in RELATIONS.read_text()


def test_a_program_holds_no_more_than_its_rules_speak_of() -> None:
    text = program_of(
        [Rule(((sights().index("time"), Bounds(None, 9)),), 1), Rule((), 0)], ACTS, GROUPS
    )
    assert "%: time(T)" in text and "rule(1,up) :- time(T), T <= 9." in text
    assert "offset" not in text and "group(" not in text
    went = Rule(((sights().index("went"), Bounds(2, 2)),), 1)
    assert "group(down,2)." in program_of([went, Rule((), 0)], ACTS, GROUPS)


def test_a_test_without_bounds_asks_that_the_number_is_there() -> None:
    both = tuple((sights().index(name), Bounds(None, None)) for name in ("foreseen", "motion"))
    program = PolicyProgram(program_of([Rule(both, 1), Rule((), 0)], ACTS, GROUPS))
    assert program.decide(state(y=40)) == "up"  # foreseen 0, motion -5: two numbers, not one
    assert program.decide(policy_facts([BALL], [], "noop")) == "noop"


tests = st.dictionaries(
    st.integers(0, len(sights()) - 1),
    st.builds(Bounds, st.none() | st.integers(-9, 3), st.none() | st.integers(3, 60)),
    max_size=3,
)
rules = st.lists(
    st.builds(Rule, tests.map(lambda each: tuple(each.items())), st.integers(0, 2)), max_size=6
)
comings = st.tuples(
    st.integers(LOW, HIGH), st.integers(-9, 9), st.integers(0, 200), st.integers(1, 9)
)


@settings(max_examples=60, deadline=None)
@given(rules, st.lists(comings, max_size=3), st.integers(LOW, HIGH), st.sampled_from(ACTS))
def test_clingo_does_as_the_list_does(
    listed: list[Rule], coming: list[tuple[int, int, int, int]], y: int, did: str
) -> None:
    whole, facts = [*listed, Rule((), 0)], state(*coming, y=y, did=did)
    row = numbers_of(facts + group_facts(ACTS, GROUPS))
    act = ACTS[acts_of(whole, row[None])[0]]
    assert PolicyProgram(program_of(whole, ACTS, GROUPS)).decide(facts) == act


def test_the_command_line_of_clingo_does_the_same(tmp_path: Path) -> None:
    listed = [Rule(((sights().index("offset"), Bounds(4, None)),), 2), Rule((), 0)]
    text, facts = program_of(listed, ACTS, GROUPS), state((80, 2, 50, 4))
    (tmp_path / "policy.lp").write_text(text)
    (tmp_path / "facts.lp").write_text("".join(f"{fact_text(fact)}.\n" for fact in facts))
    command = [sys.executable, "-m", "clingo", "policy.lp", "facts.lp", "--verbose=0"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.splitlines()[0] == "do(down)"
    assert found.stderr == ""
    assert PolicyProgram(text).decide(facts) == "down"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#defined me/1.", "0 atoms"),
        ("do(a). do(b).", "2 atoms"),
        ("do(a). :- do(a).", "no answer"),
        ("do(a) :- (.", "cannot read"),
    ],
)
def test_a_program_that_does_not_say_what_to_do_is_refused(text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        PolicyProgram(text).decide(())


def test_numbers_are_whole() -> None:
    assert numbers_of(state((80, 2, 50, 4))).dtype == np.int64
