"""Trees over features, grown by code length: a split must save more nats than it costs.

A leaf says one thing in the coding that is shortest there, and keeps a distribution over whole
outcomes in it, never a mean of two (Rissanen 1978 and Quinlan & Rivest 1989 on description length;
the code of a leaf is the multinomial's maximum likelihood, with a price for each outcome told
apart). Where outcomes scatter about one value, a normal distribution is the shorter code, at the
price of two outcomes; it stands in the leaf as the three points of Gauss-Hermite quadrature.
Shapes: n samples, F features, M codings, S of them smooth, B codes, V nodes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

CODES: Final = 1024
MIDDLE: Final = 512
TOLD: Final = 3  # outcomes that a leaf keeps, the commonest
VALUES: Final = 3 + 2 * TOLD  # of a leaf: see OUTCOMES
OUTCOMES: Final = 3  # after coding, samples and spread (0: not normal): value, share of each told
ROUNDING: Final = 1 / 12  # variance of a whole number that stands for a place between
NORMAL: Final = 0.5 * np.log(2 * np.pi * np.e)  # nats of a normal distribution of unit variance


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
def _normal_code(n: float, total: float, squares: float) -> float:
    """Nats of n whole outcomes by the normal distribution that fits them."""
    mean = total / n
    return n * (NORMAL + 0.5 * np.log(max(squares / n - mean * mean, 0.0) + ROUNDING))


@njit(cache=True)
def _scan(
    column: np.ndarray,
    rows: np.ndarray,
    codes: np.ndarray,
    counts: np.ndarray,
    xlogx: np.ndarray,
    told: np.ndarray,
    different: np.ndarray,
    smooth: int,
    sums: np.ndarray,
    left: np.ndarray,
    price: np.ndarray,
    coding_price: np.ndarray,
    least: int,
) -> tuple[float, float]:
    """The shortest code of two leaves that one feature can make of ``rows`` (in its order), and
    the threshold; ``left`` (M, B) must hold zeros and does so again afterwards."""
    n, m_all = len(rows), codes.shape[1]
    told_left, told_right = np.zeros(m_all), told.copy()
    kinds_left, kinds_right = np.zeros(m_all), different.copy()
    sums_left = np.zeros((smooth, 2))
    best, cut = np.inf, 0.0
    for u in range(n - 1):
        q = rows[u]
        for m in range(smooth):
            z = codes[q, m] - MIDDLE
            sums_left[m, 0] += z
            sums_left[m, 1] += z * z
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
            cost = coding_price[m] - told_left[m] + price[m] * kinds_left[m]
            one = min(one, cost)
            cost = coding_price[m] - told_right[m] + price[m] * kinds_right[m]
            two = min(two, cost)
        one += xlogx[u + 1]
        two += xlogx[n - u - 1]
        for m in range(smooth):
            fixed, a, b = coding_price[m] + 2 * price[m], sums_left[m, 0], sums_left[m, 1]
            one = min(one, fixed + _normal_code(u + 1, a, b))
            two = min(two, fixed + _normal_code(n - u - 1, sums[m, 0] - a, sums[m, 1] - b))
        both = one + two
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
    smooth: int,
    split_price: float,
    alike: float,
    price: np.ndarray,
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
        told, different, sums = np.zeros(m_all), np.zeros(m_all), np.zeros((smooth, 2))
        rows = order[0, lo:hi]
        for q in rows:
            for m in range(smooth):
                z = codes[q, m] - MIDDLE
                sums[m, 0] += z
                sums[m, 1] += z * z
            for m in range(m_all):
                c = counts[m, codes[q, m]]
                told[m] += xlogx[c + 1] - xlogx[c]
                if c == 0:
                    different[m] += 1
                counts[m, codes[q, m]] = c + 1
        whole, simple = np.inf, False
        for m in range(m_all):
            whole = min(whole, xlogx[size] - told[m] + price[m] * different[m] + coding_price[m])
            simple = simple or different[m] < 2
        for m in range(smooth):
            normal = _normal_code(size, sums[m, 0], sums[m, 1])
            whole = min(whole, coding_price[m] + 2 * price[m] + normal)
        chosen, cut = -1, 0.0  # which feature, and where
        saved = split_price + alike * np.log(size)
        if not simple and size >= 2 * least and depth[node] < deepest:
            for f in range(len(used)):
                column = columns[f]
                seq = order[f, lo:hi]
                if column[seq[0]] == column[seq[-1]]:
                    continue
                both, at = _scan(
                    column, seq, codes, counts, xlogx, told, different, smooth, sums, scratch,
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
def _three_points(value: np.ndarray, mean: float, spread: float) -> None:
    """A normal distribution as three outcomes with the same first five moments."""
    value[OUTCOMES], value[OUTCOMES + 1] = mean, 2 / 3
    value[OUTCOMES + 2], value[OUTCOMES + 3] = mean - np.sqrt(3.0) * spread, 1 / 6
    value[OUTCOMES + 4], value[OUTCOMES + 5] = mean + np.sqrt(3.0) * spread, 1 / 6


@njit(cache=True)
def _tell(
    feature: np.ndarray,
    threshold: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    features: np.ndarray,
    outcomes: np.ndarray,
    codes: np.ndarray,
    smooth: int,
    price: np.ndarray,
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
                    cost += price[m] - c * np.log(c)
            if cost < best:
                best, coding = cost, m
        spread, mean = 0.0, 0.0
        for m in range(smooth):
            total, squares = 0.0, 0.0
            for at in range(lo, hi):
                z = outcomes[order[at], m]
                total += z
                squares += z * z
            cost = coding_price[m] + 2 * price[m] + _normal_code(size, total, squares)
            if cost < best:
                best, coding, mean = cost, m, total / size
                spread = np.sqrt(max(squares / size - mean * mean, 0.0) + ROUNDING)
        value[node, 0], value[node, 1], value[node, 2] = coding, size, spread
        if spread > 0:
            _three_points(value[node], mean, spread)
        else:
            for t in range(TOLD):
                z = counts[coding].argmax()
                c = counts[coding, z]
                if c == 0:
                    break
                at = OUTCOMES + 2 * t
                value[node, at], value[node, at + 1] = sums[coding, z] / c, c / size
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
    smooth: int = 0,
    alike: float = 1.0,
    least: int = 2,
    deepest: int = 14,
) -> Tree:
    """A tree from ``features`` (n, F) to ``outcomes`` (n, M), the same outcome in M codings; of the
    first ``smooth`` of them a leaf may say that they are normally distributed.

    ``everything`` are features and outcomes that the leaves are counted from, where those the
    splits are chosen on were thinned. So many samples as ``alike`` tell no more than one: all that
    is said must save so much more.
    """
    coding_price = alike * np.array(coding_nats, np.float64)
    codes = codes_of(outcomes)
    distinct = [len(np.unique(codes[:, m])) for m in range(codes.shape[1])]
    price = alike * np.maximum(outcome_nats, np.log(distinct))  # which it is must be said too
    used = np.flatnonzero(features.min(axis=0) < features.max(axis=0))
    used = used if len(used) else np.zeros(1, np.int64)
    columns = np.ascontiguousarray(features[:, used].T, np.float64)
    order = np.argsort(columns, axis=1, kind="stable")
    nodes = _grow(
        columns, codes, order, used, smooth, alike * split_nats, alike, price, coding_price,
        least, deepest,
    )  # fmt: skip
    all_features, all_outcomes = everything or (features, outcomes)
    all_features = np.ascontiguousarray(all_features, np.float64)
    all_outcomes = np.ascontiguousarray(all_outcomes, np.float64)
    codes = codes_of(all_outcomes)
    value = _tell(*nodes, all_features, all_outcomes, codes, smooth, price, coding_price)
    feature, threshold, left, right = nodes
    return Tree(feature, threshold, left, right, value)
