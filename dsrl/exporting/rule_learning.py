"""Learning a short rule list from a trained agent: lessons, a list, lessons where the list errs.

Ross et al. 2011 (DAgger): the list plays, the agent says what it would have done, and the next list
is fitted to all that was said so far. Of the lists, the one that plays best is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.agent import Progress
from agents.dsrl import DSRLAgent
from agents.envs import GameEnv
from agents.rules_player import RulesPlayer
from dsrl.exporting.lessons import Example, play, pupil, stumbling
from dsrl.runs.evaluate import play_game
from symbolic.facts import constant_of
from symbolic.policies.policy import PolicyProgram
from symbolic.policies.rule_list import Lessons, Rule, fit
from symbolic.policies.rule_text import group_facts, numbers_of, program_of

ROUNDS = 10
MOST_STEPS = 1500  # of a lesson
SEEDS = range(2000, 3000)  # of all games that anything is learned from or chosen by
PLAIN, STUMBLING, PUPIL, TRIAL, FRESH = 2000, 2100, 2200, 2300, 2900  # the first of each sort
PLAIN_GAMES, STUMBLING_GAMES, TRIAL_GAMES = 2, 2, 3


class Trial(NamedTuple):
    """A list, its program, and its mean score in the games by which one is chosen."""

    rules: list[Rule]
    program: str
    score: float


class Pupil:
    """All lessons so far, and the lists fitted to them."""

    def __init__(self, agent: DSRLAgent, env: GameEnv, most: int) -> None:
        self._agent, self._env, self._most = agent, env, most
        self._acts = [constant_of(action) for action in agent.actions]
        self._groups = agent.learner.motion.groups.tolist()
        self._numbers: list[np.ndarray] = []
        self._values: list[np.ndarray] = []

    def hear(self, examples: Sequence[Example]) -> None:
        """Take in the lessons of a game."""
        groups = group_facts(self._acts, self._groups)
        self._numbers += [numbers_of(example.facts + groups) for example in examples]
        self._values += [example.values for example in examples]

    def list(self) -> tuple[list[Rule], str]:
        """The list that fits all lessons so far best, and its program."""
        values = np.array(self._values)
        regret = values.max(axis=1, keepdims=True) - values
        rules = fit(Lessons(np.array(self._numbers), regret), self._most)
        return rules, program_of(rules, self._acts, self._groups)

    def begin(self) -> None:
        """Lessons of the agent's own play, undisturbed and disturbed."""
        rng = np.random.default_rng(0)
        for i in range(PLAIN_GAMES):
            self.hear(play(self._agent, self._env, PLAIN + i, None, MOST_STEPS).examples)
        for i in range(STUMBLING_GAMES):
            stumble = stumbling(len(self._acts), rng)
            self.hear(play(self._agent, self._env, STUMBLING + i, stumble, MOST_STEPS).examples)

    def trial(self, number: int) -> Trial:
        """One round: fit a list, see how it plays, and take lessons from where that leads."""
        rules, text = self.list()
        program = PolicyProgram(text)
        player = RulesPlayer(self._agent, program)
        scores = [play_game(player, self._env, TRIAL + i)[0] for i in range(TRIAL_GAMES)]
        plays = pupil(program, self._agent)
        self.hear(play(self._agent, self._env, PUPIL + number, plays, MOST_STEPS).examples)
        return Trial(rules, text, float(np.mean(scores)))


def learn_rules(
    agent: DSRLAgent, env: GameEnv, most: int, progress: Progress | None = None
) -> Trial:
    """The best of `ROUNDS` lists of at most ``most`` rules that imitate a frozen agent."""
    tell = progress or (lambda done, total, note: None)
    tell(0, ROUNDS + 1, "watching the agent play")
    learner = Pupil(agent, env, most)
    learner.begin()
    best: Trial | None = None
    for number in range(ROUNDS):
        note = f"best so far {best.score:.1f}" if best else ""
        tell(number + 1, ROUNDS + 1, f"trying a list {note}".strip())
        trial = learner.trial(number)
        if best is None or trial.score >= best.score:
            best = trial
    assert best is not None
    tell(ROUNDS + 1, ROUNDS + 1, f"best {best.score:.1f}")
    return best
