"""Where each action of a logged step leads, by what the run has learned since."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from agents.agent import StepRecord
from agents.dsrl import DSRLAgent
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import load_agent
from symbolic import SymbolicObject
from symbolic.planning.prospects import Prospect, prospects
from symbolic.policies.observer import Observer
from symbolic.rules.program import Program
from symbolic.rules.solver import Solver
from symbolic.scene import Forecast, position, velocity


class Leads(NamedTuple):
    """One prospect for each action; ``known_after`` so many agent steps of training.

    ``why_not`` says why there are none, if there are none.
    """

    actions: tuple[Prospect, ...]
    known_after: int = 0
    why_not: str = ""


class Knowing:
    """The agent of a run's newest checkpoint, read when it is first asked for."""

    def __init__(self, run: RunDir) -> None:
        self.run = run

    @cached_property
    def agent(self) -> tuple[DSRLAgent, int] | str:
        """It, and the agent steps it was trained for; or why there is none that knows."""
        try:
            agent, known_after = load_agent(self.run)
        except RunError as error:
            return str(error)
        if not isinstance(agent, DSRLAgent) or not agent.learner.obeyed:
            return f"{self.run.path} has not learned yet what obeys the actions"
        return agent, known_after

    @cached_property
    def solver(self) -> Solver:
        """Our own rules, ready to be asked."""
        return Solver(Program.load())


def leads(knowing: Knowing, record: StepRecord, me: int, before: int, foreseen: Forecast) -> Leads:
    """Where the actions of a step lead, before what was ``foreseen`` is level with object ``me``.

    ``before`` is the action of the step before. The newest checkpoint is asked, without noise: it
    may know more than the agent did in that step.
    """
    if isinstance(knowing.agent, str):
        return Leads((), why_not=knowing.agent)
    agent, known_after = knowing.agent
    learner, motion = agent.learner, agent.learner.motion
    objects = [SymbolicObject(*row) for row in record.objects]
    mine = next(o for o in objects if o.id == me)
    found = prospects(
        motion,
        learner.foresight,
        _as_known(Observer(learner, knowing.solver), objects, foreseen),
        learner.ranges.extent(mine.kind, motion.axis),
        place=position(mine, motion.axis),
        speed=velocity(mine, motion.axis),
        before=before,
        discount=learner.config.discount,
    )
    return Leads(tuple(found), known_after)


def _as_known(
    observer: Observer, objects: Sequence[SymbolicObject], foreseen: Forecast
) -> Forecast:
    """The same with how long it stays level, which the log does not tell."""
    alike = (f for f in observer.forecasts(objects) if f._replace(lasts=0) == foreseen)
    return next(alike, foreseen)


def leads_json(found: Leads | None, actions: Sequence[str]) -> dict[str, Any] | None:
    """As plain JSON values."""
    if found is None:
        return None
    each = {
        action: {
            "place": p.place,
            "offset": p.offset,
            "worth": p.worth,
            "value": p.value,
            "followed": [f._asdict() for f in p.followed],
        }
        for action, p in zip(actions, found.actions, strict=False)
    }
    return {"known_after": found.known_after, "actions": each, "why_not": found.why_not}
