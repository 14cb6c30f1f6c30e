"""Laws as rules that a person reads: conditions, what follows, and how often it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from symbolic.model.features import motion_names, place_names, scene_names
from symbolic.model.laws import ADDED, ME, REFLECTED, SCREEN, SET, Laws
from symbolic.model.trees import TOLD

AXES = ("y", "x")


def rules_of(laws: Laws) -> list[str]:
    """One line for each leaf of each law."""
    lines = []
    motion, place = motion_names(laws.kinds, laws.actions), place_names(laws.kinds)
    scene = scene_names(laws.kinds, laws.actions)
    for kind in range(laws.kinds):
        for axis, name in enumerate(AXES):
            said = speed_told(laws, name)
            lines += _lines(laws, laws.motion[kind, axis], motion, f"kind {kind}", said)
        lines += _lines(laws, laws.survival[kind], place, f"kind {kind}", _mean(laws, "stays"))
        appears = _mean(laws, f"appears {cradle(laws, kind)}")
        lines += _lines(laws, laws.birth[kind], scene, f"kind {kind}", appears)
    lines += _lines(laws, laws.reward, scene, "scene", _mean(laws, "reward"))
    lines += _lines(laws, laws.end, scene, "scene", _mean(laws, "end"))
    return lines


def cradle(laws: Laws, kind: int) -> str:
    """Where one of a kind appears, in words."""
    whose, y, x = laws.cradle[kind].tolist()
    if whose == SCREEN:
        return f"at {y:g}, {x:g}"
    return f"at {y:+g}, {x:+g} from {'me' if whose == ME else f'one of kind {whose:g}'}"


def _lines(
    laws: Laws, root: int, names: list[str], subject: str, said: Callable[[int], str]
) -> list[str]:
    if root < 0:
        return []
    return [
        f"{subject}: {said(leaf)} if {' and '.join(conditions) or 'true'}  "
        f"[{laws.value[leaf, 1]:.0f}]"
        for leaf, conditions in _leaves(laws, int(root), names)
    ]


def _leaves(laws: Laws, root: int, names: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Every leaf below a root with the conditions that lead there; of two bounds the narrower."""
    todo: list[tuple[int, dict[tuple[int, str], float]]] = [(root, {})]
    while todo:
        node, bounds = todo.pop()
        f = int(laws.feature[node])
        if f < 0:
            yield node, [f"{names[g]} {sign} {cut:g}" for (g, sign), cut in bounds.items()]
            continue
        cut = float(laws.threshold[node])
        todo.append((int(laws.right[node]), {**bounds, (f, ">"): cut}))
        todo.append((int(laws.left[node]), {**bounds, (f, "<="): cut}))


def speed_told(laws: Laws, axis: str) -> Callable[[int], str]:
    """What a leaf of motion tells, in words."""

    def said(leaf: int) -> str:
        coding, _, spread, *told = laws.value[leaf]
        if spread > 0:
            return f"{_moved(int(coding), axis, told[0])} give or take {spread:.1f}"
        outcomes = [
            f"{_moved(int(coding), axis, told[2 * t])} {told[2 * t + 1]:.0%}"
            for t in range(TOLD)
            if told[2 * t + 1] > 0
        ]
        return " or ".join(outcomes)

    return said


def _moved(coding: int, axis: str, c: float) -> str:
    c = round(c, 1) + 0.0
    if coding == ADDED:
        return f"v{axis}' = v{axis} {c:+g}" if c else f"v{axis}' = v{axis}"
    if coding == SET:
        return f"v{axis}' = {c:g}"
    if coding == REFLECTED:
        return f"v{axis}' = -v{axis} {c:+g}" if c else f"v{axis}' = -v{axis}"
    return f"{axis}' = {c:g}"


def _mean(laws: Laws, what: str) -> Callable[[int], str]:
    return lambda leaf: f"{what} {np.round(laws.expected[leaf], 3):g}"
