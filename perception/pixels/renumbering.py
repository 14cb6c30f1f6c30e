"""Keeping the numbers of kinds when perception is trained further, for tables speak of them."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from perception.pixels.kinds import NEW_COLOUR, PER_KIND, STILL, Kinds
from perception.pixels.segmentation import UNKNOWN

GONE = -1  # stands for the counterpart of a kind that was not found again


def renumbered(new: Kinds, old: Kinds) -> Kinds:
    """The kinds `new` under the numbers of `old` wherever they are the same thing.

    What has no counterpart follows after, up to the bound; a kind of `old` not found again keeps
    its number and comes back when its colour does.
    """
    unlike = unlikeness(new, old)
    rows, columns = linear_sum_assignment(np.minimum(unlike, 2.0))
    counterpart = {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if unlike[row, column] <= 1.0
    }
    order = [counterpart.get(kind, GONE) for kind in range(len(old))]
    rest = [kind for kind in range(len(new)) if kind not in counterpart.values()]
    return _reordered(new, old, order, rest[: max(new.max_kinds - len(order), 0)])


def unlikeness(new: Kinds, old: Kinds) -> np.ndarray:
    """(old K, new K): above 1 where the two are different things.

    By colour, and by size too where they move (displays have many shapes).
    """
    colour = np.linalg.norm(old.colour[:, None] - new.colour[None], axis=2) / NEW_COLOUR
    size = np.abs(old.log_size[:, None] - new.log_size[None]).max(axis=2) / np.log(2.0)
    old_still, new_still = old.mobility < STILL, new.mobility < STILL
    unlike = np.where(old_still[:, None], colour, np.maximum(colour, size))
    return np.where(old_still[:, None] == new_still[None], unlike, np.inf)


def _reordered(new: Kinds, old: Kinds, order: list[int], rest: list[int]) -> Kinds:
    result = Kinds((0, 0), new.max_kinds)
    result.blocks, result.group_of_code = new.blocks, new.group_of_code.copy()
    for name in PER_KIND:
        mine, theirs = getattr(new, name), getattr(old, name)
        rows = [theirs[i] if kind == GONE else mine[kind] for i, kind in enumerate(order)]
        rows += [mine[kind] for kind in rest]
        setattr(result, name, np.array(rows, dtype=mine.dtype).reshape(-1, *mine.shape[1:]))
    unused = int(max(new.family.max(initial=0), new.group_of_code.max())) + 1
    gone = {int(family): unused + i for i, family in enumerate(np.unique(old.family))}
    for i, kind in enumerate(order):
        if kind == GONE:
            result.family[i] = gone[int(old.family[i])]
    codes = result.group_of_code
    codes[~np.isin(codes, result.family)] = UNKNOWN
    return result
