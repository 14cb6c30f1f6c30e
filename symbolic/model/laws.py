"""The laws of a game as flat arrays: what compiled imagination reads. Shapes: V nodes, K kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from symbolic.model.features import first_pair, kind_beside_me, kind_of_motion, kind_of_place
from symbolic.model.trees import VALUES, Tree

NONE: Final = -1  # in place of a root: there is no such law
SCREEN, ME = -2, -1  # in place of a kind beside which something appears

# How a leaf codes the next velocity v' of an object with velocity v at place p.
ADDED, SET, REFLECTED, PLACED = 0, 1, 2, 3  # v' = v + c; v' = c; v' = -v + c; p + v' = c
CODINGS: Final = 4


class Laws(NamedTuple):
    """All trees in one forest, and the root of each law.

    ``expected`` (V,) is the mean outcome of a leaf where the outcome is a number. ``motion`` (K, 2)
    roots for y and x; ``survival`` (K,); ``birth`` (K,) how likely one of the kind appears, at the
    ``cradle`` (K, 3): beside whom (`SCREEN`, `ME`, or a kind), and how many pixels from there down
    and along; it is ``newborn`` (K, 2) pixels high and wide. ``pairs`` is 1 where reward, end or
    births depend on how near two kinds are. ``obeys`` (K,) is 1 for kinds that the actions move,
    ``moves`` for those that move at all, ``always`` for those that every scene shows. ``bounds``
    are the lowest and highest y, then x, at which anything was ever seen; ``last`` is the mean
    reward of the steps that ended an episode; ``effects`` (A, 2) the mean velocity of what obeys
    after each action. ``looks`` (2, K, K + 1) is 1 where motion or survival of a kind asks about
    another or, last, about any, ``judged`` (K,) where reward, end or births ask what is beside me.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    expected: np.ndarray
    motion: np.ndarray
    survival: np.ndarray
    birth: np.ndarray
    cradle: np.ndarray
    newborn: np.ndarray
    reward: int
    end: int
    pairs: int
    obeys: np.ndarray
    moves: np.ndarray
    always: np.ndarray
    bounds: np.ndarray
    effects: np.ndarray
    looks: np.ndarray
    judged: np.ndarray
    last: float
    kinds: int
    actions: int


class Forest:
    """Collects trees into one set of arrays."""

    def __init__(self) -> None:
        self._trees: list[Tree] = []
        self._expected: list[np.ndarray] = []
        self._size = 0

    def add(self, tree: Tree, expected: np.ndarray | None = None) -> int:
        """The root of a tree within the forest; ``expected`` (V,) as in `Laws`."""
        root, size = self._size, len(tree.feature)
        moved = tree._replace(left=tree.left + root, right=tree.right + root)
        self._trees.append(moved)
        self._expected.append(np.zeros(size) if expected is None else expected)
        self._size += size
        return root

    def arrays(self) -> dict[str, Any]:
        """The fields of `Laws` that hold all trees so far."""
        names = (*Tree._fields, "expected")
        if not self._trees:
            none = np.zeros(1, np.int64)
            empty = (none - 1, np.zeros(1), none, none, np.zeros((1, VALUES)), np.zeros(1))
            return dict(zip(names, empty, strict=True))
        parts = [np.concatenate(part) for part in zip(*self._trees, strict=True)]
        return dict(zip(names, [*parts, np.concatenate(self._expected)], strict=True))


def no_laws(kinds: int, actions: int) -> Laws:
    """Where nothing is known: all stands as it does."""
    return Laws(
        **Forest().arrays(),
        motion=np.full((kinds, 2), NONE, np.int64),
        survival=np.full(kinds, NONE, np.int64),
        birth=np.full(kinds, NONE, np.int64),
        cradle=np.zeros((kinds, 3)),
        newborn=np.zeros((kinds, 2)),
        reward=NONE,
        end=NONE,
        pairs=1,
        obeys=np.zeros(kinds, np.int64),
        moves=np.zeros(kinds, np.int64),
        always=np.zeros(kinds, np.int64),
        bounds=np.array([-np.inf, np.inf, -np.inf, np.inf]),
        effects=np.zeros((actions, 2)),
        looks=np.zeros((2, kinds, kinds + 1), np.int64),
        judged=np.zeros(kinds, np.int64),
        last=0.0,
        kinds=kinds,
        actions=actions,
    )


def size_of(laws: Laws) -> tuple[int, int]:
    """How many laws there are, and how many leaves their trees have together."""
    parts = (laws.motion, laws.survival, laws.birth, laws.reward, laws.end)
    known = sum(int((np.asarray(roots) != NONE).sum()) for roots in parts)
    return known, int((laws.feature < 0).sum()) if known else 0  # an empty forest has one node


def asked_below(laws: Laws, root: int) -> set[int]:
    """The features that a tree asks about."""
    found, todo = set(), [root] if root >= 0 else []
    while todo:
        node = todo.pop()
        if laws.feature[node] >= 0:
            found.add(int(laws.feature[node]))
            todo += [int(laws.left[node]), int(laws.right[node])]
    return found


def asked_of_scenes(laws: Laws) -> set[int]:
    """The features of scenes that reward, end and births ask about."""
    roots = [laws.reward, laws.end, *laws.birth.tolist()]
    return {feature for root in roots for feature in asked_below(laws, root)}


def looking(laws: Laws) -> Laws:
    """The same laws with ``looks``, ``judged`` and ``pairs`` as their trees ask."""
    looks = np.zeros((2, laws.kinds, laws.kinds + 1), np.int64)
    for kind in range(laws.kinds):
        for root in laws.motion[kind].tolist():
            for feature in asked_below(laws, root):
                if (other := kind_of_motion(feature, laws.kinds)) >= 0:
                    looks[0, kind, other] = 1
        for feature in asked_below(laws, int(laws.survival[kind])):
            if (other := kind_of_place(feature, laws.kinds)) >= 0:
                looks[1, kind, other] = 1
    judged = np.zeros(laws.kinds, np.int64)
    asked = asked_of_scenes(laws)
    for feature in asked:
        if (other := kind_beside_me(feature, laws.kinds, laws.actions)) >= 0:
            judged[other] = 1
    pairs = int(any(feature >= first_pair(laws.kinds, laws.actions) for feature in asked))
    return laws._replace(looks=looks, judged=judged, pairs=pairs)


def laws_state(laws: Laws) -> dict[str, Any]:
    """Arrays and numbers."""
    return dict(laws._asdict())


def laws_of(state: Mapping[str, Any]) -> Laws:
    """The inverse of `laws_state`."""
    whole = ("reward", "end", "pairs", "kinds", "actions")
    fields: dict[str, Any] = {k: int(v) if k in whole else np.array(v) for k, v in state.items()}
    missing = [name for name in Laws._fields if name not in fields]
    if missing:
        raise KeyError(missing[0])
    return Laws(**fields | {"last": float(state["last"])})
