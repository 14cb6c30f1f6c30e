"""The kinds of a run, with what a person needs to recognise them and to give them names."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dsrl.reports.eyes_kinds import kinds_in
from dsrl.reports.inspect import OBJECT_FIELDS, letter
from dsrl.runs.names import Names, names_of, with_name, write_names
from dsrl.runs.rundir import STATES, RunDir, RunError
from dsrl.runs.statelog import FILE_NAME, StateLog
from dsrl.studies.perception_cli import load_run

NEWEST = 10_000  # agent steps of a log that are looked through


class Kind(NamedTuple):
    """One kind: size in pixels (in the median), how often it was seen, the share of these in which
    it moved; None where that is not known."""

    kind: int
    height: float | None
    width: float | None
    seen: int | None
    moves: float | None


class Kinds(NamedTuple):
    """Those of a run, and ``where`` they were seen."""

    path: Path
    where: str
    kinds: tuple[Kind, ...]
    names: Names


def kinds_of(path: Path) -> Kinds:
    """Of the newest steps of a run's log; where that shows none, of the eyes in its checkpoint.

    Raises:
        RunError: it has neither.
    """
    run = RunDir.open(path)
    names = names_of(run.path)
    if (path / STATES / FILE_NAME).is_file():
        steps, kinds = _in_log(StateLog(path / STATES))
        if kinds:
            return _listed(Kinds(path, f"in the newest {steps} steps of its log", kinds, names))
    return _listed(Kinds(path, "in the frames its eyes learned from", _in_eyes(path), names))


def give(path: Path, pairs: Sequence[tuple[int, str]]) -> Kinds:
    """Names kinds of a run; an empty name is taken away.

    Raises:
        RunError: the run knows no such kind, or none at all; then nothing is changed.
    """
    found = kinds_of(path)
    known = {each.kind for each in found.kinds} | set(found.names)
    wanted = {kind for kind, _ in pairs}
    if wanted - known:  # the eyes may know what was not seen of late, but take longer to read
        with suppress(ValueError):  # of a version that cannot be read any more
            known |= {each.kind for each in _in_eyes(path)}
    if unknown := sorted(wanted - known):
        raise RunError(
            f"{path} knows no kind {unknown[0]}: it knows {', '.join(map(str, sorted(known)))}"
        )
    names = {kind: name for kind, name in {**found.names, **dict(pairs)}.items() if name}
    write_names(path, names)
    return _listed(found._replace(names=names))


def _listed(found: Kinds) -> Kinds:
    """The same with the kinds that have a name and were not seen."""
    unseen = set(found.names) - {each.kind for each in found.kinds}
    more = (Kind(kind, None, None, 0, None) for kind in unseen)
    return found._replace(kinds=tuple(sorted([*found.kinds, *more])))


def _in_log(log: StateLog) -> tuple[int, tuple[Kind, ...]]:
    steps, rows = 0, []
    for block in reversed(log.blocks):
        if steps >= NEWEST:
            break
        steps += block.steps
        rows += [row for entry in log.read(block) for row in entry.record.objects]
    objects = np.array(rows, np.int64).reshape(-1, len(OBJECT_FIELDS))
    _, kind, _, _, dy, dx, height, width = objects.T
    kinds = []
    for each in np.unique(kind).tolist():
        own = kind == each
        size = float(np.median(height[own])), float(np.median(width[own]))
        moves = float(((dy != 0) | (dx != 0))[own].mean())
        kinds.append(Kind(each, *size, int(own.sum()), moves))
    return steps, tuple(kinds)


def _in_eyes(path: Path) -> tuple[Kind, ...]:
    return tuple(
        Kind(r["kind"], *map(r.get, ("height", "width", "detections", "mobility")))
        for r in kinds_in(load_run(path).eyes)
    )


def kinds_json(found: Kinds) -> dict[str, Any]:
    """As plain JSON values."""
    rows = [with_name(each._asdict(), found.names) for each in found.kinds]
    return {"run": str(found.path), "where": found.where, "kinds": rows}


def show_kinds(found: Kinds) -> RenderableType:
    """A row a kind, and how to name one."""
    table = Table(box=None, pad_edge=False)
    for name in ("", "kind", "name", "size", "seen", "moves"):
        table.add_column(name, justify="right" if name == "seen" else "left")
    for each in found.kinds:
        table.add_row(
            letter(each.kind),
            str(each.kind),
            found.names.get(each.kind, ""),
            "" if each.height is None else f"{each.height:g}x{each.width:g}",
            "" if each.seen is None else str(each.seen),
            "" if each.moves is None else f"{each.moves:.0%} of the time",
        )
    head = Text(f"{found.path}: kinds seen {found.where}", style="bold")
    parts: list[RenderableType] = [head, table]
    if found.kinds and not found.names:
        parts.append(Text(f"name them: dsrl name {found.path} {found.kinds[0].kind}=WORD ..."))
    return Group(*parts)
