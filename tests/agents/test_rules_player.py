"""A player that has nothing but a program: on objects, with eyes that see them in the frame."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from agents.agent import Timestep
from agents.dsrl import DSRLAgent, DSRLConfig
from agents.rules_player import RulesPlayer
from perception import Object
from symbolic import Program
from symbolic.facts import fact_of
from symbolic.policies.policy import PolicyError, PolicyProgram

ACTIONS = ("NOOP", "UP", "DOWN")
MINE, THING = 3, 5
CHASE = """
do(up) :- me(I), at(I,Y,_), object(J,5), at(J,Z,_), Z < Y.
do(down) :- me(I), at(I,Y,_), object(J,5), at(J,Z,_), Z > Y.
do(noop) :- not do(up), not do(down).
#show do/1.
"""
REPEAT = "do(up) :- did(down). do(down) :- not did(down). #show do/1."


class Eyes:
    """Sees the objects whose numbers are written in the frame."""

    def __init__(self) -> None:
        self.resets = 0

    def __call__(self, frame: np.ndarray) -> Any:
        return frame

    def track(self, rows: np.ndarray) -> Sequence[Object]:
        kinds = (MINE, THING)
        return [
            Object(id=i, kind=kinds[i], y=float(y), x=float(x), dy=0.0, dx=0.0, height=8, width=4)
            for i, (y, x) in enumerate(rows)
        ]

    def reset(self) -> None:
        self.resets += 1


@pytest.fixture
def agent() -> DSRLAgent:
    agent = DSRLAgent(DSRLConfig(), ACTIONS, Program.load(), 0)
    agent.perception = Eyes()  # type: ignore[assignment]
    agent.learner.motion.controlled = MINE
    return agent


def seen(mine: int, thing: int, last: bool = False) -> Timestep:
    return Timestep(np.array([[mine, 140], [thing, 60]]), 0.0, False, last)


def test_it_does_what_the_program_says_of_what_it_sees(agent: DSRLAgent) -> None:
    player = RulesPlayer(agent, PolicyProgram(CHASE))
    player.reset()
    assert [player.step(seen(100, y)) for y in (20, 180, 100)] == [1, 2, 0]
    assert player.last_record is not None
    told = [fact_of(text) for text, _ in player.last_record.percepts]
    assert told[:2] == [("me", 0), ("axis", "y")]
    assert (player.last_record.values, player.last_record.cells) == ((), ())


def test_it_knows_what_it_did_and_forgets_it_with_the_episode(agent: DSRLAgent) -> None:
    player = RulesPlayer(agent, PolicyProgram(REPEAT))
    player.reset()
    assert [player.step(seen(9, 9)) for _ in range(3)] == [2, 1, 2]
    assert player.step(seen(9, 9, last=True)) == 0
    player.reset()
    assert player.step(seen(9, 9)) == 2
    assert agent.perception.resets == 2  # type: ignore[union-attr]


def test_its_tables_are_not_asked(agent: DSRLAgent) -> None:
    player = RulesPlayer(agent, PolicyProgram(CHASE))
    del agent.learner.tables, agent.learner.foresight
    assert player.step(seen(100, 20)) == 1


def test_an_action_that_there_is_not_is_named(agent: DSRLAgent) -> None:
    player = RulesPlayer(agent, PolicyProgram("do(jump)."))
    with pytest.raises(PolicyError, match=r"jump.*noop, up, down"):
        player.step(seen(9, 9))


def test_without_eyes_there_is_no_player(agent: DSRLAgent) -> None:
    agent.perception = None
    with pytest.raises(ValueError, match="train it first"):
        RulesPlayer(agent, PolicyProgram(CHASE))
