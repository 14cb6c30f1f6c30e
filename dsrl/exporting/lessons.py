"""Lessons for an exported policy: games in which a frozen agent says what each action is worth.

The agent may play itself, or watch while a pupil plays (Ross et al. 2011, DAgger, algorithm 3.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from agents.dsrl import DSRLAgent
from agents.envs import GameEnv
from agents.grounding import ground
from symbolic import Facts
from symbolic.facts import constant_of
from symbolic.policies.observer import Observer
from symbolic.policies.policy import PolicyProgram

STUMBLES = 1 / 16  # share of steps in which a disturbed game begins to do something else,
STUMBLE_STEPS = 6  # and for how many steps at most


class Example(NamedTuple):
    """One state of a game: all that a program is told of it, the worth of each action (A,) to the
    agent, and the one that it prefers."""

    facts: Facts
    values: np.ndarray
    action: int


Choose = Callable[[Facts], int | None]
"""What to do instead of the agent, given the facts of a step; None to let it play."""


class Game(NamedTuple):
    """The states of one game in turn, and its raw score as far as it was played."""

    examples: list[Example]
    score: float


def play(
    agent: DSRLAgent, env: GameEnv, seed: int, choose: Choose | None = None, most_steps: int = 0
) -> Game:
    """One game with a frozen agent, all of it or ``most_steps``; ``choose`` may play instead."""
    assert agent.perception is not None and not agent.learning
    agent.reset()
    names = [constant_of(action) for action in agent.actions]
    observer = Observer(agent.learner)
    frame, _ = env.reset(seed=seed)
    examples: list[Example] = []
    action, reward, score, over = 0, 0.0, 0.0, False
    while not over and (not most_steps or len(examples) < most_steps):
        objects = ground(agent.perception.track(agent.perception(frame)))
        facts = observer.facts(objects, names[action])
        chosen = choose(facts) if choose else None
        decision = agent.learner.step(objects, float(reward), forced=chosen)
        prefers = decision.action if chosen is None else int(decision.values.argmax())
        examples.append(Example(facts, decision.values, prefers))
        action = decision.action
        frame, reward, terminated, truncated, _ = env.step(action)
        score += float(reward)
        over = terminated or truncated
    return Game(examples, score)


def pupil(program: PolicyProgram, agent: DSRLAgent) -> Choose:
    """A program that plays while the agent watches."""
    names = [constant_of(action) for action in agent.actions]
    return lambda facts: names.index(program.decide(facts))


def stumbling(actions: int, rng: np.random.Generator) -> Choose:
    """Now and then some steps of one action, so that the agent is seen to recover."""
    left, action = 0, 0

    def choose(facts: Facts) -> int | None:
        nonlocal left, action
        if left == 0 and rng.random() < STUMBLES:
            left, action = int(rng.integers(1, STUMBLE_STEPS + 1)), int(rng.integers(actions))
        left = max(0, left - 1)
        return action if left else None

    return choose
