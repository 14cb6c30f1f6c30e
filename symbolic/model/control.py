"""Which kinds obey the actions: their motion is told in fewer nats with the action than without.

Contingency awareness (Bellemare, Veness & Bowling 2012), judged on held-out halves.
"""

from __future__ import annotations

import numpy as np

from symbolic.model.features import told_of_actions
from symbolic.model.trees import OUTCOMES, TOLD, Tree, grow, leaves_of

FLOOR = 0.01  # least chance of any outcome
CODING = (0.0, 1.0)  # nats: v' = v + c, v' = c


def gain(features: np.ndarray, velocity: np.ndarray, change: np.ndarray, actions: int) -> float:
    """Nats a step that present and previous action save on held-out halves, both axes together.

    ``features`` (n, F) end with what tells of the actions; ``velocity`` and its ``change`` are (n,
    2). Both actions are hidden together: the previous one tells of the present one where actions
    are held.
    """
    n = len(features)
    blind = features.copy()
    blind[:, -told_of_actions(actions) :] = 0.0
    halves = np.arange(n) % 2 == 0 if n < 4 else (np.arange(n) * 4 // n) % 2 == 0
    saved = 0.0
    for axis in range(2):
        if not change[:, axis].any():
            continue
        outcomes = np.stack([change[:, axis], velocity[:, axis] + change[:, axis]], axis=1)
        for train in (halves, ~halves):
            cost = [_cost(seen, outcomes, train) for seen in (blind, features)]
            saved += (cost[0] - cost[1]) / n
    return saved


def _cost(features: np.ndarray, outcomes: np.ndarray, train: np.ndarray) -> float:
    """Nats of the outcomes that are not in ``train`` by a tree grown on those that are."""
    tree = grow(
        features[train], outcomes[train], split_nats=4.0, outcome_nats=2.0, coding_nats=CODING,
        smooth=len(CODING),
    )  # fmt: skip
    rest = ~train
    distinct = [len(np.unique(column)) for column in outcomes[train].T]
    others = np.maximum(1, np.array(distinct) - TOLD)
    return _nats(tree, features[rest], outcomes[rest], others)


def _nats(tree: Tree, features: np.ndarray, outcomes: np.ndarray, others: np.ndarray) -> float:
    """Of the outcomes; what a leaf does not tell of is one of ``others`` (M,), all as likely."""
    leaf = tree.value[leaves_of(features, *tree[:4])]
    coding = leaf[:, 0].astype(np.int64)
    told = outcomes[np.arange(len(outcomes)), coding]
    spread = leaf[:, 2]
    chance = np.maximum(FLOOR, 1 - leaf[:, OUTCOMES + 1 :: 2].sum(axis=1)) / others[coding]
    for at in range(OUTCOMES, OUTCOMES + 2 * TOLD, 2):
        value, share = leaf[:, at], leaf[:, at + 1]
        hit = (spread == 0) & (share > 0) & (np.abs(value - told) < 0.5)
        chance = np.where(hit, np.maximum(FLOOR, share * leaf[:, 1] / (leaf[:, 1] + 1)), chance)
    wide = np.where(spread > 0, spread, 1.0)
    off = (told - leaf[:, OUTCOMES]) / wide
    density = np.exp(-0.5 * off**2) / (np.sqrt(2 * np.pi) * wide)
    chance = np.where(spread > 0, np.maximum(FLOOR / 10, density), chance)
    return -float(np.log(chance).sum())


def obeying(gains: dict[int, float], incumbents: set[int], least: float) -> set[int]:
    """The kinds that obey: none, one or several that obey nearly as well as the best does.

    Incumbents have an advantage of a quarter, so that play does not change its mind for noise.
    """
    scores = {k: g * (1.25 if k in incumbents else 1.0) for k, g in gains.items()}
    best = max(scores.values(), default=0.0)
    return {k for k, score in scores.items() if score >= max(least, 0.6 * best)}
