"""A question in parts, those that are joins answered as such, is answered as it is whole."""

import math
import random
import re
from collections.abc import Sequence

import clingo
import numpy as np
import pytest

from dsrl.runs.stated import Stated
from dsrl.view import joins
from dsrl.view.joins import TooLong, Unanswerable
from dsrl.view.question import FITS, Part, divided
from dsrl.view.tables import Tables, tables_of
from symbolic.facts import Facts, SymbolicObject, fact_text, state_facts

SOON = math.inf
ACTIONS = ("NOOP", "FIRE", "LEFT")
NAMES = {
    "object": 2, "at": 3, "velocity": 3, "size": 3, "me": 1, "contact": 2, "near": 2, "step": 1,
    "do": 1, "reward": 1, "greedy": 0, "last": 0, "lost": 0,
}  # fmt: skip
DEFINED = "".join(f"#defined {name}/{arity}.\n" for name, arity in NAMES.items())
ATOMS = (
    "object(I,1)", "object(I,K)", "at(I,Y,X)", "at(I,Y,_)", "velocity(I,V,_)", "size(I,H,H)",
    "object(J,2)", "at(J,Y,_)", "at(J,Q,R)", "object(0,K)", "at(1,Y,X)", "object(_,1)",
    "at(I+1,Y,_)", "me(I)", "contact(I,L)", "step(S)", "me(0;1)", "contact(1,1;1,3)", "at(J,-1,Q)",
    "object(I,(1;2))", "do(A)", "do(fire)", "near(I,C)", "near(_,up)", "near(I,J)", "reward(G)",
    "greedy", "velocity(L,V,Y)", "near(I,far(1))", "near(_,far(1+1))", "near(I,far(L))",
)  # fmt: skip
LIMITS = (
    "Y > 1", "V < 0", "I = 1", "K != 2", "Q = Y", "S > 2", "I < J", "I != J", "Y > Q", "I < J+1",
    "|Y - Q| < 2", "0 < Y < Q", "V*V > 1", "-Y < V", "not Y = Q", "not Y > 1", "not I = 1",
    "not 0 < V < 3",
    "A != noop", "A = left", "foo = bar", "foo != bar", "foo = foo", "C > 1",
    "C = 1", "J > up", "S = Y + 1", "G < 0", "1 < 2", "Y / 2 = 1", "S * 9999999 < 0",
    "not object(I,2)", "not at(I,2,_)", "not object(_,3)", "not me(I)", "not me(1)", "not last",
    "not contact(1,2)", "not contact(I,J)", "not near(I,up)", "not do(A)", "not near(I,C)",
    "not velocity(J,_,1)", "1 < #count { A : object(A,1) }",
)  # fmt: skip


def holds(text: str, facts: Facts) -> bool:
    """Whether clingo derives what fits. RuntimeError where the rule cannot be asked."""
    control = clingo.Control(logger=lambda code, message: None)
    control.add("base", [], DEFINED + text + "".join(f"{fact_text(f)}." for f in facts))
    control.ground([("base", [])])
    with control.solve(yield_=True) as solved:
        return any(model.contains(clingo.Function(FITS)) for model in solved)


def drawn(rng: random.Random, steps: int) -> tuple[list[Facts], Stated]:
    """Facts of drawn steps, and the log of these."""
    facts, objects_of, texts_of, of_steps = [], [], [], []
    for step in range(steps):
        few = [[rng.randint(0, 3) for _ in range(7)] for _ in range(rng.randint(0, 3))]
        objects = [SymbolicObject(9 + slot, *row) for slot, row in enumerate(few)]
        objects = [o._replace(dy=o.dy - 2) for o in objects]
        others: Facts = (("contact", rng.randint(0, 1), rng.randint(1, 3)),)
        others += (
            ("near", rng.randint(0, 2), rng.choice(("up", "down", 1, 2, "far(1)", "far(2)"))),
        )
        others += (("me", rng.randrange(len(objects))),) if objects else ()
        action, reward, greedy = rng.randrange(3), rng.randint(-1, 1), rng.random() < 0.7
        own: Facts = (("do", ACTIONS[action].lower()), ("reward", reward), ("step", step % 5))
        own += (("greedy",),) if greedy else ()
        facts.append((*state_facts(objects), *others, *own))
        objects_of.append(objects)
        texts_of.append([fact_text(fact) for fact in others])
        of_steps.append((0, step % 5, action, reward, False, False, greedy))
    return facts, logged(objects_of, texts_of, of_steps)


def logged(
    objects: Sequence[Sequence[SymbolicObject]],
    texts: Sequence[Sequence[str]],
    steps: Sequence[Sequence[float]],
) -> Stated:
    """A log of steps that hold these objects and facts."""
    different = sorted({text for each in texts for text in each})
    rows = [list(o) for each in objects for o in each]
    columns = (np.array(column) for column in zip(*steps, strict=True))
    return Stated(
        *columns,
        texts=different,
        facts=np.array([different.index(text) for each in texts for text in each], np.int64),
        facts_at=np.repeat(np.arange(len(texts)), [len(each) for each in texts]),
        objects=np.array(rows, np.int64).reshape(-1, 8),
        objects_at=np.repeat(np.arange(len(objects)), [len(each) for each in objects]),
    )


def answered(part: Part, game: Tables, facts: Sequence[Facts]) -> tuple[np.ndarray, bool]:
    """At which steps a part holds, and whether as a join."""
    if part.joins and part.signatures <= set(game.tables):
        try:
            return part.fitting(game, SOON), True
        except Unanswerable:
            pass
    told = [holds(part.text, tuple(f for f in each if f[0] in part.names)) for each in facts]
    return np.array(told), False


def test_drawn_questions_have_the_same_answer_in_parts_and_whole() -> None:
    rng, asked, joined, fitted = random.Random(0), 0, 0, 0
    facts, log = drawn(rng, 12)
    (game,) = tables_of([(log, ACTIONS)], set(NAMES))
    while asked < 400:
        body = rng.sample(ATOMS, rng.randint(1, 4))
        bound = set(re.findall(r"\b[A-Z]", str(body)))
        asks = [limit for limit in LIMITS if set(re.findall(r"\b[A-Z]", limit)) <= bound]
        body += rng.sample(asks, rng.randint(0, 2))
        text = f"{FITS} :- {', '.join(body)}.\n#show {FITS}/0."
        try:
            whole = [holds(text, each) for each in facts]
        except RuntimeError:  # a variable that nothing binds
            continue
        asked += 1
        answers = [answered(part, game, facts) for part in divided(text)]
        joined += all(join for _, join in answers)
        told = np.logical_and.reduce([fit for fit, _ in answers])
        assert told.tolist() == whole, body
        fitted += sum(whole)
    assert joined > 150
    assert 400 < fitted < 2500


def test_facts_of_a_step_are_those_the_rules_are_told() -> None:
    facts, log = drawn(random.Random(1), 6)
    (game,) = tables_of([(log, ACTIONS)], set(NAMES))
    told = game.facts(np.array([4, 1]), set(NAMES) - {"at"})
    expected = [{f for f in facts[step] if f[0] != "at"} for step in (4, 1)]
    assert [set(each) for each in told] == expected


@pytest.mark.parametrize(
    ("body", "join"),
    [
        ("object(I,4), at(I,Y,_), Y > 180", True),
        ("object(I,4), contact(I,_), not at(I,3,_), |I - 1| != 2", True),
        ("do(A), A != fire", True),
        ("do(A), A < fire", False),
        ("object(I,(4;5)), not me(I)", True),
        ("object(I,(4;5)), at(I,(1;2),(1;2)), contact(I,(1;2))", True),
        ("object(I,(4;5;6;7;8)), at(I,(1;2),(1;2))", False),
        ("object((I;3),4), not me(I)", False),
        ("object(I,1..2)", False),
        ("object(I,4), not not me(I)", False),
        ("object(I,4), at(I+1,_,_)", False),
        ("object(I,4), Y > 3", False),
        ("object(I,4), J = I + 1", False),
        ("object(I,4), I / 2 = 1", False),
        ("2 { me(_) }", False),
    ],
)
def test_what_is_a_join_and_what_is_left_to_clingo(body: str, join: bool) -> None:
    parts = divided(f"{FITS} :- {body}.")
    assert all(part.joins for part in parts) == join


def test_a_join_that_is_too_large_goes_step_by_step_and_then_to_clingo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, log = drawn(random.Random(2), 40)
    (game,) = tables_of([(log, ACTIONS)], {"at"})
    (part,) = divided(f"{FITS} :- at(I,Y,_), at(J,Z,_), at(K,_,Y), I != J, Y < Z.")
    free = part.fitting(game, SOON)
    assert 0 < free.sum() < 40
    monkeypatch.setattr(joins, "_ROWS", 27)
    np.testing.assert_array_equal(part.fitting(game, SOON), free)
    monkeypatch.setattr(joins, "_ROWS", 2)
    with pytest.raises(Unanswerable):
        part.fitting(game, SOON)
    monkeypatch.undo()
    with pytest.raises(TooLong):
        part.fitting(game, -math.inf)


def test_numbers_that_clingo_does_not_have_are_left_to_it() -> None:
    _, log = drawn(random.Random(3), 5)
    (game,) = tables_of([(log, ACTIONS)], {"step"})
    (part,) = divided(f"{FITS} :- step(S), S * 2000000000 > 1.")
    with pytest.raises(Unanswerable):
        part.fitting(game, SOON)


def test_rows_are_numbered_alike_where_they_are_the_same() -> None:
    rng = np.random.default_rng(0)
    columns = [rng.choice([0, -(2**40), 7, 2**61], 60) for _ in range(9)]
    columns.append(rng.integers(0, 2**40, 60).repeat(2)[:60])
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    numbers = joins.numbered(columns).tolist()
    for i in range(60):
        for j in range(60):
            assert (numbers[i] == numbers[j]) == (rows[i] == rows[j])


def test_what_has_no_variable_in_common_is_asked_apart() -> None:
    parts = divided(f"{FITS} :- object(I,1), object(J,2), step(S), contact(K,_), S > 2, me(I).")
    assert [part.text.split(".")[0] for part in parts] == [
        f"{FITS} :- object(J,2)",
        f"{FITS} :- contact(K,_)",
        f"{FITS} :- step(S); S > 2",
        f"{FITS} :- object(I,1); me(I)",
    ]
