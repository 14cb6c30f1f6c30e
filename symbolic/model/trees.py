"""Trees over features, grown by code length: a split must save more nats than it costs.

A leaf says one thing in the coding that is shortest there, and keeps a distribution over whole
outcomes in it, never a mean of two (Rissanen 1978 and Quinlan & Rivest 1989 on description length;
the code of a leaf is the multinomial's maximum likelihood, with a price for each outcome told
apart). Shapes: n samples, F features, M codings, B codes, V nodes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

CODES: Final = 1024
MIDDLE: Final = 512
TOLD: Final = 3  # outcomes that a leaf keeps, the commonest
VALUES: Final = 2 + 2 * TOLD  # of a leaf: coding, samples, then value and share of each outcome


class Tree(NamedTuple):
    """Node 0 is the root; ``feature`` is -1 at a leaf, else left where it is <= ``threshold``."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray  # (V, VALUES)


def codes_of(outcomes: np.ndarray) -> np.ndarray:
    """Whole numbers for the histogram, (n, M) float -> (n, M) int64."""
    whole = np.floor(outcomes + 0.5)
    return np.asarray(np.clip(whole, -MIDDLE + 1, MIDDLE - 1) + MIDDLE, np.int64)


@njit(cache=True)
def leaf_of(
    features: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    root: int,
) -> int:
    """The leaf of one row of features."""
    node = root
    while feature[node] >= 0:
        low = features[feature[node]] <= threshold[node]
        node = left[node] if low else right[node]
    return node


@njit(cache=True)
def leaves_of(
    features: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
) -> np.ndarray:
    """The leaf of each row of features, (n, F) -> (n,)."""
    leaf = np.empty(len(features), np.int64)
    for q in range(len(features)):
        leaf[q] = leaf_of(features[q], feature, threshold, left, right, 0)
    return leaf


@njit(cache=True)
def _scan(
    column: np.ndarray,
    rows: np.ndarray,
    codes: np.ndarray,
    counts: np.ndarray,
    xlogx: np.ndarray,
    told: np.ndarray,
    different: np.ndarray,
    left: np.ndarray,
    price: float,
    coding_price: np.ndarray,
    least: int,
) -> tuple[float, float]:
    """The shortest code of two leaves that one feature can make of ``rows`` (in its order), and
    the threshold; ``left`` (M, B) must hold zeros and does so again afterwards."""
    n, m_all = len(rows), codes.shape[1]
    told_left, told_right = np.zeros(m_all), told.copy()
    kinds_left, kinds_right = np.zeros(m_all), different.copy()
    best, cut = np.inf, 0.0
    for u in range(n - 1):
        q = rows[u]
        for m in range(m_all):
            z = codes[q, m]
            c = left[m, z]
            told_left[m] += xlogx[c + 1] - xlogx[c]
            if c == 0:
                kinds_left[m] += 1
            left[m, z] = c + 1
            rest = counts[m, z] - c
            told_right[m] += xlogx[rest - 1] - xlogx[rest]
            if rest == 1:
                kinds_right[m] -= 1
        here, after = column[q], column[rows[u + 1]]
        if here == after or u + 1 < least or n - u - 1 < least:
            continue
        one = two = np.inf
        for m in range(m_all):
            cost = coding_price[m] - told_left[m] + price * kinds_left[m]
            one = min(one, cost)
            cost = coding_price[m] - told_right[m] + price * kinds_right[m]
            two = min(two, cost)
        both = one + two + xlogx[u + 1] + xlogx[n - u - 1]
        if both < best:
            best, cut = both, (here + after) / 2
    for u in range(n - 1):
        for m in range(m_all):
            left[m, codes[rows[u], m]] = 0
    return best, cut


@njit(cache=True)
def _grow(
    columns: np.ndarray,
    codes: np.ndarray,
    order: np.ndarray,
    used: np.ndarray,
    split_price: float,
    price: float,
    coding_price: np.ndarray,
    least: int,
    deepest: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n, m_all = codes.shape
    xlogx = np.zeros(n + 2)
    for c in range(2, n + 2):
        xlogx[c] = c * np.log(c)
    room = 2 * n + 3
    feature = np.full(room, -1, np.int64)
    threshold = np.zeros(room)
    left, right = np.zeros(room, np.int64), np.zeros(room, np.int64)
    low, high = np.zeros(room, np.int64), np.zeros(room, np.int64)
    depth = np.zeros(room, np.int64)
    high[0], nodes = n, 1
    counts, scratch = np.zeros((m_all, CODES), np.int64), np.zeros((m_all, CODES), np.int64)
    goes_left, spare = np.zeros(n, np.bool_), np.zeros(n, np.int64)
    todo = [0]
    while len(todo) > 0:
        node = todo.pop()
        lo, hi = low[node], high[node]
        size = hi - lo
        told, different = np.zeros(m_all), np.zeros(m_all)
        rows = order[0, lo:hi]
        for q in rows:
            for m in range(m_all):
                c = counts[m, codes[q, m]]
                told[m] += xlogx[c + 1] - xlogx[c]
                if c == 0:
                    different[m] += 1
                counts[m, codes[q, m]] = c + 1
        whole, simple = np.inf, False
        for m in range(m_all):
            whole = min(whole, xlogx[size] - told[m] + price * different[m] + coding_price[m])
            simple = simple or different[m] < 2
        chosen, cut, saved = -1, 0.0, split_price
        if not simple and size >= 2 * least and depth[node] < deepest:
            for f in range(len(used)):
                column = columns[f]
                seq = order[f, lo:hi]
                if column[seq[0]] == column[seq[-1]]:
                    continue
                both, at = _scan(
                    column, seq, codes, counts, xlogx, told, different, scratch,
                    price, coding_price, least,
                )  # fmt: skip
                if whole - both > saved:
                    chosen, cut, saved = f, at, whole - both
        for q in rows:
            for m in range(m_all):
                counts[m, codes[q, m]] = 0
        if chosen < 0:
            continue
        column = columns[chosen]
        for q in order[0, lo:hi]:
            goes_left[q] = column[q] <= cut
        middle = lo
        for f in range(len(used)):  # keep every feature's order within each half
            put, kept = lo, 0
            for u in range(lo, hi):
                q = order[f, u]
                if goes_left[q]:
                    order[f, put] = q
                    put += 1
                else:
                    spare[kept] = q
                    kept += 1
            order[f, put:hi] = spare[:kept]
            middle = put
        feature[node], threshold[node] = used[chosen], cut
        left[node], low[nodes], high[nodes] = nodes, lo, middle
        right[node], low[nodes + 1], high[nodes + 1] = nodes + 1, middle, hi
        depth[nodes] = depth[nodes + 1] = depth[node] + 1
        todo.append(nodes)
        todo.append(nodes + 1)
        nodes += 2
    return feature[:nodes], threshold[:nodes], left[:nodes], right[:nodes]


@njit(cache=True)
def _tell(
    feature: np.ndarray,
    threshold: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    features: np.ndarray,
    outcomes: np.ndarray,
    codes: np.ndarray,
    price: float,
    coding_price: np.ndarray,
) -> np.ndarray:
    """What each leaf says, from all the samples that reach it."""
    n, m_all = codes.shape
    leaf = leaves_of(features, feature, threshold, left, right)
    value = np.zeros((len(feature), VALUES))
    order = np.argsort(leaf, kind="mergesort")
    counts, sums = np.zeros((m_all, CODES)), np.zeros((m_all, CODES))
    lo = 0
    while lo < n:
        node = leaf[order[lo]]
        hi = lo
        while hi < n and leaf[order[hi]] == node:
            q = order[hi]
            for m in range(m_all):
                counts[m, codes[q, m]] += 1
                sums[m, codes[q, m]] += outcomes[q, m]
            hi += 1
        size = hi - lo
        best, coding = np.inf, 0
        for m in range(m_all):
            cost = size * np.log(size) + coding_price[m]
            for z in range(CODES):
                c = counts[m, z]
                if c > 0:
                    cost += price - c * np.log(c)
            if cost < best:
                best, coding = cost, m
        value[node, 0], value[node, 1] = coding, size
        for t in range(TOLD):
            z = counts[coding].argmax()
            c = counts[coding, z]
            if c == 0:
                break
            value[node, 2 + 2 * t], value[node, 3 + 2 * t] = sums[coding, z] / c, c / size
            counts[coding, z] = 0.0
        counts[:] = 0.0
        sums[:] = 0.0
        lo = hi
    return value


def grow(
    features: np.ndarray,
    outcomes: np.ndarray,
    *,
    everything: tuple[np.ndarray, np.ndarray] | None = None,
    split_nats: float,
    outcome_nats: float,
    coding_nats: tuple[float, ...],
    least: int = 2,
    deepest: int = 14,
) -> Tree:
    """A tree from ``features`` (n, F) to ``outcomes`` (n, M), the same outcome in M codings.

    ``everything`` are features and outcomes that the leaves are counted from, where those the
    splits are chosen on were thinned.
    """
    price = np.array(coding_nats, np.float64)
    used = np.flatnonzero(features.min(axis=0) < features.max(axis=0))
    used = used if len(used) else np.zeros(1, np.int64)
    columns = np.ascontiguousarray(features[:, used].T, np.float64)
    order = np.argsort(columns, axis=1, kind="stable")
    nodes = _grow(
        columns, codes_of(outcomes), order, used, split_nats, outcome_nats, price, least, deepest
    )
    all_features, all_outcomes = everything or (features, outcomes)
    all_features = np.ascontiguousarray(all_features, np.float64)
    all_outcomes = np.ascontiguousarray(all_outcomes, np.float64)
    codes = codes_of(all_outcomes)
    value = _tell(*nodes, all_features, all_outcomes, codes, outcome_nats, price)
    feature, threshold, left, right = nodes
    return Tree(feature, threshold, left, right, value)
