"""Compiled imagination beside a plain one that was written from the definitions alone."""

from typing import NamedTuple

import numpy as np
import pytest
from drawn_laws import ACTIONS, KINDS, random_laws, random_scene

from symbolic.model.features import motion_names, place_names, scene_names
from symbolic.model.imagine import Wishes, future, rollouts
from symbolic.model.laws import Laws, no_laws
from symbolic.model.step import effort, spare_rows

FAR = 999.0


Thing = dict[str, float]
COLUMNS = ("kind", "y", "x", "vy", "vx", "h", "w", "alive", "age")


def things(scene: np.ndarray) -> list[Thing]:
    return [dict(zip(COLUMNS, map(float, row), strict=True)) for row in scene]


def gaps(a: Thing, b: Thing, dy: float, dx: float) -> tuple[float, float]:
    return abs(dy) - (a["h"] + b["h"]) / 2, abs(dx) - (a["w"] + b["w"]) / 2


def leaf(laws: Laws, root: int, names: list[str], told: dict[str, float]) -> int:
    node = int(root)
    while laws.feature[node] >= 0:
        low = told[names[laws.feature[node]]] <= laws.threshold[node]
        node = int(laws.left[node] if low else laws.right[node])
    return node


def motion_told(
    all_: list[Thing], i: int, action: int, before: int, ahead: list[Thing], laws: Laws
) -> dict[str, float]:
    own = all_[i]
    y, x = own["y"] + own["vy"], own["x"] + own["vx"]
    told = dict.fromkeys(motion_names(KINDS, ACTIONS), FAR)
    told |= {"vy": own["vy"], "vx": own["vx"], "next_y": y, "next_x": x}
    told["age"] = min(own["age"], 4.0)
    for a in range(ACTIONS):
        told[f"before(action{a})"], told[f"action{a}"] = float(a == before), float(a == action)
    for name, a in (("before", before), ("action", action)):
        for axis, does in zip("yx", laws.effects[a] if a >= 0 else (0.0, 0.0), strict=True):
            told[f"{name}_does_{axis}"] = does
    nearest: dict[str, float] = {}
    for j, other in enumerate(all_):
        if j == i or other["alive"] < 0.5:
            continue
        dy, dx = ahead[j]["y"] - y, ahead[j]["x"] - x
        then = gaps(own, other, dy, dx)
        now = gaps(own, other, other["y"] - own["y"], other["x"] - own["x"])
        near = min(max(then), max(now))
        # as kept: overlaps deeper than four pixels are not told apart
        then, now = (tuple(max(g, -4.0) for g in gap) for gap in (then, now))
        for k in (f"kind{int(other['kind'])}", "any"):
            if near >= nearest.get(k, np.inf):
                continue
            nearest[k] = min(max(then), max(now))
            values = (dy, dx, *then, ahead[j]["vy"], ahead[j]["vx"], *now,
                      other["vy"], other["vx"], max(then))  # fmt: skip
            names = ("next_dy", "next_dx", "next_gap_y", "next_gap_x", "vy", "vx", "gap_y", "gap_x",
                     "had_vy", "had_vx", "next_gap")  # fmt: skip
            told |= {f"{name}({k})": v for name, v in zip(names, values, strict=True)}
    return told


def beside(all_: list[Thing], i: int) -> dict[str, tuple[float, ...]]:
    found: dict[int, tuple[float, ...]] = {}
    for j, other in enumerate(all_):
        if j == i or other["alive"] < 0.5:
            continue
        dy, dx = other["y"] - all_[i]["y"], other["x"] - all_[i]["x"]
        gy, gx = (max(g, -4.0) for g in gaps(all_[i], other, dy, dx))
        k = int(other["kind"])
        if k not in found or max(gy, gx) < max(found[k][2:]):
            found[k] = (dy, dx, gy, gx)
    return {f"kind{k}": found.get(k, (FAR,) * 4) for k in range(KINDS)}


def me_of(all_: list[Thing], laws: Laws) -> int:
    mine = [i for i, o in enumerate(all_) if o["alive"] >= 0.5 and laws.obeys[int(o["kind"])]]
    return mine[0] if mine else -1


def scene_told(all_: list[Thing], action: int, laws: Laws) -> dict[str, float]:
    told = dict.fromkeys(scene_names(KINDS, ACTIONS), FAR)
    told |= {f"action{a}": float(a == action) for a in range(ACTIONS)}
    me = me_of(all_, laws)
    if me >= 0:
        told |= {"my_y": all_[me]["y"], "my_x": all_[me]["x"]}
        for k, values in beside(all_, me).items():
            names = ("dy", "dx", "gap_y", "gap_x")
            told |= {f"{n}(me,{k})": v for n, v in zip(names, values, strict=True)}
    for k in range(KINDS):
        of = [o for o in all_ if o["kind"] == k and o["alive"] >= 0.5]
        ys, xs = [o["y"] for o in of], [o["x"] for o in of]
        ends = (min(ys, default=FAR), max(ys, default=-FAR), min(xs, default=FAR),
                max(xs, default=-FAR), float(len(of)),
                max((abs(o[v]) for o in of for v in ("vy", "vx")), default=0.0))  # fmt: skip
        names = ("top", "bottom", "left", "right", "count", "fastest")
        told |= {f"{n}(kind{k})": v for n, v in zip(names, ends, strict=True)}
    for i, a in enumerate(all_):
        for j, b in enumerate(all_):
            if i == j or min(a["alive"], b["alive"]) < 0.5 or not laws.moves[int(a["kind"])]:
                continue
            low, high = sorted((int(a["kind"]), int(b["kind"])))
            gap = max(max(gaps(a, b, a["y"] - b["y"], a["x"] - b["x"])), -4.0)
            name = f"gap(kind{low},kind{high})"
            told[name] = min(told[name], gap)
    return told


def drawn(luck: np.ndarray | None, axis: int, i: int) -> float | None:
    return None if luck is None else (luck[axis] + 0.6180339887 * i) % 1.0


def outcome(told: np.ndarray, draw: float | None) -> float:
    """Of a leaf: the likeliest, or where none is all but sure the one that is drawn."""
    spread, outcomes, shares = told[2], told[3::2], told[4::2]
    sure = spread < 2 if spread else shares[0] >= 0.9
    if draw is None or sure:
        return float(outcomes[0])
    at = np.searchsorted(np.cumsum(shares), draw, side="right")
    return float(outcomes[at] if at < 3 else outcomes[0])


def appearing(
    now: list[Thing], told: dict[str, float], luck: np.ndarray | None, laws: Laws
) -> None:
    names = scene_names(KINDS, ACTIONS)
    for k in range(KINDS):
        if laws.birth[k] < 0:
            continue
        rate = laws.expected[leaf(laws, laws.birth[k], names, told)]
        draw = drawn(luck, 2, len(now) + k)
        if rate <= (draw if draw is not None and 0.1 < rate < 0.9 else 0.5):
            continue
        free = [o for o in now if o["kind"] == k and o["alive"] < 0.5]
        whose, dy, dx = laws.cradle[k].tolist()
        others = [o for o in now if o["alive"] >= 0.5]
        if whose == -2:
            others = [{"y": 0.0, "x": 0.0}]
        elif whose == -1:
            others = [o for o in others if laws.obeys[int(o["kind"])]][:1]
        else:
            others = [o for o in others if o["kind"] == whose]
        if not free or not others:
            continue
        share = draw or 0.0
        if draw is not None and 0.1 < rate < 0.9:
            share = draw / rate
        by = others[int(share * len(others))]
        high, wide = laws.newborn[k].tolist()
        free[-1].update(
            y=by["y"] + dy, x=by["x"] + dx, vy=0.0, vx=0.0, h=high, w=wide, alive=1.0, age=0.0
        )


def plainly(
    scene: np.ndarray,
    before: int,
    plan: np.ndarray,
    laws: Laws,
    discount: float,
    lucks: np.ndarray | None = None,
) -> tuple[float, list[Thing]]:
    now, total, going, last = things(scene), 0.0, 1.0, before
    for k in np.flatnonzero(laws.birth >= 0).tolist():
        now += [dict.fromkeys(COLUMNS, 0.0) | {"kind": float(k)} for _ in range(2)]
    for h, action in enumerate(plan.tolist()):
        luck = None if lucks is None else lucks[h]
        ahead = [o | {"y": o["y"] + o["vy"], "x": o["x"] + o["vx"]} for o in now]
        moved = [dict(o) for o in now]
        for turn in (1, 0):  # what obeys first
            for i, o in enumerate(now):
                k = int(o["kind"])
                if o["alive"] < 0.5 or laws.obeys[k] != turn:
                    continue
                moved[i]["age"] += 1
                if not laws.moves[k]:
                    moved[i] |= {"vy": 0.0, "vx": 0.0}
                    continue
                told = motion_told(now, i, action if turn else -1, last, ahead, laws)
                for axis, (p, v) in enumerate((("y", "vy"), ("x", "vx"))):
                    names = motion_names(KINDS, ACTIONS)
                    said = laws.value[leaf(laws, laws.motion[k, axis], names, told)]
                    c = outcome(said, drawn(luck, axis, i))
                    speed = (o[v] + c, c, c - o[v], c - o[p])[int(said[0])]
                    moved[i] |= {v: speed, p: o[p] + speed}
            if turn:
                for i, o in enumerate(moved):
                    if laws.obeys[int(o["kind"])]:
                        ahead[i] = dict(o)
        judged = told = scene_told(moved, action, laws)
        names = scene_names(KINDS, ACTIONS)
        total += going * discount**h * laws.expected[leaf(laws, laws.reward, names, told)]
        going *= 1 - laws.expected[leaf(laws, laws.end, names, told)]
        now = [dict(o) for o in moved]
        if going < 0.05:
            break
        for i, o in enumerate(moved):
            k = int(o["kind"])
            if o["alive"] < 0.5:
                continue
            if not (-12 <= o["y"] <= 212 and -12 <= o["x"] <= 162):
                now[i]["alive"] = 0.0
                continue
            stirred = any(
                j != i and b["alive"] >= 0.5 and laws.moves[int(b["kind"])]
                and max(gaps(o, b, b["y"] - o["y"], b["x"] - o["x"])) < 8
                for j, b in enumerate(moved)
            )  # fmt: skip
            if not laws.moves[k] and not stirred:
                continue
            told = {name: o[name] for name in ("vy", "vx", "y", "x")}
            told["age"] = min(o["age"], 4.0)
            for kind, values in beside(moved, i).items():
                near = ("dy", "dx", "gap_y", "gap_x")
                told |= {f"{n}({kind})": v for n, v in zip(near, values, strict=True)}
            at = leaf(laws, laws.survival[k], place_names(KINDS), told)
            stays, draw = laws.expected[at], drawn(luck, 2, i)
            if draw is None or not 0.1 < stays < 0.9:
                draw = 0.5
            now[i]["alive"] = float(stays > draw)
        appearing(now, judged, luck, laws)
        if any(
            laws.always[k] and any(o["kind"] == k for o in things(scene))
            and not any(o["kind"] == k and o["alive"] >= 0.5 for o in now)
            for k in range(KINDS)
        ):  # fmt: skip
            total += going * discount**h * laws.last
            break
        last = action
    return total, now


def halved(futures: list[list[float]]) -> list[float]:
    """Means of the first futures, of more of them for the better half, and so on."""
    asked = dict.fromkeys(range(len(futures)), 1)
    for number in range(2, len(futures[0]) + 1):
        reached = [i for i, many in asked.items() if many == number - 1]
        reached.sort(key=lambda i: -np.mean(futures[i][: number - 1]))
        for i in reached[: (len(reached) + 1) // 2]:
            asked[i] = number
    return [float(np.mean(futures[i][:many])) for i, many in asked.items()]


NO_WISHES = Wishes(np.zeros((4, 4)), np.zeros(KINDS), 16.0, 0.0, 0.0)


class Imagined(NamedTuple):
    """A scene, plans from it, the luck of their first future, and what three of each bring."""

    scene: np.ndarray
    before: int
    plans: np.ndarray
    luck: np.ndarray
    futures: list[list[float]]


def imagined(seed: int) -> tuple[Laws, list[Imagined]]:
    rng = np.random.default_rng(seed)
    laws = random_laws(rng)._replace(always=rng.integers(0, 2, KINDS), last=-0.7)
    found = []
    for _ in range(5):
        scene, before = random_scene(rng), int(rng.integers(-1, ACTIONS))
        plans, luck = rng.integers(ACTIONS, size=(4, 6)), rng.random((6, 3))
        futures = [
            [plainly(scene, before, plan, laws, 0.9, (luck + s / 3) % 1)[0] for s in range(3)]
            for plan in plans
        ]
        found.append(Imagined(scene, before, plans, luck, futures))
    return laws, found


@pytest.mark.parametrize("seed", range(40))
def test_compiled_futures_are_those_of_the_definitions(seed: int) -> None:
    laws, each = imagined(seed)
    for scene, before, plans, luck, futures in each:
        found = rollouts(scene, before, plans, laws, 0.9, NO_WISHES, luck, 3)
        assert found == pytest.approx(halved(futures), abs=1e-9)
        expected, last = plainly(scene, before, plans[0], laws, 0.9)
        scenes, rewards, steps = future(scene, before, plans[0], laws)
        assert 0.9 ** np.arange(6) @ rewards == pytest.approx(expected)
        assert things(scenes[steps - 1])[0]["y"] == pytest.approx(last[0]["y"])
        alive = scenes[steps - 1, :, 7] >= 0.5
        assert alive[len(scene) :].tolist() == [o["alive"] >= 0.5 for o in last[len(scene) :]]


def test_things_appeared_in_those() -> None:
    seen = 0
    for seed in range(8):
        laws, each = imagined(seed)
        for scene, before, plans, *_ in each:
            scenes, _, steps = future(scene, before, plans[0], laws)
            seen += int((scenes[steps - 1, len(scene) :, 7] >= 0.5).sum())
    assert seen > 20


def test_chance_had_a_say_in_those() -> None:
    drawn = [
        np.ptp(plan) > 1e-6 for seed in range(8) for i in imagined(seed)[1] for plan in i.futures
    ]
    assert len(drawn) == 160 and sum(drawn) > 20  # else they tested nothing drawn


def test_curiosity_pays_for_places_and_first_touches() -> None:
    laws = no_laws(2, 1)._replace(obeys=np.array([1, 0]))
    scene = np.array([[0, 20, 20, 0, 0, 4, 4, 1, 9], [1, 20, 24, 0, 0, 4, 4, 1, 9]], float)
    visits, touches = np.zeros((4, 4)), np.array([0.0, 1.0])
    visits[1, 1] = 3.0
    plan = np.zeros((1, 2), np.int64)
    wishes = Wishes(visits, touches, 16.0, 0.1, 0.3)
    gain = rollouts(scene, -1, plan, laws, 1.0, wishes, np.zeros((2, 3)), 1)
    assert gain[0] == pytest.approx(2 * 0.1 / 2 + 0.3 * 2 / 3)


def test_effort_is_how_often_one_thing_looks_at_another() -> None:
    """Of drawn laws and scenes, counted thing by thing."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        laws, scene = random_laws(rng), random_scene(rng)
        kinds = [int(row[0]) for row in scene if row[7] >= 0.5]
        total = len(kinds) + spare_rows(laws)
        for kind in kinds:
            if laws.moves[kind]:
                total += len(kinds) * bool(laws.pairs)
                total += sum(laws.looks[0, kind, other] for other in kinds)
                total += len(kinds) * laws.looks[0, kind, KINDS]
            total += sum(laws.looks[1, kind, other] for other in kinds)
        assert effort(scene, laws) == total
