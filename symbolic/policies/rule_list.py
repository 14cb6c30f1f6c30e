"""Short rule lists that imitate a teacher: the first rule that applies decides.

A tree is fitted to what the teacher prefers, each state weighted by how much the choice matters
(Bastani et al. 2018, VIPER, section 3.1), its leaves become rules, and whatever the list can do
without is taken out (after C4.5rules, Quinlan 1993, chapter 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from sklearn.tree import DecisionTreeClassifier

UNSEEN = np.iinfo(np.int64).min  # a number that a state does not have
WHOLE = 0  # the column that is 1 where a state has all numbers, 0 where it lacks some
CALM_SHARE = 6  # of the leaves, one in so many for states that lack some
LEAST = 2  # states in a leaf
SPARE = 3  # leaves for each rule: a list does with fewer rules than a tree has leaves
SLACK = 1e-9  # of rounding


class Bounds(NamedTuple):
    """Lowest and highest value allowed, None where there is no limit."""

    low: int | None
    high: int | None


Tests: TypeAlias = tuple[tuple[int, Bounds], ...]


class Rule(NamedTuple):
    """In a state whose numbers lie within all ``tests`` (by column), do ``act``.

    A number that the state does not have is within no test.
    """

    tests: Tests
    act: int


class Lessons(NamedTuple):
    """States and what a teacher thinks of them.

    ``numbers`` (N, F) int64 with `UNSEEN` where a state lacks one; ``regret`` (N, A) what each act
    is worth less than the best.
    """

    numbers: np.ndarray
    regret: np.ndarray


def applies(rule: Rule, numbers: np.ndarray) -> np.ndarray:
    """(N,) whether a rule applies to states with these numbers (N, F)."""
    found = np.ones(len(numbers), bool)
    for column, (low, high) in rule.tests:
        values = numbers[:, column]
        found &= values != UNSEEN
        if low is not None:
            found &= values >= low
        if high is not None:
            found &= values <= high
    return found


def decided_by(rules: Sequence[Rule], numbers: np.ndarray) -> np.ndarray:
    """(N,) which rule is the first to apply; the last rule has no tests."""
    return np.stack([applies(rule, numbers) for rule in rules]).argmax(axis=0)


def acts_of(rules: Sequence[Rule], numbers: np.ndarray) -> np.ndarray:
    """(N,) what the list does."""
    return np.array([rule.act for rule in rules])[decided_by(rules, numbers)]


def loss(rules: Sequence[Rule], lessons: Lessons) -> float:
    """Mean regret of the list."""
    return Judge(lessons).loss(rules)


class Judge:
    """Tells what lists are worth, remembering where each rule applies."""

    def __init__(self, lessons: Lessons) -> None:
        self._numbers = lessons.numbers
        self._regret = np.ascontiguousarray(lessons.regret.T)
        self._applies: dict[Tests, np.ndarray] = {}

    def loss(self, rules: Sequence[Rule]) -> float:
        """Mean regret of a list; the last rule has no tests."""
        regret = self._regret[rules[-1].act].copy()
        for rule in reversed(rules[:-1]):
            if rule.tests not in self._applies:
                self._applies[rule.tests] = applies(rule, self._numbers)
            np.copyto(regret, self._regret[rule.act], where=self._applies[rule.tests])
        return float(regret.mean())


def fit(lessons: Lessons, most: int) -> list[Rule]:
    """A list of at most ``most`` rules, the last without tests.

    Raises:
        ValueError: no room for two rules, or no states.
    """
    if most < 2:
        raise ValueError(f"a rule list needs at least 2 rules, not {most}")
    if len(lessons.numbers) == 0:
        raise ValueError("there are no states to learn rules from")
    lessons = merged(lessons)
    judge = Judge(lessons)
    rules = simplified(in_order(_leaves(lessons, SPARE * most)), judge)
    while len(rules) > most:
        shorter = [rules[:i] + rules[i + 1 :] for i in range(len(rules) - 1)]
        shorter.append([*rules[:-2], Rule((), rules[-2].act)])
        rules = simplified(min(shorter, key=judge.loss), judge)
    return rules


def merged(lessons: Lessons) -> Lessons:
    """Each state once, with the regrets of all that look the same; the mean stays what it is."""
    states, which = np.unique(lessons.numbers, axis=0, return_inverse=True)
    regret = np.zeros((len(states), lessons.regret.shape[1]))
    np.add.at(regret, which.reshape(-1), lessons.regret)
    return Lessons(states, regret * len(states) / len(lessons.numbers))


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """By act, the one with the most rules last: it becomes what is done if no rule applies."""
    acts = [rule.act for rule in rules]
    rules = sorted(rules, key=lambda rule: (acts.count(rule.act), rule.act))
    return [*rules, Rule((), rules[-1].act)]


def simplified(rules: Sequence[Rule], judge: Judge) -> list[Rule]:
    """The list without the rules, tests and bounds that it is no worse without."""
    rules, best, before = list(rules), judge.loss(rules), None
    while before != rules:
        before = list(rules)
        for i in reversed(range(len(rules) - 1)):
            for shorter in _without_one(rules, i):
                found = judge.loss(shorter)
                if found <= best + SLACK:
                    rules, best = shorter, found
                    break
    return rules


def _without_one(rules: list[Rule], i: int) -> list[list[Rule]]:
    """The list without rule ``i``, and with one bound of it less."""
    rule, found = rules[i], [rules[:i] + rules[i + 1 :]]
    for t, (column, (low, high)) in enumerate(rule.tests):
        others = rule.tests[:t] + rule.tests[t + 1 :]
        options: list[Tests] = [others]
        if low is not None and high is not None and low < high:
            options += [
                (*rule.tests[:t], (column, kept), *rule.tests[t + 1 :])
                for kept in (Bounds(low, None), Bounds(None, high))
            ]
        found += [[*rules[:i], Rule(tests, rule.act), *rules[i + 1 :]] for tests in options]
    return found


def _leaves(lessons: Lessons, most: int) -> list[Rule]:
    """The leaves of one tree for the states that have all numbers, and of one for the others."""
    found: list[Rule] = []
    for whole, share in ((1, most), (0, max(2, most // CALM_SHARE))):
        part = lessons.numbers[:, WHOLE] == whole
        if not part.any():
            continue
        numbers = lessons.numbers[part]
        columns = np.flatnonzero((numbers != UNSEEN).all(axis=0))
        columns = columns[columns != WHOLE]
        for rule in _tree(numbers, lessons.regret[part], columns, share):
            found.append(Rule(((WHOLE, Bounds(whole, whole)), *rule.tests), rule.act))
    return found


def _tree(numbers: np.ndarray, regret: np.ndarray, columns: np.ndarray, most: int) -> list[Rule]:
    weight = regret.max(axis=1)
    tree = DecisionTreeClassifier(max_leaf_nodes=most, min_samples_leaf=LEAST, random_state=0)
    tree.fit(numbers[:, columns], regret.argmin(axis=1), sample_weight=weight + 1e-6)
    rules: list[Rule] = []

    def walk(node: int, tests: dict[int, Bounds]) -> None:
        t = tree.tree_
        if t.children_left[node] < 0:
            act = int(tree.classes_[t.value[node][0].argmax()])
            rules.append(Rule(tuple(sorted(tests.items())), act))
            return
        column, cut = int(columns[t.feature[node]]), int(np.floor(t.threshold[node]))
        low, high = tests.get(column, Bounds(None, None))
        walk(t.children_left[node], {**tests, column: Bounds(low, cut)})
        walk(t.children_right[node], {**tests, column: Bounds(cut + 1, high)})

    walk(0, {})
    return rules
