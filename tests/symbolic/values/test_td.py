"""Temporal-difference updates: by hand, and TD(lambda) against value iteration."""

import numpy as np
import pytest

from symbolic.values.td import (
    Traces,
    no_traces,
    q_learning_error,
    replacing_traces,
    td_lambda_increments,
)


@pytest.mark.parametrize(
    ("q_tm1", "a_tm1", "r_t", "discount_t", "q_t", "delta"),
    [
        ([1.0, 4.0], 0, 2.0, 0.5, [3.0, 6.0], 2.0 + 0.5 * 6.0 - 1.0),
        ([1.0, 4.0], 1, 2.0, 0.5, [3.0, 6.0], 2.0 + 0.5 * 6.0 - 4.0),
        ([1.0, 4.0], 1, 2.0, 0.0, [3.0, 6.0], -2.0),  # the end: nothing follows
        ([0.0, 0.0], 1, -1.0, 1.0, [-3.0, -2.0], -3.0),
    ],
)
def test_errors_worked_by_hand(q_tm1, a_tm1, r_t, discount_t, q_t, delta):
    error = q_learning_error(np.array(q_tm1), a_tm1, r_t, discount_t, np.array(q_t))
    assert error == pytest.approx(delta)


def as_dict(traces: Traces) -> dict[tuple[int, int], float]:
    pairs = zip(traces.rows.tolist(), traces.actions.tolist(), strict=True)
    return dict(zip(pairs, traces.strengths.tolist(), strict=True))


def test_traces_fade_start_anew_and_put_out_other_actions():
    traces = replacing_traces(no_traces(), np.array([3, 5]), 0, 0.5)
    assert as_dict(traces) == {(3, 0): 1.0, (5, 0): 1.0}
    traces = replacing_traces(traces, np.array([5, 7]), 1, 0.5)
    assert as_dict(traces) == {(3, 0): 0.5, (5, 1): 1.0, (7, 1): 1.0}
    traces = replacing_traces(traces, np.array([7]), 1, 0.5)
    assert as_dict(traces) == {(3, 0): 0.25, (5, 1): 0.5, (7, 1): 1.0}  # 7 does not pile up


def test_traces_below_the_floor_go_out():
    traces = replacing_traces(no_traces(), np.array([1]), 0, 0.3, floor=0.2)
    traces = replacing_traces(traces, np.array([2]), 0, 0.3, floor=0.2)
    assert as_dict(traces) == {(1, 0): 0.3, (2, 0): 1.0}
    traces = replacing_traces(traces, np.array([3]), 0, 0.3, floor=0.2)
    assert as_dict(traces) == {(2, 0): 0.3, (3, 0): 1.0}


def test_a_step_without_cells_still_fades():
    traces = replacing_traces(no_traces(), np.array([1]), 0, 0.5)
    traces = replacing_traces(traces, np.zeros(0, np.int64), 1, 0.5)
    assert as_dict(traces) == {(1, 0): 0.5}


def test_increments_are_step_size_times_error_times_eligibility():
    traces = Traces(np.array([1, 2]), np.array([0, 1]), np.array([0.5, 1.0]))
    gains = td_lambda_increments(traces, -2.0, np.array([0.1, 0.4]))
    assert gains.tolist() == pytest.approx([-0.1, -0.8])


CHAIN, DISCOUNT = 6, 0.9  # 0 .. 5: moving right from 5 ends it with reward 1


def chain_step(state: int, action: int) -> tuple[int | None, float]:
    if action == 1:
        return (None, 1.0) if state == CHAIN - 1 else (state + 1, 0.0)
    return max(0, state - 1), 0.05 * (state == 0)


def optimal_values() -> np.ndarray:
    q = np.zeros((CHAIN, 2))
    for _ in range(500):
        for state in range(CHAIN):
            for action in (0, 1):
                after, reward = chain_step(state, action)
                q[state, action] = reward
                if after is not None:
                    q[state, action] += DISCOUNT * q[after].max()
    return q


@pytest.mark.parametrize("trace_decay", [0.0, 0.8])
def test_tabular_q_lambda_finds_what_value_iteration_finds(trace_decay):
    rng = np.random.default_rng(4)
    q = np.zeros((CHAIN, 2))
    for _ in range(400):
        state: int | None = int(rng.integers(CHAIN))
        traces = no_traces()
        for _ in range(40):
            greedy = bool(rng.random() < 0.5)
            action = int(q[state].argmax()) if greedy else int(rng.integers(2))
            if q[state, action] < q[state].max():
                traces = no_traces()  # Watkins: an exploring action cuts what led to it off
            rows = np.array([state])
            traces = replacing_traces(traces, rows, action, DISCOUNT * trace_decay)
            after, reward = chain_step(state, action)
            q_t = np.zeros(2) if after is None else q[after]
            discount = 0.0 if after is None else DISCOUNT
            delta = q_learning_error(q[state], action, reward, discount, q_t)
            gains = td_lambda_increments(traces, delta, np.full(len(traces.rows), 0.3))
            q[traces.rows, traces.actions] += gains
            if after is None:
                break
            state = after
    assert np.abs(q - optimal_values()).max() < 0.03
