"""Laws as a program that clingo runs: from the facts of a state to its likeliest successor.

Nothing of a run gets into the text but numbers and the names of actions, these as plain constants.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from symbolic.model.conditions import motion_relations, place_relations, scene_relations
from symbolic.model.features import DEEPEST, FAR, motion_size
from symbolic.model.law_rules import bounds_rules, motion_rules, rate_rules, survival_rules
from symbolic.model.laws import NONE, Laws, asked_of_scenes, looking
from symbolic.model.printing import AXES, cradle
from symbolic.model.relations import FIRST, OBSERVED, WIDE, definitions, heads_of, names_in
from symbolic.model.rounding import in_order, units
from symbolic.model.step import BEYOND, REACH

TOLD: Final = {
    "then_at": 3, "then_velocity": 3, "gone": 1, "appears": 2, "reward": 1, "end": 1
}  # fmt: skip
# What may be asked for and never be so.
MAYBE: Final = {"gone": 1, "appears": 2, "obeys": 1, "me": 1}
CONSTANTS: Final = (
    ("far", FAR, "instead of what is not there"),
    ("deepest", DEEPEST, "an overlap that is deeper is not told apart"),
    ("reach", REACH, "what stands goes only where something that moves is nearer"),
)

HEAD: Final = """\
% The laws of a game, as they were learned: from a state to the likeliest next one.
%
% With a state as facts beside this file, `clingo -Wno-global-variable FILE state.lp` answers
%   then_at(I,Y,X) then_velocity(I,VY,VX)   where object I will be, and how it will have moved
%   gone(I)                                 which of them is there no longer
%   appears(K,P)                            how likely one of a kind appears, thousandths
%   reward(R) end(P)                        the mean reward and the chance of the end, thousandths
% The number behind a law says how often it was met. What obeys the actions moves first: relations
% that are its alone begin with first_. Those that begin with then_ hold once all has moved."""
_ALONE = """
%
% Only the laws of kind {kind} are here: everything else that moves goes on as it did."""


def of_kind(laws: Laws, kind: int) -> Laws:
    """The laws of one kind and of the scene; all others go on as they do."""
    motion, survival = np.full_like(laws.motion, NONE), np.full_like(laws.survival, NONE)
    motion[kind], survival[kind] = laws.motion[kind], laws.survival[kind]
    birth = np.full_like(laws.birth, NONE)
    birth[kind] = laws.birth[kind]
    return looking(laws._replace(motion=motion, survival=survival, birth=birth))


def program_of(laws: Laws, actions: Sequence[str], kind: int | None = None) -> str:
    """The program; ``actions`` (A,) are their names, ``kind`` restricts it as `of_kind` does."""
    laws = laws if kind is None else of_kind(laws, kind)
    acts, effects = constants_of(actions), [_effects(laws, axis) for axis in range(2)]
    told, observed = _laws(laws, acts, effects), OBSERVED.read_text().strip()
    rules, facts = "\n".join(told), _facts(laws, acts)
    does = _filled([
        f"does({act},{effects[0][float(y)]},{effects[1][float(x)]})."
        for act, (y, x) in zip(acts, laws.effects, strict=True)
    ])  # fmt: skip
    given = {*heads_of("\n".join([facts, rules])), *names_in(observed), "does"}
    body = definitions([*TOLD, *names_in(rules)], given)
    derived, asked = given | set(heads_of(body)), {*names_in(body), *names_in(rules), *TOLD}
    silent = [
        f"#defined {name}/{many}."
        for name, many in MAYBE.items()
        if name in asked and name not in derived
    ]
    named = [f"#const {a} = {number}." for number, a in enumerate(acts) if not a.isdecimal()]
    paragraphs = [
        HEAD + ("" if kind is None else _ALONE.format(kind=kind)),
        observed,
        "\n".join(f"#show {name}/{many}." for name, many in TOLD.items()),
        _filled(named),
        "\n".join(f"#const {name} = {units(at)}.  % {what}" for name, at, what in CONSTANTS),
        f"% --- What each action does to the velocity of what obeys in the mean, y and x.\n{does}",
        "% --- Kinds: who obeys and moves, whom a law asks about.\n" + "\n".join([facts, *silent]),
        f"% --- What laws ask about.\n\n{body}",
        *told,
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def constants_of(actions: Sequence[str]) -> list[str]:
    """What each action is called: its name in small letters, or its number if it has none that
    makes a constant of its own."""
    found: list[str] = []
    for number, name in enumerate(actions):
        plain = name.lower()
        taken = {*found, "any", "not", *(each[0] for each in CONSTANTS)}
        word = re.fullmatch(r"(?!action_?\d)[a-z][a-z0-9_]*(?<!_)", plain)
        right = word and plain not in taken
        found.append(plain if right else str(number))
    return found


def _laws(laws: Laws, acts: Sequence[str], effects: Sequence[dict[float, int]]) -> list[str]:
    """A paragraph for each law."""
    does = {axis: table.__getitem__ for axis, table in zip(AXES, effects, strict=True)}
    told = []
    for kind in range(laws.kinds):
        obeys = bool(laws.obeys[kind])
        relations = motion_relations(laws.kinds, acts, does, obeys)
        called = f"kind {kind}" + (", which obeys" if obeys else "")
        if not laws.moves[kind]:
            both = [motion_rules(laws, kind, axis, relations) for axis in range(2)]
            told.append(f"% --- {called}, stands.\n" + "\n".join(both))
        for axis in range(2) if laws.moves[kind] else ():
            title = f"% --- {called}: its velocity, {AXES[axis]}.\n"
            told.append(title + motion_rules(laws, kind, axis, relations))
        if stays := survival_rules(laws, kind, place_relations(laws.kinds)):
            told.append(f"% --- kind {kind}: the thousandths in which it stays.\n{stays}")
    if gone := bounds_rules(laws, BEYOND):
        told.append(f"% --- What leaves all places ever seen is gone.\n{gone}")
    scene = scene_relations(laws.kinds, acts, laws.moves)
    for kind in np.flatnonzero(laws.birth >= 0).tolist():
        title = f"% --- kind {kind}: how likely one appears, thousandths; {cradle(laws, kind)}.\n"
        root = int(laws.birth[kind])
        told.append(title + rate_rules(laws, root, f"appears({kind},{{}})", scene))
    for name, root in (("reward", laws.reward), ("end", laws.end)):
        title = f"% --- The scene: {name}, thousandths.\n"
        told.append(title + rate_rules(laws, root, f"{name}({{}})", scene))
    return told


def _effects(laws: Laws, axis: int) -> dict[float, int]:
    """What actions do on an axis, and the thresholds it is asked by, as whole numbers."""
    first = motion_size(laws.kinds, laws.actions) - 4
    asked = np.isin(laws.feature, [first + axis, first + 2 + axis])
    return in_order([0.0, *laws.effects[:, axis].tolist(), *laws.threshold[asked].tolist()])


def _facts(laws: Laws, acts: Sequence[str]) -> str:
    """What the laws rest on beside a state, a line for each predicate."""
    lines: dict[str, list[str]] = {}

    def add(name: str, *arguments: int | str) -> None:
        lines.setdefault(name, []).append(f"{name}({','.join(map(str, arguments))}).")

    kinds = range(laws.kinds)
    for kind in kinds:
        for name, holds in (("obeys", laws.obeys), ("moves", laws.moves), ("judged", laws.judged)):
            if holds[kind]:
                add(name, kind)
        if laws.survival[kind] >= 0 and not laws.moves[kind]:
            add("stands", kind)
        for other in np.flatnonzero(laws.looks[0, kind]).tolist():
            looks = (FIRST if laws.obeys[kind] else "") + "looks"
            add(*((looks, kind, other) if other in kinds else (f"{looks}_at_any", kind)))
        for other in np.flatnonzero(laws.looks[1, kind]).tolist():
            add("watches", kind, other)
    scene = scene_relations(laws.kinds, acts, laws.moves)
    for feature in sorted(asked_of_scenes(laws)):
        relation = scene[feature]
        if relation.name in ("top", "bottom", "left", "right", "count", "fastest"):
            add("measured", *relation.arguments)
        elif relation.name == "gap" and relation.least < FAR:
            add("paired", *relation.arguments)
    return "\n".join(_filled(list(dict.fromkeys(line))) for line in lines.values())


def _filled(statements: Sequence[str]) -> str:
    """Short statements, as many in a line as fit."""
    lines = [""]
    for each in statements:
        if lines[-1] and len(lines[-1]) + 1 + len(each) > WIDE:
            lines.append("")
        lines[-1] += f" {each}" if lines[-1] else each
    return "\n".join(lines)
