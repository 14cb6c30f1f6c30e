"""Exact values of toy worlds against brute force over every sequence of actions."""

from itertools import product

import numpy as np
import pytest

from agents.toy_values import action_values, best_return, model_of, value_iteration
from agents.toy_worlds import REWARDS, ToyObject, ToyState, is_over, move

SIDE, HORIZON, DISCOUNT = 3, 7, 0.9


def tiny(seed: int, kinds: str, side: int = SIDE) -> ToyState:
    """A random layout; letter x of ``kinds`` is a cross, o a circle."""
    places = np.random.default_rng(seed).permutation(side * side)
    agent, *others = ((int(p) // side, int(p) % side) for p in places[: len(kinds) + 1])
    names = {"x": "cross", "o": "circle"}
    objects = [ToyObject(i, names[k], *p) for i, (k, p) in enumerate(zip(kinds, others))]  # noqa: B905
    return ToyState(agent, tuple(objects))


def play(state: ToyState, actions: tuple[int, ...], discount: float) -> float:
    """The return of a sequence of actions."""
    total, weight = 0.0, 1.0
    for action in actions:
        state, taken = move(state, action, SIDE)
        total += weight * (REWARDS[taken] if taken else 0.0)
        weight *= discount
        if is_over(state):
            break
    return total


@pytest.mark.parametrize(
    ("seed", "kinds"), [(0, "xo"), (1, "xxo"), (2, "xoo"), (3, "x"), (4, "xx")]
)
def test_the_policy_is_as_good_as_the_best_of_all_sequences(seed: int, kinds: str) -> None:
    """All that is worth taking here is had within 7 steps; else the values would differ."""
    state = tiny(seed, kinds)
    best = max(play(state, actions, DISCOUNT) for actions in product(range(4), repeat=HORIZON))
    model = model_of(state, SIDE)
    q = action_values(model, value_iteration(model, DISCOUNT), DISCOUNT)
    start, numbers = state, {o: n for n, o in enumerate(state.objects)}
    chosen = []
    for _ in range(HORIZON):
        left = sum(1 << numbers[o] for o in state.objects)
        chosen.append(int(q[:, left, state.agent[0] * SIDE + state.agent[1]].argmax()))
        state, _ = move(state, chosen[-1], SIDE)
    assert play(start, tuple(chosen), DISCOUNT) == pytest.approx(best, abs=1e-9)
    value = q[:, model.sets - 1, start.agent[0] * SIDE + start.agent[1]].max()
    assert value == pytest.approx(best, abs=1e-8)
    assert best > 0


def test_a_cross_straight_ahead_is_worth_its_discount() -> None:
    state = ToyState((0, 0), (ToyObject(0, "cross", 0, 2),))
    values = value_iteration(model_of(state, 3), 0.5)
    assert values[1, 0] == pytest.approx(0.5) and values[1, 1] == pytest.approx(1.0)
    assert not values[0].any()  # over


def test_the_best_return_is_the_undiscounted_value() -> None:
    states = [tiny(seed, "xxooo", 3) for seed in range(30)]
    found = []
    for state in states:
        values = value_iteration(model_of(state, 3), 1.0)
        found.append(values[-1, state.agent[0] * 3 + state.agent[1]])
    assert [best_return(state, 3) for state in states] == pytest.approx(found)
    assert len(set(found)) > 1  # some crosses are walled in


def test_a_toll_is_paid_where_it_pays() -> None:
    wall = [ToyObject(i, "circle", i, 1) for i in range(3)]
    behind = [ToyObject(3 + i, "cross", i, 2) for i in range(3)]
    assert best_return(ToyState((0, 0), (*wall, *behind)), 3) == 2.0
    assert best_return(ToyState((0, 0), (*wall, behind[0])), 3) == 0.0


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 16 objects"):
        model_of(tiny(0, "x" * 17, 5), 5)
    with pytest.raises(ValueError, match="discount must be"):
        value_iteration(model_of(tiny(0, "x"), 3), 1.5)
