"""A player that goes by the facts of each step alone: perception, percepts, a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from agents.agent import Progress, StepRecord, Timestep
from agents.dsrl import DSRLAgent
from agents.grounding import ground
from symbolic import Facts, SymbolicObject
from symbolic.facts import constant_of, fact_text
from symbolic.policies.observer import Observer, percepts_in
from symbolic.policies.policy import PolicyError


class Policy(Protocol):
    """What says what to do: a `PolicyProgram`, or a `Settled` agent."""

    def decide(self, facts: Facts) -> str:
        """The action, by its constant, given the facts of a step."""
        ...


class RulesPlayer:
    """Implements `agents.agent.Agent` with the eyes and habits of a trained agent, and a policy.

    Raises:
        ValueError: the agent has no perception yet.
    """

    learning = False
    progress: Progress | None = None

    def __init__(self, agent: DSRLAgent, policy: Policy) -> None:
        if agent.perception is None:
            raise ValueError("this agent has no perception yet: train it first")
        self.last_record: StepRecord | None = None
        self._perception = agent.perception
        self._observer = Observer(agent.learner)
        self._policy = policy
        self._actions = [constant_of(action) for action in agent.actions]
        self._did = self._actions[0]

    def reset(self) -> None:
        """Forget the episode."""
        self.last_record = None
        self._did = self._actions[0]
        self._perception.reset()
        self._observer.start_episode()

    def step(self, t: Timestep) -> int:
        """Do what the program says.

        Raises:
            PolicyError: it says nothing, several things, or what is no action.
        """
        if t.last:
            return 0
        return self.decide(ground(self._perception.track(self._perception(t.frame))))

    def decide(self, objects: Sequence[SymbolicObject]) -> int:
        """The same for objects that were seen already."""
        facts = self._observer.facts(objects, self._did)
        self._did = self._policy.decide(facts)
        if self._did not in self._actions:
            raise PolicyError(
                f"the program does {self._did}, and the actions are {', '.join(self._actions)}"
            )
        action = self._actions.index(self._did)
        told = tuple((fact_text(fact), ()) for fact in percepts_in(facts))
        self.last_record = StepRecord(
            tuple(map(tuple, objects)), (), (), (), action, True, "rules", told
        )
        return action

    def get_state(self) -> dict[str, Any]:
        """Nothing: it learns nothing, and an evaluation begins with a reset."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
