"""The futures that a model imagines for two actions of a logged step, and where they part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dsrl.reports.inspect import Stage
from dsrl.reports.prospects import Knowing
from dsrl.runs.names import Names, called
from dsrl.runs.stateblock import LogEntry
from symbolic import SymbolicObject

if TYPE_CHECKING:
    from symbolic.model.model import RelationalModel
    from symbolic.model.telling import Event, Told


class Imagined(NamedTuple):
    """The best plan found that begins with ``action``: its return in mean rewards, and what is to
    come, as sentences in order."""

    action: str
    worth: float
    told: tuple[str, ...]


class Futures(NamedTuple):
    """Both, the step (from 1) after which they look different, if they do, and how many agent
    steps of training the model had: it may know more than it did in that step."""

    taken: Imagined
    other: Imagined
    parts: int | None
    known_after: int


class Pictured(NamedTuple):
    """The same with where everything is, that of the action taken first; ``ids`` are those of the
    objects in the first rows."""

    futures: Futures
    seen: tuple[Told, Told]
    ids: tuple[int, ...]
    kinds: tuple[int, ...]  # as perception calls them, by the model's number


def pictured(
    knowing: Knowing, played: Sequence[LogEntry], taken: int, other: int, stage: Stage
) -> Pictured | None:
    """Of the last of the steps ``played`` of a game, by the newest checkpoint; None where the run
    has no model, or it knows nothing yet."""
    if isinstance(knowing.agent, str) or knowing.agent[0].config.learns != "model":
        return None
    from symbolic.model.telling import parting, told_future  # slow to import: it compiles

    agent, known_after = knowing.agent
    learner, model = agent.learner, agent.learner.model
    rows, ids, before = _scene(played, model.reader)
    if not learner.sees_itself(rows):
        return None
    found, seen = [], []
    for action in (taken, other):
        plan, worth = learner.best_plan(rows, before, action)
        future = told_future(rows, before, plan, model.laws)
        seen.append(future)
        sentences = tuple(_sentence(event, model, stage.names) for event in future.events)
        found.append(Imagined(stage.actions[action], worth, sentences))
    both = Futures(found[0], found[1], parting(*seen), known_after)
    return Pictured(both, (seen[0], seen[1]), ids, tuple(model.reader.kinds))


def futures(
    knowing: Knowing, played: Sequence[LogEntry], taken: int, other: int, stage: Stage
) -> Futures | None:
    """The same without places."""
    found = pictured(knowing, played, taken, other, stage)
    return found and found.futures


def _scene(played: Sequence[LogEntry], reader: Any) -> tuple[np.ndarray, tuple[int, ...], int]:
    """The last scene as the model reads it, (N, COLUMNS), its ids, and the action before."""
    reader.start_episode()
    for each in played:  # velocities are differences between steps
        objects = [SymbolicObject(*row) for row in sorted(each.record.objects)]
        rows, ids = reader(objects)
    before = played[-2].record.action if len(played) > 1 else -1
    return rows, tuple(ids.tolist()), before


def _sentence(event: Event, model: RelationalModel, names: Names) -> str:
    step = f"step {event.step}"
    if event.what == "reward":
        return f"{step}: {event.worth:+.2f}"
    if event.what == "gone" and model.laws.obeys[event.kind]:
        return f"{step}: I am gone"
    thing = f"one of kind {called(model.reader.kinds[event.kind], names)}"
    said = {"touch": f"I touch {thing}", "gone": f"{thing} is gone"}
    return f"{step}: {said.get(event.what, f'{thing} appears')}"


def lines(found: Futures) -> list[str]:
    """As a person reads it."""
    parts = "never" if found.parts is None else f"in step {found.parts}"
    told = [
        f"{each.action}, imagined to be worth {each.worth:+.2f}: "
        f"{'; '.join(each.told) or 'nothing happens'}"
        for each in (found.taken, found.other)
    ]
    known = f"as far as the model knew after {found.known_after} agent steps"
    why = "without what is added to the untried"
    return [f"the best futures found {why}, {known}; they part {parts}:", *told]


def futures_json(found: Futures | None) -> dict[str, Any] | None:
    """As plain JSON values."""
    if found is None:
        return None
    told = {name: getattr(found, name)._asdict() for name in ("taken", "other")}
    return {**told, "parts": found.parts, "known_after": found.known_after}
