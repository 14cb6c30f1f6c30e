"""The symbolic state log, shown so that a person sees what the agent saw and why it acted."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.columns import Columns
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agents.agent import StepRecord
from dsrl.runs.names import NO_NAMES, Names, called, names_of, with_name
from dsrl.runs.recording import log_of
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.stateblock import RESOLUTION, LogEntry
from dsrl.runs.statelog import StateLog

GRID = (21, 40)  # characters
OBJECT_FIELDS = ("id", "kind", "y", "x", "dy", "dx", "height", "width")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
COLOURS = ("cyan", "yellow", "green", "magenta", "red", "blue", "white")
MOST_CELLS = 16
MOST_EPISODES = 12


class Stage(NamedTuple):
    """What a run plays on: the names of the ``actions``, rows and columns of the ``screen``, the
    ``names`` that kinds were given."""

    actions: tuple[str, ...]
    screen: tuple[int, int]
    names: Names = NO_NAMES


def action_of(name: str, actions: Sequence[str]) -> int:
    """The number of an action by its name, in capitals or not.

    Raises:
        ValueError: there is none of this name (the nearest are suggested).
    """
    if name.upper() in actions:
        return actions.index(name.upper())
    near = difflib.get_close_matches(name.upper(), actions, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(actions)}"
    raise ValueError(f"unknown action {name!r}: {hint}")


class Margin(NamedTuple):
    """How the best action leads the second: by how much, and which cells bring it about."""

    best: int
    second: int
    lead: float
    by_cell: tuple[tuple[str, float], ...]


def margin(record: StepRecord) -> Margin | None:
    """The lead of the best over the second action by cell, the greatest first; None if < 2."""
    if len(record.values) < 2:
        return None
    order = sorted(range(len(record.values)), key=lambda action: -record.values[action])
    best, second = order[:2]
    by_cell = [(text, share[best] - share[second]) for text, share in record.cells]
    by_cell.sort(key=lambda item: -abs(item[1]))
    return Margin(best, second, record.values[best] - record.values[second], tuple(by_cell))


def as_json(entry: LogEntry, actions: Sequence[str], names: Names = NO_NAMES) -> dict[str, Any]:
    """One entry as plain JSON values."""
    record = entry.record
    return {
        "step": entry.step,
        "episode": entry.episode,
        "episode_step": entry.episode_step,
        "objects": objects_json(record, names),
        "percepts": [{"fact": fact, "objects": list(ids)} for fact, ids in record.percepts],
        "facts": list(record.facts),
        "cells": [{"cell": text, "contributions": list(share)} for text, share in record.cells],
        "values": list(record.values),
        "action": record.action,
        "action_name": actions[record.action],
        "greedy": record.greedy,
        "reason": record.reason,
        "reward": entry.reward,
        "life_lost": entry.life_lost,
        "last": entry.last,
    }


def objects_json(record: StepRecord, names: Names) -> list[dict[str, Any]]:
    """The objects of a step as plain JSON values."""
    rows = (dict(zip(OBJECT_FIELDS, row, strict=True)) for row in record.objects)
    return [with_name(row, names) for row in rows]


def letter(kind: int) -> str:
    """A letter per kind (they come round after 26)."""
    return LETTERS[kind % len(LETTERS)]


def grid(objects: Sequence[Sequence[int]], screen: tuple[int, int]) -> Text:
    """The objects' extents as kind letters on a small map of the screen of (rows, columns)."""
    rows, columns = screen
    signs = [[("·", "dim")] * GRID[1] for _ in range(GRID[0])]
    # the large first, so that a small object stays visible in front of them
    for _, kind, y, x, _, _, height, width in sorted(objects, key=lambda row: -row[6] * row[7]):
        for i in _span(y, height, rows, GRID[0]):
            for j in _span(x, width, columns, GRID[1]):
                signs[i][j] = (letter(kind), f"bold {COLOURS[kind % len(COLOURS)]}")
    text = Text()
    for index, line in enumerate(signs):
        for sign, style in line:
            text.append(sign, style)
        if index < len(signs) - 1:
            text.append("\n")
    return text


def _span(centre: int, extent: int, pixels: int, characters: int) -> range:
    """The characters that an extent of pixels falls on, at least one."""
    scale = characters / pixels
    first = int((centre - extent / 2 + 0.5) * scale)
    last = int((centre + extent / 2 - 0.5) * scale)
    first, last = max(0, min(first, characters - 1)), max(0, min(last, characters - 1))
    return range(first, max(first, last) + 1)


def arrow(dy: int, dx: int) -> str:
    """The direction of a velocity."""
    signs = (("↖", "↑", "↗"), ("←", "·", "→"), ("↙", "↓", "↘"))
    return signs[(dy > 0) - (dy < 0) + 1][(dx > 0) - (dx < 0) + 1]


def legend(objects: Sequence[Sequence[int]], names: Names) -> RenderableType:
    """The objects as a table."""
    if not objects:
        return Text("no objects")
    table = Table(box=None, pad_edge=False)
    for name in ("", "id", "kind", "y, x", "size", "moves (y, x)"):
        table.add_column(name, justify="left")
    for number, kind, y, x, dy, dx, height, width in objects:
        table.add_row(
            Text(letter(kind), style=f"bold {COLOURS[kind % len(COLOURS)]}"),
            str(number),
            called(kind, names),
            f"{y}, {x}",
            f"{height}x{width}",
            f"{arrow(dy, dx)} {dy:+d}, {dx:+d}",
        )
    return table


class ValuesTable:
    """The value of every action and what each cell adds, the most decisive cell first.

    Where the actions do not fit beside each other, the table goes on below.
    """

    def __init__(self, record: StepRecord, actions: Sequence[str]) -> None:
        self._record, self._actions = record, actions

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = _value_rows(self._record)
        if rows is None:
            yield Text("no values at this step")
            return
        digits = digits_of(self._record)
        texts = [(name, [f"{x:+.{digits}f}" for x in share]) for name, share in rows]
        first = max(len(name) for name, _ in texts)
        number = max(len(each) for _, share in texts for each in share)
        widths = [GAP + max(number, len(name)) for name in self._actions]
        for part in _that_fit(widths, options.max_width - first):
            yield self._table(texts, part)

    def _table(self, rows: list[tuple[str, list[str]]], part: range) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("cell", overflow="fold")
        for action in part:
            style = "bold green" if action == self._record.action else ""
            table.add_column(self._actions[action], justify="right", style=style, no_wrap=True)
        for name, share in rows:
            if name == "value":
                table.add_section()
            table.add_row(Text(name), *share[part.start : part.stop])
        return table


GAP = 2  # columns between two of a table


def _that_fit(widths: Sequence[int], room: int) -> Iterator[range]:
    """Neighbours that fit into the room, at least one at a time."""
    start, left = 0, room
    for i, width in enumerate(widths):
        if width > left and i > start:
            yield range(start, i)
            start, left = i, room
        left -= width
    yield range(start, len(widths))


def _value_rows(record: StepRecord) -> list[tuple[str, Sequence[float]]] | None:
    """Cells with what they add to each action, and the sum at the end; None without values."""
    lead = margin(record)
    if lead is None:
        return None
    order = sorted(record.cells, key=lambda cell: -abs(cell[1][lead.best] - cell[1][lead.second]))
    rows: list[tuple[str, Sequence[float]]] = list(order[:MOST_CELLS])
    if hidden := order[MOST_CELLS:]:
        sums = [sum(column) for column in zip(*(share for _, share in hidden), strict=True)]
        rows.append((f"{len(hidden)} more cells", sums))
    rest = _unexplained(record)
    if any(abs(x) > RESOLUTION for x in rest):
        rows.append(("not in any cell", rest))
    return [*rows, ("value", record.values)]


def digits_of(record: StepRecord) -> int:
    """Decimals enough to tell the values of a step apart: fewer for greater values."""
    largest = max(abs(x) for x in record.values)
    return 2 if largest >= 10 else 3 if largest >= 0.1 else 5


def _unexplained(record: StepRecord) -> list[float]:
    """What the cells leave of each value; zeros in a table learner."""
    columns = zip(*(share for _, share in record.cells), strict=True)
    sums = [sum(column) for column in columns] or [0.0] * len(record.values)
    return [value - total for value, total in zip(record.values, sums, strict=True)]


def why(record: StepRecord, actions: Sequence[str]) -> str:
    """Why this action: its lead over the second, and the cells that made it."""
    name, digits = actions[record.action], digits_of(record) if record.values else 0
    reason = f" ({record.reason})" if record.reason else ""
    lead = margin(record)
    if lead is None:
        return f"{name}{reason}: the action was not chosen by values."
    if record.action != lead.best:
        behind = record.values[lead.best] - record.values[record.action]
        if not behind:
            return f"{name}{reason}: as good by value as {actions[lead.best]}."
        return f"{name}{reason}: {behind:.{digits}f} below {actions[lead.best]}, the best by value."
    text = f"{name}{reason}: best by {lead.lead:.{digits}f}, before {actions[lead.second]}."
    helping = [(cell, share) for cell, share in lead.by_cell if share > 0][:3]
    if helping:
        text += (
            " Most of it from "
            + ", ".join(f"{cell} ({x:+.{digits}f})" for cell, x in helping)
            + "."
        )
    return text


def show_scene(entry: LogEntry, stage: Stage) -> RenderableType:
    """Which step it is, and what the agent saw: picture and objects."""
    objects = entry.record.objects
    events = [f"reward {entry.reward:+g}"]
    events += ["life lost"] * entry.life_lost + ["end of the episode"] * entry.last
    title = (
        f"episode {entry.episode}, step {entry.episode_step} "
        f"(agent step {entry.step} of the run): {', '.join(events)}"
    )
    parts = [Panel.fit(grid(objects, stage.screen)), legend(objects, stage.names)]
    picture = Columns(parts, padding=(0, 2))
    return Group(Text(title, style="bold"), picture)


def show_step(entry: LogEntry, stage: Stage) -> RenderableType:
    """One step: picture, objects, relations, values, and why this action."""
    record = entry.record
    return Group(
        show_scene(entry, stage),
        Text("relations: " + (", ".join(record.facts) or "none")),
        Text(),
        ValuesTable(record, stage.actions),
        Text(),
        Text(why(record, stage.actions), style="bold"),
    )


def show_episode(
    run: RunDir, episode: int, entries: Sequence[LogEntry], stage: Stage
) -> RenderableType:
    """The steps of an episode at which something was won or lost."""
    table = Table(box=None, pad_edge=False)
    for name in ("step", "action", "event"):
        table.add_column(name, justify="left")
    for entry in entries:
        events = [f"reward {entry.reward:+g}"] * bool(entry.reward)
        events += ["life lost"] * entry.life_lost + ["end of the episode"] * entry.last
        if events:
            table.add_row(
                str(entry.episode_step), stage.actions[entry.record.action], ", ".join(events)
            )
    head = f"episode {episode}: {len(entries)} steps, return {sum(e.reward for e in entries):g}"
    if begin := entries[0].episode_step:
        head += f", from step {begin} on, where the log begins"
    if not entries[-1].last:
        head += "; it was not played to its end"
    hint = f"dsrl inspect {run.path} --episode {episode} --step {entries[-1].episode_step}"
    return Group(Text(head, style="bold"), table, Text(f"look at a step: {hint}"))


def overview_json(run: RunDir, log: StateLog) -> dict[str, Any]:
    """How much the log holds, and the finished episodes."""
    steps = len(log)
    size = log.path.stat().st_size
    return {
        "run": str(run.path),
        "steps": steps,
        "begins_at": list(log.start),
        "bytes_per_step": round(size / steps, 1) if steps else 0.0,
        "returns": [float(row["return"]) for row in run.rows("metrics.csv")],
        "lengths": [int(row["length"]) for row in run.rows("metrics.csv")],
    }


def show_overview(run: RunDir, log: StateLog) -> RenderableType:
    """What the log holds and how to look further."""
    facts = overview_json(run, log)
    count = len(facts["returns"])
    head = (
        f"{run.path}: {facts['steps']} agent steps logged, {facts['bytes_per_step']:g} bytes a "
        f"step; {count} finished episodes"
    )
    if log.start != (0, 0):
        episode, step = log.start
        head += f"; the log begins at step {step} of episode {episode}"
    table = Table(box=None, pad_edge=False)
    for name in ("episode", "return", "steps"):
        table.add_column(name, justify="right")
    for episode in range(max(0, count - MOST_EPISODES), count):
        table.add_row(
            str(episode), f"{facts['returns'][episode]:g}", str(facts["lengths"][episode])
        )
    last = max(0, count - 1)
    middle = facts["lengths"][last] // 2 if count else 0
    hints = (
        f"the events of an episode: dsrl inspect {run.path} --episode {last}\n"
        f"one step:                 dsrl inspect {run.path} --episode {last} --step {middle}"
    )
    return Group(Text(head, style="bold"), table, Text(hints))


def inspect(
    path: str | Path,
    episode: int | None = None,
    step: int | None = None,
    recording: str | None = None,
) -> tuple[RenderableType, dict[str, Any]]:
    """What is asked for of a run's state log: to print with rich, and as JSON; of a kept game
    (``recording``, see `dsrl.runs.recording.log_of`) instead of training's.

    Without a step, the events of the episode; without an episode, an overview.

    Raises:
        RunError: the run or its log cannot be read, or does not hold the step.
    """
    run = RunDir.open(path)
    log = log_of(run, recording)
    if recording is not None and episode is None:
        episode = 0
    if episode is None:
        if step is not None:
            raise RunError("--step counts within an episode: give --episode as well")
        return show_overview(run, log), overview_json(run, log)
    stage = stage_of(run)
    if step is None:
        entries = log.episode(episode)
        steps = [as_json(entry, stage.actions, stage.names) for entry in entries]
        return show_episode(run, episode, entries, stage), {"episode": episode, "steps": steps}
    entry = log.find(episode, step)
    return show_step(entry, stage), as_json(entry, stage.actions, stage.names)


def stage_of(run: RunDir) -> Stage:
    """What a run plays on, asked of its environment, and the names of its kinds."""
    from agents.envs import Protocol, make_env

    env = make_env(Protocol.from_json(run.config["protocol"]))
    rows, columns, _ = env.observation_space.shape or ()
    env.close()
    return Stage(env.action_meanings, (rows, columns), names_of(run.path))


def print_text(shown: RenderableType) -> None:
    """Prints for a terminal; wide enough for the values where there is none."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(shown)
