"""Why the agent did what it did at one logged step: terms, rules, objects, and what tips it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from agents.agent import StepRecord
from dsrl.config import TrainConfig
from dsrl.reports.contrast import (
    EXACT,
    Calm,
    Contrast,
    bound,
    calm,
    contrast,
    decisive,
    rounding,
)
from dsrl.reports.futures import Futures, Pictured, futures, futures_json, pictured
from dsrl.reports.inspect import Stage, action_of, objects_json, stage_of
from dsrl.reports.prospects import Knowing, Leads, leads, leads_json
from dsrl.reports.telling import most_telling
from dsrl.runs.names import Names, with_name
from dsrl.runs.recording import log_of
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.stateblock import LogEntry
from dsrl.runs.statelog import StateLog
from symbolic import Program, SymbolicObject, state_facts
from symbolic.decisions import BUTTON, CURIOSITY, FORESEEN, IMAGINED, OTHERWISE, SENDING
from symbolic.dynamics.motion import AXES
from symbolic.facts import Fact, fact_of, fact_text
from symbolic.rules.explanations import (
    Derivations,
    Instance,
    Meeting,
    derivations,
    meeting_of,
    term_of,
    tree_of,
)
from symbolic.scene import Forecast
from symbolic.shooting.lanes import targets_of

MOST_CELLS = 4  # whose rules are told
SEARCHED = f"{FORESEEN}(", f"{OTHERWISE}("  # begin the facts that no rule derives


class Foreseen(NamedTuple):
    """A meeting that the rules foresaw, by the atom ``meets(K,T,P,V,W)``, and the object's id.

    ``agent_steps`` until then, ``place`` in pixels along the axis of control, ``across`` the
    closing speed in pixels per agent step.
    """

    atom: str
    kind: int
    agent_steps: float
    place: int
    across: int
    id: int | None


class Foresight(NamedTuple):
    """What the term of foresight was about: the meeting it is named after, all that were foreseen
    (that one first, then the soonest), or else what something sent out could meet (ids)."""

    term: str
    named: Meeting | None
    meetings: tuple[Foreseen, ...]
    targets: tuple[int, ...]


class Explanation(NamedTuple):
    """One step explained.

    ``reasons`` holds the rule instances of ``cells`` (term to atom) and of meetings, and of
    what these rest on, and ``known`` those of everything that holds, with ``atoms`` the atom of
    each name in the log; ``about`` the ids of the objects of each given fact; ``me`` is the id of
    the controlled object, None where it is unknown, and ``axis`` y, x or empty. ``doubt`` says why
    instances are missing or may be wrong, if they are. ``leads`` tells where each action leads,
    where a meeting was foreseen; ``calm`` what would have been done without noise; ``futures``
    what a model imagines for both. ``chosen`` says why this step, where it was not asked for.
    """

    entry: LogEntry
    stage: Stage
    contrast: Contrast
    rounding: float
    decisive: tuple[str, ...] | None
    cells: dict[str, str]
    reasons: Derivations
    known: Derivations
    atoms: dict[str, str]
    about: dict[str, tuple[int, ...]]
    foresight: Foresight | None
    me: int | None
    axis: str
    doubt: str
    calm: Calm | None = None
    leads: Leads | None = None
    futures: Futures | None = None
    chosen: str = ""


def explain(
    path: str | Path,
    episode: int | None = None,
    step: int | None = None,
    why_not: str | None = None,
    recording: str | None = None,
) -> Explanation:
    """Explains one step of a run's state log, against the action ``why_not`` or the best other; of
    a kept game (``recording``, see `dsrl.runs.recording.log_of`) instead of training's.

    Without a step the most telling one of the episode, without an episode of the latest one that
    holds any (`dsrl.reports.telling`); ``chosen`` says why that one.

    Raises:
        RunError: the run or its log cannot be read, does not hold the step, or the step was not
            decided by values.
        ValueError: there is no such action, or it is the one that was taken.
    """
    run = RunDir.open(path)
    log, chosen = log_of(run, recording), ""
    if recording is not None and episode is None:
        episode = 0
    if step is None:
        entry, chosen = most_telling(log, episode)
    elif episode is None:
        raise RunError("--step counts within an episode: give --episode as well")
    else:
        entry = log.find(episode, step)
    explainer = Explainer(run)
    told = explainer(entry, _before(log, entry), why_not)
    played = [each for each in log.episode(entry.episode) if each.step <= entry.step]
    return told._replace(chosen=chosen, futures=explainer.futures(told, played))


class Explainer:
    """Explains logged steps of one run, whose rules, actions and agent it reads once.

    The agent is that of the newest checkpoint when it is first asked for.
    """

    def __init__(self, run: RunDir) -> None:
        self.stage = stage_of(run)
        self._run, self.knowing = run, Knowing(run)
        config = TrainConfig.from_json(run.config)
        self.program = replace(Program.load(), background=config.background)
        self.imagines = config.agent.learns == "model"

    def __call__(self, entry: LogEntry, before: int, why_not: str | None = None) -> Explanation:
        """One step, against the action ``why_not`` or the best other; ``before`` is the action of
        the step before. Raises as `explain`."""
        actions, place = self.stage.actions, f"step {entry.episode_step} of episode {entry.episode}"
        other = None if why_not is None else action_of(why_not, actions)
        if len(entry.record.values) < 2:
            raise RunError(
                f"{self._run.path}: {place} was logged without values, so there is nothing to "
                "explain: until perception is trained, actions are random"
            )
        if other == entry.record.action:
            raise ValueError(
                f"{actions[other]} is the action that was taken at {place}: "
                "name another with --why-not"
            )
        told = explained(entry, self.stage, contrast(entry.record, other), self.program)
        return told._replace(leads=_leads(self.knowing, told, before))

    def futures(self, told: Explanation, played: Sequence[LogEntry]) -> Futures | None:
        """What a model imagines for both actions, where the run has one: a search for each. The
        step is the last of those ``played`` of its game."""
        return futures(self.knowing, played, told.contrast.taken, told.contrast.other, self.stage)

    def pictured(self, played: Sequence[LogEntry], other: int) -> Pictured | None:
        """The same with places, against the action ``other``."""
        return pictured(self.knowing, played, played[-1].record.action, other, self.stage)


def explained(entry: LogEntry, stage: Stage, found: Contrast, program: Program) -> Explanation:
    """The same for an entry that was read, given the rules it was made with."""
    record = entry.record
    told = told_facts(record, whole=bool(program.background))
    about = {fact_text(fact): ids for fact, ids in told}
    known = derivations(program, tuple(fact for fact, _ in told)) if told else {}
    atoms = {name: atom for atom in known if (name := term_of(atom)) is not None}
    me = next((ids[0] for fact, ids in told if fact[0] == "me"), None)
    axis = next((str(fact[1]) for fact, _ in told if fact[0] == "axis"), "")
    term = next((name for name in _foreseen(record) if name not in atoms), None)
    foresight = None
    if term is not None:
        meetings = _meetings(record, term, known, about)
        targets = () if meeting_of(term) else _targets(record, me, axis)
        foresight = Foresight(term, meeting_of(term), meetings, targets)
    telling = sorted(found.terms, key=lambda term: -abs(term.lead))
    cells = {term.name: atoms[term.name] for term in telling if term.name in atoms and term.lead}
    cells = dict(list(cells.items())[:MOST_CELLS])
    foreseen = [each.atom for each in foresight.meetings] if foresight else []
    return Explanation(
        entry=entry,
        stage=stage,
        contrast=found,
        rounding=rounding(record),
        decisive=decisive(found),
        calm=calm(record),
        cells=cells,
        reasons=tree_of([*cells.values(), *foreseen], known),
        known=known,
        atoms=atoms,
        about=about,
        foresight=foresight,
        me=me,
        axis=axis,
        doubt=_doubt(record, atoms, known),
    )


def told_facts(record: StepRecord, *, whole: bool) -> list[tuple[Fact, tuple[int, ...]]]:
    """The facts that the rules were told, each with the ids of the objects that it is about.

    Rules that may join facts are told the whole state, which the log keeps as its objects.
    """
    percepts = [(fact_of(text), ids) for text, ids in record.percepts]
    if not whole:
        return percepts
    objects = [SymbolicObject(*row) for row in sorted(record.objects)]
    own = [(fact, (objects[int(fact[1])].id,)) for fact in state_facts(objects)]  # 1: the slot
    return [*own, *percepts]


def _meetings(
    record: StepRecord,
    term: str,
    known: Mapping[str, Sequence[Instance]],
    about: Mapping[str, tuple[int, ...]],
) -> tuple[Foreseen, ...]:
    named, found = meeting_of(term), []
    for atom in record.facts:
        if atom.startswith("meets("):
            kind, time, place, _, across = (int(value) for value in fact_of(atom)[1:])
            ids = [about[p.text] for i in known.get(atom, ()) for p in i.body if p.text in about]
            object_id = ids[0][0] if ids else None
            order = (named is None or (kind, time) != (named.kind, named.time), time)
            found.append((order, Foreseen(atom, kind, time / 4, place, across, object_id)))
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))


def _foreseen(record: StepRecord) -> list[str]:
    """The terms that foresight added, its plan first."""
    parts = {BUTTON, SENDING, CURIOSITY}
    plan = [name for name, _ in record.cells if name.startswith("foresight(") and name not in parts]
    return [*plan, *(name for name, _ in record.cells if name in parts)]


def _targets(record: StepRecord, me: int | None, axis: str) -> tuple[int, ...]:
    if axis not in AXES:
        return ()
    others = [SymbolicObject(*row) for row in record.objects if row[0] != me]
    return tuple(o.id for o in targets_of(others, AXES.index(axis)))


def _doubt(record: StepRecord, atoms: Mapping[str, str], known: Derivations) -> str:
    """Whether what was logged is what the rules say of the logged facts."""
    searched = {name for name in _foreseen(record) if name not in atoms} | {IMAGINED}
    searched |= {fact for fact in record.facts if fact.startswith(SEARCHED)}
    logged = {*record.facts, *(name for name, _ in record.cells)} - searched
    if not record.percepts and not known:
        old = "an older version wrote this log, without the facts that the rules were asked about"
        return f"{old}: which rules fired is not known" if logged else ""
    cells = {name for name, atom in atoms.items() if atom.startswith("cell(")}
    if missing := sorted(logged - {*atoms, *known}):
        return f"the rules of today do not derive {', '.join(missing)}: they were changed since"
    if extra := sorted(cells - logged):
        return f"the rules of today also derive {', '.join(extra)}: they were changed since"
    return ""


def _leads(agent: Knowing, told: Explanation, before: int) -> Leads | None:
    """Where the actions lead before the meeting that the term of foresight is named after."""
    if told.foresight is None or told.me is None:
        return None
    named, first = told.foresight.named, next(iter(told.foresight.meetings), None)
    if named is None or first is None:
        return None
    if (first.kind, first.agent_steps) != (named.kind, named.time / 4):
        return None
    kind, time, place, along, across = (int(value) for value in fact_of(first.atom)[1:])
    foreseen = Forecast(kind, time, named.offset, place, along, across)
    return leads(agent, told.entry.record, told.me, before, foreseen)


def _before(log: StateLog, entry: LogEntry) -> int:
    """The action of the step before; a game begins as if it were the first one."""
    if entry.episode_step == 0:
        return 0
    try:
        return log.find(entry.episode, entry.episode_step - 1).record.action
    except RunError:  # the log begins here
        return 0


def as_json(found: Explanation) -> dict[str, Any]:
    """The explanation as plain JSON values."""
    entry, versus = found.entry, found.contrast
    return {
        "step": entry.step,
        "episode": entry.episode,
        "episode_step": entry.episode_step,
        "objects": objects_json(entry.record, found.stage.names),
        "me": found.me,
        "axis": found.axis or None,
        "action": found.stage.actions[versus.taken],
        "reason": entry.record.reason,
        "contrast": found.stage.actions[versus.other],
        "values": {found.stage.actions[a]: value for a, value in enumerate(entry.record.values)},
        "lead": versus.lead,
        "terms": [{**term._asdict(), "lead": term.lead} for term in versus.terms],
        "largest_error": found.rounding,
        "exact": found.rounding <= EXACT,
        "log_rounding": bound(entry.record),
        "without_noise": None
        if found.calm is None
        else {
            "best": found.stage.actions[found.calm.best],
            "lead": found.calm.lead,
            "noise_on_the_action": found.calm.added[0],
            "noise_on_the_best": found.calm.added[1],
        },
        "chosen": found.chosen or None,
        "decisive": None if found.decisive is None else list(found.decisive),
        "cells": found.cells,
        "because": {
            atom: [instance_json(instance, found.about) for instance in instances]
            for atom, instances in found.reasons.items()
        },
        "foresight": _foresight_json(found.foresight, found.stage.names),
        "leads": leads_json(found.leads, found.stage.actions),
        "futures": futures_json(found.futures),
        "doubt": found.doubt,
    }


def instance_json(instance: Instance, about: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """A rule as it fired, as plain JSON values, with the ids of the objects it is about."""
    body = [{**p._asdict(), "objects": list(about.get(p.text, ()))} for p in instance.body]
    return {"rule": instance.rule, "where": place_of(instance), "body": body}


def place_of(instance: Instance) -> str:
    """File, line and column of its rule; without the folders of whoever's disk it was read from."""
    return Path(instance.where).name


def _foresight_json(foresight: Foresight | None, names: Names) -> dict[str, Any] | None:
    if foresight is None:
        return None
    return {
        "term": foresight.term,
        "named": foresight.named and with_name(foresight.named._asdict(), names),
        "meetings": [with_name(each._asdict(), names) for each in foresight.meetings],
        "targets": list(foresight.targets),
    }
