"""What ``dsrl explain`` says of a step, for the page: its sentences, and nothing besides."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from rich.console import Console, Group, RenderableType

from dsrl.reports.contrast import contrast, decisive
from dsrl.reports.explain import Explainer, Explanation, instance_json
from dsrl.reports.explain_view import (
    leads_view,
    rules_view,
    sentences,
    verdict,
    what_would_change,
)
from dsrl.reports.ghosts import foreseen, imagined
from dsrl.reports.inspect import Stage, action_of, why
from dsrl.runs.rundir import RunDir
from dsrl.runs.stateblock import LogEntry
from dsrl.view.trying import tried

WIDTH = 96  # characters of a line of what is set in columns


class Teller:
    """Tells of logged steps of one run."""

    def __init__(self, run: RunDir, stage: Stage) -> None:
        self._run, self._stage = run, stage

    @cached_property
    def _explaining(self) -> Explainer:
        return Explainer(self._run)

    def __call__(self, entry: LogEntry, before: int) -> dict[str, Any]:
        """One step; ``before`` is the action of the step before.

        ``why`` is what ``dsrl inspect`` closes with; ``versus`` holds by the name of each other
        action the verdict, and what would have changed it; ``text`` the rest in columns;
        ``because`` the rules that derive each atom, ``atoms`` the atom behind each name of a part;
        ``targets`` the ids of what something sent out could meet, where foresight is about that;
        ``ghosts`` what foresight has in pictures (`dsrl.reports.ghosts`), None of a model.
        Of a step that was not decided by values there is only ``why``.
        """
        actions = self._stage.actions
        told: dict[str, Any] = {"why": why(entry.record, actions)}
        if len(entry.record.values) < 2:
            return told
        found = self._explaining(entry, before)
        versus = {}
        for action, name in enumerate(actions):
            if action != entry.record.action:
                pair = contrast(entry.record, action)
                other = found._replace(contrast=pair, decisive=decisive(pair))
                versus[name] = [verdict(other), what_would_change(other)]
        same = what_would_change(found)
        parts: list[RenderableType] = [*rules_view(found)]
        if found.leads is not None:
            parts += leads_view(found, found.leads)
        return told | {
            "other": actions[found.contrast.other],
            "versus": versus,
            "sentences": [text for text in sentences(found) if text != same],
            "text": _text(parts),
            "doubt": found.doubt,
            "me": found.me,
            **_reasons(found),
            "ghosts": None if self._explaining.imagines else foreseen(found).to_json(),
        }

    def tried(self, entry: LogEntry, text: str) -> dict[str, Any]:
        """Rules that were typed, on one step (`dsrl.view.trying`)."""
        of = self._explaining
        return tried(text, entry.record, of.program.background, of.knowing)

    def futures(self, played: Sequence[LogEntry], other: str) -> dict[str, Any]:
        """What a model imagines of the last step ``played`` and of ``other`` instead (by name)."""
        action = action_of(other, self._stage.actions)
        if len(played[-1].record.values) < 2:
            return imagined(None).to_json()
        return imagined(self._explaining.pictured(played, action)).to_json()


def _reasons(found: Explanation) -> dict[str, Any]:
    """Of all that holds in a step; parts of foresight are about what is foreseen first."""
    atoms, foresight = dict(found.atoms), found.foresight
    parts = [name for name, _ in found.entry.record.cells if name not in atoms]
    if foresight is not None and foresight.meetings:
        atoms |= dict.fromkeys(parts, foresight.meetings[0].atom)
    because = {
        atom: [instance_json(instance, found.about) for instance in instances]
        for atom, instances in found.known.items()
    }
    targets = list(foresight.targets) if foresight is not None else []
    return {"atoms": atoms, "because": because, "targets": targets}


def _text(parts: list[RenderableType]) -> str:
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None)
    with console.capture() as captured:
        console.print(Group(*parts))
    lines = (line.rstrip() for line in captured.get().splitlines())
    return "\n".join(lines).strip("\n")
