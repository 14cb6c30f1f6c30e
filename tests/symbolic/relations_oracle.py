"""The rules of relations.lp a second time, in plain Python, to hold the first against."""

from symbolic import Answer, Cell, Fact
from symbolic.rules.grounder import cell_order


def sign(v: int) -> int:
    return (v > 0) - (v < 0)


def fold(place: int, low: int, high: int) -> int:
    """Walk from `low`, turning at both ends."""
    n = high - low
    at = (place - low) % (2 * n)
    return low + (at if at <= n else 2 * n - at)


def towards_zero(a: int, b: int) -> int:
    return abs(a) // abs(b) * sign(a) * sign(b)


def relations_of(fact: Fact) -> tuple[list[Cell], list[str]]:
    name, *args = fact
    cells: list[Cell] = []
    relations: list[str] = []
    if name == "seen":
        a, b, da, dc, ga, gc, va, vc, calm = args
        if calm:
            cells.append((f"place({a},{b})", (da, dc, va, vc)))
        held = {
            f"before({a},{b})": da < 0 < ga,
            f"beyond({a},{b})": da > 0 and ga > 0,
            f"level({a},{b})": ga == 0,
            f"near({a},{b})": ga <= 2 and gc <= 2,
            f"contact({a},{b})": ga == 0 and gc == 0,
            f"approaches({b},{a})": dc * vc < 0,
            f"retreats({b},{a})": dc * vc > 0,
        }
        relations += [text for text, holds in held.items() if holds]
    elif name == "comes":
        k, p, v, g, w, low, high = args
        if high > low:
            t = 4 * g // w
            place = fold(p + towards_zero(v * g, w), low, high)
            relations.append(f"meets({k},{t},{place},{v},{w})")
    elif name == "strike":
        k, o, v, a, w = args
        cells.append((f"strike({k})", ("wide", (o + 528) // 32)))
        pace = (v + 2) // 4
        finer = ("", f",{a}", f",{a},{pace}", f",{a},{pace},{w}")
        for table in (f"strike({k}{rest})" for rest in finer):
            cells += [(table, ("even", (o + 512) // 4)), (table, ("odd", (o + 514) // 4))]
    elif name == "leaves":
        k, place, va, vc = args
        key = ((va + 514) // 4 - 128, (vc + 2) // 4)
        cells += [(f"leaves({k})", key), (f"leaves_at({k})", (*key, (place + 8) // 48))]
    elif name in ("passed", "gone", "struck"):
        cells.append((f"{name}({args[0]})", (0,)))
    elif name == "launch":
        k, o = args
        keys = [("any",), ("even", (o + 512) // 4), ("odd", (o + 514) // 4), ("at", o)]
        cells += [(f"launch({k})", key) for key in keys]
    return cells, relations


def oracle(facts: tuple[Fact, ...]) -> Answer:
    """What relations.lp should say of these facts."""
    found = [relations_of(fact) for fact in facts]
    cells = {cell for each, _ in found for cell in each}
    relations = {text for _, each in found for text in each}
    return Answer(tuple(sorted(cells, key=cell_order)), tuple(sorted(relations)))
