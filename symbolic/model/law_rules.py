"""Trees as rules: each path from a root to a leaf is one, its samples in a comment behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from symbolic.model.conditions import INF, Relation
from symbolic.model.laws import ADDED, REFLECTED, SET, Laws
from symbolic.model.printing import AXES, speed_told
from symbolic.model.relations import FIRST, WIDE
from symbolic.model.rounding import PIXEL, below, finite, grains, units
from symbolic.model.trees import OUTCOMES

Head = Callable[[int], tuple[str, list[str], str]]  # of a leaf: atom, what it rests on, a comment


def motion_rules(laws: Laws, kind: int, axis: int, relations: Sequence[Relation]) -> str:
    """How a kind moves on an axis."""
    first = FIRST if laws.obeys[kind] else ""
    head, own = f"{first}then_v{AXES[axis]}", f"v{AXES[axis]}"
    is_one, speed = f"object(I,{kind})", (own.upper(), f"{own}(I,{own.upper()})")
    root = int(laws.motion[kind, axis])
    if not laws.moves[kind]:
        return rule(f"{head}(I,0)", [is_one])
    if root < 0:
        return rule(f"{head}(I,{speed[0]})", [is_one, speed[1]], "none learned")
    place = ("Y", "at(I,Y,_)") if axis == 0 else ("X", "at(I,_,X)")
    said = speed_told(laws, AXES[axis])

    def leaf(node: int) -> tuple[str, list[str], str]:
        coding, many, spread, c, share = laws.value[node, : OUTCOMES + 2]
        by = units(float(grains(c)))
        if coding == ADDED:
            number, rest = speed[0] + (f"{by:+d}" if by else ""), [speed[1]]
        elif coding == SET:
            number, rest = str(by), []
        elif coding == REFLECTED:
            number, rest = f"{by or ''}-{speed[0]}", [speed[1]]
        else:
            number, rest = f"{by}-{place[0]}", [place[1]]
        sure = spread == 0 and share > 0.995
        return f"{head}(I,{number})", rest, f"{many:.0f}" + ("" if sure else f": {said(node)}")

    return _rules(laws, root, relations, [is_one], leaf)


def survival_rules(laws: Laws, kind: int, relations: Sequence[Relation]) -> str:
    """When a kind stays, in thousandths; at most 500 where it is likelier to go."""
    if laws.survival[kind] < 0:
        return ""

    def leaf(node: int) -> tuple[str, list[str], str]:
        stays = float(laws.expected[node])
        share = max(units(stays), 501) if stays > 0.5 else min(units(stays), 500)
        return f"stays(I,{share})", [], f"{laws.value[node, 1]:.0f}"

    start = [f"object(I,{kind})"] + ([] if laws.moves[kind] else ["at_stake(I)"])
    return _rules(laws, int(laws.survival[kind]), relations, start, leaf)


def rate_rules(laws: Laws, root: int, head: str, relations: Sequence[Relation]) -> str:
    """What a scene brings, in thousandths where ``head`` has braces."""
    if root < 0:
        return f"{head.format(0)}."

    def leaf(node: int) -> tuple[str, list[str], str]:
        rate = units(float(laws.expected[node]))
        return head.format(rate), [], f"{laws.value[node, 1]:.0f}"

    return _rules(laws, root, relations, [], leaf)


def bounds_rules(laws: Laws, beyond: float) -> str:
    """What is outside of all places ever seen is gone."""
    told = []
    for axis, name in enumerate(AXES):
        low, high = laws.bounds[2 * axis] - beyond, laws.bounds[2 * axis + 1] + beyond
        v = name.upper()
        if low > -INF:
            least = -below(-low, PIXEL)
            told.append(rule("gone(I)", [f"then_{name}(I,{v}), {v} < {least}"]))
        if high < INF:
            told.append(rule("gone(I)", [f"then_{name}(I,{v}), {v} > {below(high, PIXEL)}"]))
    return "\n".join(told)


def _rules(
    laws: Laws, root: int, relations: Sequence[Relation], start: list[str], leaf: Head
) -> str:
    told = []
    for node, conditions in _paths(laws, root, relations):
        atom, rest, comment = leaf(node)
        rest = [each for each in rest if not any(c.startswith(each) for c in conditions)]
        told.append(rule(atom, [*start, *rest, *conditions], comment))
    return "\n".join(told)


def _paths(laws: Laws, root: int, relations: Sequence[Relation]) -> Iterator[tuple[int, list[str]]]:
    """Every leaf that can be reached, and the conditions that lead there."""
    todo: list[tuple[int, dict[int, tuple[float, float]]]] = [(root, {})]
    while todo:
        node, bounds = todo.pop()
        f = int(laws.feature[node])
        if f < 0:
            conditions = [relations[g].between(*each) for g, each in bounds.items()]
            if None not in conditions:
                yield node, _told([c for c in conditions if c])
            continue
        cut, (low, high) = finite(laws.threshold[node]), bounds.get(f, (-INF, INF))
        todo.append((int(laws.right[node]), {**bounds, f: (max(low, cut), high)}))
        todo.append((int(laws.left[node]), {**bounds, f: (low, min(high, cut))}))


def _told(conditions: list[str]) -> list[str]:
    """Without what goes without saying: who does one thing does no other."""
    done = [c.partition("(")[0] for c in conditions if c.startswith(("action(", "before("))]
    return [c for c in conditions if not c.startswith(tuple(f"not {name}(" for name in done))]


def rule(head: str, body: Sequence[str], comment: str = "") -> str:
    """One rule; what is too long goes on in the next line, indented, the comment behind it."""
    comment = f"  % {comment}" if comment else ""
    text = head
    for number, literal in enumerate(body):
        last = number == len(body) - 1
        joint, end = ", " if number else " :- ", f".{comment}" if last else ","
        here = len(text.rsplit("\n", 1)[-1])
        if here + len(joint + literal + end) > WIDE:
            joint = joint.rstrip() + "\n    "
        text += joint + literal
    if len(text.rsplit("\n", 1)[-1] + comment) < WIDE:
        return f"{text}.{comment}"
    return f"{comment.strip()}\n{text}."
