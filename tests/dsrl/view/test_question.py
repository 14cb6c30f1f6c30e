"""A question in parts is answered as it is whole."""

import random

import clingo
import pytest

from dsrl.view.question import COLUMNS, FITS, ME, Part, divided
from symbolic.facts import Facts, SymbolicObject, fact_text, state_facts

NAMES = {"object": 2, "at": 3, "velocity": 3, "size": 3, "me": 1, "contact": 2, "step": 1}
DEFINED = "".join(f"#defined {name}/{arity}.\n" for name, arity in NAMES.items())
ATOMS = (
    "object(I,1)", "object(I,K)", "at(I,Y,X)", "at(I,Y,_)", "velocity(I,V,_)", "size(I,H,H)",
    "object(J,2)", "at(J,Y,_)", "at(J,Q,R)", "object(0,K)", "at(1,Y,X)", "object(_,1)",
    "at(I+1,Y,_)", "me(I)", "contact(K,L)", "step(S)", "me(0;1)", "contact(1,1;1,3)",
    "object(I,(1;2))",
)  # fmt: skip
LIMITS = (
    "Y > 1", "V < 0", "I = 1", "K != 2", "Q = Y", "S > 2", "I < J", "I != J", "Y > Q", "I < J+1",
    "not object(I,2)", "not at(I,2,_)", "not object(_,3)", "not me(I)", "not me(1)",
    "not contact(1,2)",
    "not velocity(J,_,1)", "1 < #count { A : object(A,1) }",
)  # fmt: skip


def holds(text: str, facts: Facts) -> bool:
    """Whether clingo derives what fits. RuntimeError where the rule cannot be asked."""
    control = clingo.Control(logger=lambda code, message: None)
    control.add("base", [], DEFINED + text + "".join(f"{fact_text(f)}." for f in facts))
    control.ground([("base", [])])
    with control.solve(yield_=True) as solved:
        return any(model.contains(clingo.Function(FITS)) for model in solved)


def in_parts(text: str, objects: list[SymbolicObject], others: Facts) -> bool:
    """The same, by its parts, what is of one object asked of each by itself."""
    facts = (*state_facts(objects), *others)
    return all(
        any(holds(part.text, _of_one(facts, slot, part)) for slot in range(len(objects)))
        if part.alone
        else holds(part.text, _joined(objects, others, part))
        for part in divided(text)
    )


def _joined(objects: list[SymbolicObject], others: Facts, part: Part) -> Facts:
    """Of objects that it cannot be about nothing, of the others what it looks at."""
    shown = [
        SymbolicObject(o.id, *(v if k in part.columns else 0 for k, v in enumerate(o[1:], 1)))
        for o in objects
        if part.kinds is None or o.kind in part.kinds
    ]
    return tuple(f for f in (*state_facts(shown), *others) if f[0] in part.names)


def _of_one(facts: Facts, slot: int, part: Part) -> Facts:
    of_objects = part.names & {*COLUMNS, ME}
    return tuple(f for f in facts if f[0] in of_objects and f[1] == slot)


def test_drawn_questions_have_the_same_answer_in_parts_and_whole() -> None:
    rng, asked, parted, joined, fitted = random.Random(0), 0, 0, 0, 0
    while asked < 200:
        body = rng.sample(ATOMS, rng.randint(1, 3)) + rng.sample(LIMITS, rng.randint(0, 2))
        text = f"{FITS} :- {', '.join(body)}.\n#show {FITS}/0."
        try:
            holds(text, ())
        except RuntimeError:  # a variable that nothing binds
            continue
        asked += 1
        parted += any(part.alone for part in divided(text))
        joined += any(part.kinds is not None for part in divided(text))
        for _ in range(6):
            few = [[rng.randint(0, 3) for _ in range(7)] for _ in range(rng.randint(0, 3))]
            objects = [SymbolicObject(slot, *row) for slot, row in enumerate(few)]
            others: Facts = (("step", rng.randint(0, 4)), ("contact", 1, rng.randint(1, 3)))
            if objects:
                others += (("me", rng.randrange(len(objects))),)
            told = holds(text, (*state_facts(objects), *others))
            assert in_parts(text, objects, others) == told, (body, objects, others)
            fitted += told
    assert parted > 40 and joined > 5
    assert 100 < fitted < 1000


@pytest.mark.parametrize(
    ("body", "names", "slot"),
    [
        ("object(I,4), at(I,Y,_), Y > 180", {"object", "at"}, False),
        ("object(I,4), I > 2", {"object"}, True),
        ("at(0,Y,X), Y > X", {"at"}, True),
        ("me(I), at(I,Y,_), Y > 100, step(S)", {"me", "at"}, False),
        ("contact(1,4), velocity(I,V,_), V < 0", {"velocity"}, False),
    ],
)
def test_what_is_asked_of_one_object_stands_alone(body: str, names: set[str], slot: bool) -> None:
    (alone,) = [part for part in divided(f"{FITS} :- {body}.") if part.alone]
    assert (alone.names, alone.slot) == (names, slot)


@pytest.mark.parametrize(
    "body",
    ["object(I,4), contact(I,_)", "object(I,4), at(J,Y,_), I < J", "object(_,4)",
     "object(0,4), object(1,4)", "not me(1)", "not object(_,4)", "I = 1, not object(I,4)"],
)  # fmt: skip
def test_what_is_asked_of_more_does_not(body: str) -> None:
    assert not any(part.alone for part in divided(f"{FITS} :- {body}."))


def test_what_has_no_variable_in_common_is_asked_apart() -> None:
    parts = divided(f"{FITS} :- object(I,1), object(J,2), step(S), contact(K,_), S > 2, me(I).")
    assert [(part.text.split(".")[0], part.alone) for part in parts] == [
        (f"{FITS} :- object(J,2)", True),
        (f"{FITS} :- contact(K,_)", False),
        (f"{FITS} :- step(S); S > 2", False),
        (f"{FITS} :- object(I,1); me(I)", True),
    ]


@pytest.mark.parametrize(
    ("body", "columns", "kinds"),
    [
        ("object(I,5), at(I,Y,_), object(J,3), at(J,Z,_), Y > Z", {1, 2}, {3, 5}),
        ("object(I,5), object(J,5), I != J, size(J,_,W), size(I,W,_)", {1, 6, 7}, {5}),
        ("object(I,5), at(I,Y,_), object(_,4), object(J,3), velocity(J,Y,_)", {1, 2, 4}, {3, 5}),
        ("object(I,5), at(I,Y,_), at(J,Y,X)", {1, 2, 3}, None),
        ("object(I,5), object(J,3), I < J + 1", {1}, None),
        ("object(I,5), at(I,Y,_), object(1,3), at(1,Y,_)", {1, 2}, None),
        ("object(I,5), at(I,Y,_), object(J,3), at(J,Y,_), step(I)", {1, 2}, None),
        ("object(I,5), at(I,Y,_), object(J,3), not at(J,Y,_)", {1, 2}, None),
    ],
)
def test_of_objects_that_are_joined_only_some_matter(
    body: str, columns: set[int], kinds: set[int] | None
) -> None:
    parts = [each for each in divided(f"{FITS} :- {body}.") if not each.alone]
    part = max(parts, key=lambda each: len(each.columns))
    assert (part.columns, part.kinds) == (columns, kinds)
