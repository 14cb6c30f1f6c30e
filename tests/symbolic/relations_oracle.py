"""relations.lp once more, in Python, straight from its header: for the tests alone."""

from __future__ import annotations

from symbolic import Answer, SymbolicObject

EDGES = [0, 2, 5, 9, 15, 24, 40, 70, 255]
AXES = ("y", "x")


def sign(v: int) -> int:
    return (v > 0) - (v < 0)


def bin_of(v: int) -> int | None:
    """The first step whose upper edge reaches |v|; nothing beyond the screen."""
    for n, edge in enumerate(EDGES):
        if abs(v) <= edge:
            return n * sign(v)
    return None


def reflect(p: int, low: int, high: int) -> int:
    """Walk from wall to wall, one pixel at a time."""
    if low >= high:
        return p
    position, direction = low, 1
    for _ in range((p - low) % (2 * (high - low))):
        if not low <= position + direction <= high:
            direction = -direction
        position += direction
    return position


def other(axis: str) -> str:
    return "x" if axis == "y" else "y"


class Track:
    def __init__(self, o: SymbolicObject) -> None:
        self.kind = o.kind
        self.place = {"y": o.y, "x": o.x}
        self.speed = {"y": o.dy, "x": o.dx}
        self.size = {"y": o.height, "x": o.width}

    def far(self, o: Track) -> int:
        return sum(abs(self.place[axis] - o.place[axis]) for axis in AXES)


def answer(
    objects: list[SymbolicObject], controlled: int, ranges: dict[int, tuple[int, int, int, int]]
) -> Answer:
    tracks = [Track(o) for o in objects]
    cells: set[tuple[str, tuple[int | str, ...]]] = set()
    relations: set[str] = set()
    mine = [i for i, t in enumerate(tracks) if t.kind == controlled]
    if not mine:
        return Answer((), ())
    me = mine[0]
    others = [i for i in range(len(tracks)) if i != me]

    def nearest_of_each_kind(centre: int, among: list[int]) -> list[tuple[int, int]]:
        best: dict[int, tuple[int, int]] = {}
        for i in among:
            kind, far = tracks[i].kind, (tracks[centre].far(tracks[i]), i)
            best[kind] = min(best.get(kind, far), far)
        return [(centre, i) for _, i in best.values()]

    pairs = nearest_of_each_kind(me, others)
    moving = [i for i in others if any(tracks[i].speed.values())]
    if moving:
        _, focus = min((tracks[me].far(tracks[i]), i) for i in moving)
        pairs += nearest_of_each_kind(focus, [i for i in others if i != focus])
        t = tracks[focus]
        cells.add((f"speed({t.kind})", (t.speed["y"], t.speed["x"])))

    for a, b in pairs:
        _relate(tracks, a, b, ranges, cells, relations)
    return Answer(
        tuple(sorted(cells, key=lambda c: (c[0], [(isinstance(k, str), k) for k in c[1]]))),
        tuple(sorted(relations)),
    )


def _relate(tracks, a, b, ranges, cells, relations) -> None:  # type: ignore[no-untyped-def]
    ta, tb = tracks[a], tracks[b]
    d = {axis: tb.place[axis] - ta.place[axis] for axis in AXES}
    v = {axis: tb.speed[axis] - ta.speed[axis] for axis in AXES}
    reach = {axis: (ta.size[axis] + tb.size[axis]) // 2 for axis in AXES}
    kinds = f"({ta.kind},{tb.kind})"
    words = {("y", -1): "above", ("y", 1): "below", ("x", -1): "left", ("x", 1): "right"}
    if all(abs(d[axis]) <= reach[axis] for axis in AXES):
        relations.add(f"contact({a},{b})")
    if all(abs(d[axis]) < 24 for axis in AXES):
        relations.add(f"near({a},{b})")
    key = (bin_of(d["y"]), bin_of(d["x"]), sign(v["y"]), sign(v["x"]))
    cells.add((f"place{kinds}", key))
    for axis in AXES:
        if abs(d[axis]) <= reach[axis]:
            continue
        relations.add(f"side({a},{b},{words[axis, sign(d[axis])]})")
        if d[axis] * v[axis] >= 0:
            continue
        relations.add(f"approaches({b},{a})")
        steps = (abs(d[axis]) - reach[axis]) // abs(v[axis])
        across = other(axis)
        meeting = tb.place[across] + steps * tb.speed[across]
        if tb.kind in ranges:
            y0, y1, x0, x1 = ranges[tb.kind]
            meeting = reflect(meeting, *((y0, y1) if across == "y" else (x0, x1)))
        offset = meeting - ta.place[across]
        relations.add(f"meet({a},{b},{across},{offset})")
        bins = (bin_of(offset), bin_of(steps))
        if None not in bins:
            cells.add((f"meet{kinds}", (across, *bins)))
