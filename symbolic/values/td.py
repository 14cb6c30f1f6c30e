"""Temporal-difference updates as pure functions of arrays.

Legend: rows (n,) active table rows, actions (n,) the action each was active for, strengths (n,)
eligibility; q (A,) action values.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Traces(NamedTuple):
    """Eligibility of table entries (row, action) for what happens next."""

    rows: np.ndarray
    actions: np.ndarray
    strengths: np.ndarray


def no_traces() -> Traces:
    """Nothing is eligible: the start of an episode."""
    return Traces(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def q_learning_error(
    q_tm1: np.ndarray, a_tm1: int, r_t: float, discount_t: float, q_t: np.ndarray
) -> float:
    """delta = r_t + discount_t max_a q_t(a) - q_tm1(a_tm1) (Sutton and Barto 2018, eq. 6.8)."""
    assert q_tm1.ndim == 1 and q_t.shape == q_tm1.shape, (q_tm1.shape, q_t.shape)
    return float(r_t + discount_t * q_t.max() - q_tm1[a_tm1])


def replacing_traces(
    traces: Traces, rows: np.ndarray, action: int, decay: float, floor: float = 0.01
) -> Traces:
    """Fade all traces by ``decay`` = discount x lambda; the active cells' start anew at 1.

    Replacing traces (Singh and Sutton 1996): a cell active again does not pile up. A row's
    traces for other actions go out, and so does what has faded below ``floor``.
    """
    assert rows.ndim == 1 and traces.rows.shape == traces.strengths.shape
    faded = traces.strengths * decay
    keep = (faded >= floor) & (traces.rows[:, None] != rows).all(axis=1)
    return Traces(
        np.concatenate([traces.rows[keep], rows]),
        np.concatenate([traces.actions[keep], np.full(len(rows), action)]),
        np.concatenate([faded[keep], np.ones(len(rows))]),
    )


def td_lambda_increments(traces: Traces, delta: float, step_sizes: np.ndarray) -> np.ndarray:
    """What each traced entry gains: step size x delta x eligibility (S&B 2018, eq. 12.5)."""
    assert step_sizes.shape == traces.strengths.shape
    return step_sizes * delta * traces.strengths
