"""Rule lists against hand tables, a null control and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic.policies.rule_list import (
    UNSEEN,
    Bounds,
    Judge,
    Lessons,
    Rule,
    acts_of,
    applies,
    decided_by,
    fit,
    loss,
    merged,
    simplified,
)

NUMBERS = np.array([[1, 3], [1, 7], [0, UNSEEN]])


def lessons_of(numbers: np.ndarray, best: np.ndarray, acts: int = 3) -> Lessons:
    """Everything but the best act costs 1."""
    return Lessons(numbers, 1.0 - np.eye(acts)[best])


def test_a_rule_applies_within_all_its_bounds() -> None:
    def told(*tests: tuple[int, Bounds]) -> list[bool]:
        return applies(Rule(tests, 0), NUMBERS).tolist()

    assert told() == [True, True, True]
    assert told((1, Bounds(3, 6))) == [True, False, False]
    assert told((1, Bounds(4, None))) == [False, True, False]
    assert told((1, Bounds(None, None))) == [True, True, False]  # a number not there is in none
    assert told((0, Bounds(1, 1)), (1, Bounds(None, 3))) == [True, False, False]


def test_the_first_rule_that_applies_decides() -> None:
    rules = [Rule(((1, Bounds(5, None)),), 2), Rule(((0, Bounds(1, None)),), 1), Rule((), 0)]
    assert decided_by(rules, NUMBERS).tolist() == [1, 0, 2]
    assert acts_of(rules, NUMBERS).tolist() == [1, 2, 0]
    regret = np.array([[0, 1, 2], [0, 4, 8], [3, 0, 0]], float)
    assert loss(rules, Lessons(NUMBERS, regret)) == pytest.approx((1 + 8 + 3) / 3)


def test_states_that_look_the_same_are_one_with_all_their_weight() -> None:
    numbers = np.array([[1, 4], [1, 2], [1, 4]])
    regret = np.array([[0, 2], [0, 3], [5, 0]], float)
    once = merged(Lessons(numbers, regret))
    assert once.numbers.tolist() == [[1, 2], [1, 4]]
    for rules in ([Rule((), 0)], [Rule(((1, Bounds(3, None)),), 1), Rule((), 0)]):
        assert loss(rules, once) == pytest.approx(loss(rules, Lessons(numbers, regret)))


def test_a_teacher_that_follows_intervals_is_copied_exactly() -> None:
    x = np.arange(-60, 60)
    numbers = np.stack([np.ones_like(x), x, x % 7], axis=1)
    best = np.where(x < -10, 1, np.where(x > 15, 2, 0))
    calm = np.tile([0, UNSEEN, 4], (20, 1))
    told = lessons_of(np.concatenate([numbers, calm]), np.concatenate([best, np.full(20, 1)]))
    rules = fit(told, 8)
    assert loss(rules, told) == 0
    assert len(rules) <= 4 and rules[-1].tests == ()
    used = {column for rule in rules for column, _ in rule.tests}
    assert 2 not in used  # x % 7 tells nothing


def test_what_matters_more_decides_where_there_is_room_for_little() -> None:
    numbers = np.stack([np.ones(110, int), np.arange(110)], axis=1)
    regret = np.zeros((110, 3))
    regret[:90, 1:] = 0.01  # act 0 is a little better, often
    regret[90:100] = [9, 0, 9]
    regret[100:] = [9, 9, 0]
    rules = fit(Lessons(numbers, regret), 2)
    assert len(rules) == 2
    assert {*acts_of(rules, numbers[90:])} == {1, 2}


def test_noise_teaches_hardly_more_than_always_the_same(seed: int = 3) -> None:
    rng = np.random.default_rng(seed)
    numbers = np.stack([np.ones(4000, int), rng.integers(-50, 50, 4000)], axis=1)
    best = rng.integers(0, 3, 4000)
    rules = fit(lessons_of(numbers[:2000], best[:2000]), 5)
    assert loss(rules, lessons_of(numbers[2000:], best[2000:])) == pytest.approx(2 / 3, abs=0.05)


bounds = st.builds(Bounds, st.none() | st.integers(0, 4), st.none() | st.integers(4, 8))
random_rules = st.lists(
    st.builds(
        Rule,
        st.dictionaries(st.integers(1, 2), bounds, max_size=2).map(lambda d: tuple(d.items())),
        st.integers(0, 2),
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(random_rules, st.integers(0, 2), st.integers(0, 2**32 - 1))
def test_what_is_taken_out_was_not_needed(rules: list[Rule], act: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    numbers = np.concatenate([np.ones((60, 1), int), rng.integers(0, 9, (60, 2))], axis=1)
    told = Lessons(numbers, rng.random((60, 3)))
    whole = [*rules, Rule((), act)]
    shorter = simplified(whole, Judge(told))
    assert loss(shorter, told) <= loss(whole, told) + 1e-9
    assert len(shorter) <= len(whole) and shorter[-1].tests == ()
    assert simplified(shorter, Judge(told)) == shorter


def test_nothing_to_learn_from_and_no_room_are_refused() -> None:
    told = lessons_of(np.ones((3, 1), int), np.zeros(3, int))
    with pytest.raises(ValueError, match="at least 2"):
        fit(told, 1)
    with pytest.raises(ValueError, match="no states"):
        fit(Lessons(np.zeros((0, 1), int), np.zeros((0, 3))), 5)
