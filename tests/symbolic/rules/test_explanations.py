"""Which rule instances derive an atom: tiny programs, by hand; the real rules, by their answers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from paddle_world import ACTIONS, PaddleWorld, play

from symbolic import LimitError, Limits, Program, Solver, SymbolicObject, state_facts
from symbolic.config import LearnerConfig
from symbolic.decisions import CURIOSITY, Decision
from symbolic.facts import Fact, fact_of, fact_text
from symbolic.learner import Learner
from symbolic.rules.explanations import (
    Derivations,
    Instance,
    Meeting,
    Premise,
    derivations,
    meeting_of,
    term_of,
    tree_of,
)
from symbolic.rules.grounder import cell_name
from symbolic.rules.syntax import Source

BASE = Source(
    path="base.lp",
    text="#defined p/1.\n#defined q/2.\n#show r/1.\nr(X) :- p(X), X > 1.\ncell(t,X/2) :- r(X).\n",
)
FACTS: tuple[Fact, ...] = (("p", 1), ("p", 4), ("q", 1, 4), ("q", 4, 1), ("q", 4, 7))


def explained(rules: str, facts: tuple[Fact, ...] = FACTS) -> Derivations:
    mine = (Source(path="mine.lp", text=rules),) if rules else ()
    return derivations(Program(base=BASE, background=mine), facts)


def bodies(instances: tuple[Instance, ...]) -> list[list[str]]:
    return [[premise.text for premise in instance.body] for instance in instances]


def test_a_chain_of_rules_down_to_the_facts() -> None:
    known = explained("")
    assert known == {
        "r(4)": (
            Instance(
                "r(X) :- p(X), X > 1.",
                "base.lp:4:1",
                "r(4)",
                (Premise("p(4)", "given"), Premise("4 > 1", "test")),
            ),
        ),
        "cell(t,2)": (
            Instance(
                "cell(t,X/2) :- r(X).", "base.lp:5:1", "cell(t,2)", (Premise("r(4)", "derived"),)
            ),
        ),
    }


def test_several_threads_may_ask() -> None:
    def told(number: int) -> bool:
        return all(f"r({n})" in explained("", (("p", n),)) for n in range(number, 2000, 8))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(told, range(2, 10)))


def test_a_join_tells_every_pair_that_makes_it_true() -> None:
    known = explained("cell(link,X) :- q(X,Y), q(Y,_).")
    assert bodies(known["cell(link,1)"]) == [["q(1,4)", "q(4,1)"], ["q(1,4)", "q(4,7)"]]
    assert bodies(known["cell(link,4)"]) == [["q(4,1)", "q(1,4)"]]


def test_an_atom_of_two_rules_has_both() -> None:
    known = explained("cell(t,0) :- p(1).\ncell(t,0) :- r(4), not p(9).\n")
    found = known["cell(t,0)"]
    assert [(i.where, bodies((i,))[0]) for i in found] == [
        ("mine.lp:1:1", ["p(1)"]),
        ("mine.lp:2:1", ["r(4)", "not p(9)"]),
    ]
    assert [p.role for p in found[1].body] == ["derived", "test"]


def test_absence_fails_where_the_atom_holds() -> None:
    known = explained("cell(alone,X) :- p(X), not q(X,_), not r(X).", (*FACTS, ("p", 0)))
    assert "cell(alone,1)" not in known
    assert bodies(known["cell(alone,0)"]) == [["p(0)", "not q(0,_)", "not r(0)"]]


def test_aggregates_constants_intervals_pools_and_facts() -> None:
    rules = (
        "#const limit = 3.\ncell(n,N) :- N = #count { X : p(X) }, N < limit.\n"
        'wall(7;8..9).\ncell("a,b[",W+limit) :- wall(W), W > 8.\n'
        "cell(near,X) :- p(X), q(X,X+limit)."
    )
    known = explained(rules)
    assert bodies(known["cell(n,2)"]) == [["2 = #count { X: p(X) }", "2 < limit"]]
    assert bodies(known['cell("a,b[",12)']) == [["wall(9)", "9 > 8"]]
    assert bodies(known["cell(near,1)"]) == [["p(1)", "q(1,4)"]]
    assert known["wall(9)"] == (Instance("wall(7;8..9).", "mine.lp:3:1", "wall(9)", ()),)


def test_no_atom_is_its_own_reason() -> None:
    rules = "cell(go,X) :- to(1,X).\nto(X,Y) :- q(X,Y).\nto(X,Z) :- to(X,Y), q(Y,Z).\n"
    known = explained(rules)
    assert bodies(known["to(1,4)"]) == [["q(1,4)"]]  # not: to(1,1), q(1,4)
    assert bodies(known["to(1,1)"]) == [["to(1,4)", "q(4,1)"]]
    tree = tree_of(["cell(go,1)"], known)
    assert list(tree) == ["cell(go,1)", "to(1,1)", "to(1,4)"]


def test_a_long_chain_is_told_and_rules_without_use_are_not() -> None:
    links = tuple(("q", i, i + 1) for i in range(1100))
    known = explained("n(0).\nn(Y) :- n(X), q(X,Y).\ncell(n,X) :- n(X).\nidle(X) :- p(X).", links)
    assert len(tree_of(["cell(n,1100)"], known)) == 1102
    assert not any(atom.startswith("idle") for atom in known)


def test_a_rule_over_several_lines_is_told_as_written() -> None:
    known = explained(
        '% é\ncell(t,"é") :-\n    p(1),  % why\n    p(4).\n'.replace("% why", "     ")
    )
    assert known['cell(t,"é")'][0].rule == 'cell(t,"é") :- p(1), p(4).'


def test_what_explodes_is_stopped() -> None:
    rules = "cell(all) :- n(A), n(B), n(C), n(D), A+B+C+D < 0.\nn(1..999)."
    mine = Source(path="mine.lp", text=rules)
    with pytest.raises(LimitError, match=r"mine\.lp"):
        derivations(Program(base=BASE, background=(mine,)), FACTS, Limits(cpu_seconds=0.4))


def real_state() -> tuple[Fact, ...]:
    return (
        ("me", 0),
        ("axis", "y"),
        ("seen", 4, 7, -2, -8, 3, 3, 0, 0, 1),
        ("seen", 1, 4, 1, 2, 0, 1, 1, -1, 0),
        ("comes", 3, 136, 8, 25, 4, 20, 190),
    )


def test_the_real_rules_derive_what_they_answer() -> None:
    program, facts = Program.load(), real_state()
    known = derivations(program, facts)
    answer = Solver(program).solve(facts)
    assert {atom for atom in known if term_of(atom) is None} == {*answer.relations}
    assert {term_of(atom) for atom in known} - {None} == {*map(cell_name, answer.cells)}
    (place,) = known["cell(place(4,7),-2,-8,0,0)"]
    assert place.rule.startswith("cell(place(A,B),DA,DC,VA,VC) :- seen(A,B,")
    assert Path(place.where.split(":")[0]).name == "relations.lp"
    assert place.body == (Premise("seen(4,7,-2,-8,3,3,0,0,1)", "given"),)
    (before,) = known["before(4,7)"]
    assert [p.text for p in before.body][1:] == ["-2 < 0", "3 > 0"]


def test_a_background_over_the_real_rules(tmp_path: Path) -> None:
    path = tmp_path / "mine.lp"
    path.write_text("cell(third,Y/70) :- me(I), at(I,Y,_).\n")
    objects = [SymbolicObject(5, 1, 150, 9, 0, 0, 4, 4), SymbolicObject(8, 4, 9, 9, 0, 0, 4, 4)]
    known = derivations(Program.load(path), state_facts(objects, real_state()))
    assert bodies(known["cell(third,2)"]) == [["me(0)", "at(0,150,9)"]]
    assert known["cell(third,2)"][0].where == f"{path}:1:1"


def test_names_in_the_log() -> None:
    assert term_of("cell(place(0,2),-1,4)") == "place(0,2)[-1,4]"
    assert term_of("cell(always)") == "always[]"
    assert term_of('cell("a,b[",x)') == '"a,b["[x]'
    assert term_of("advice(dodge(1),-1,50)") == "advice(dodge(1))[-1,50]"
    assert term_of("near(1,2)") is None
    assert meeting_of("foresight(4)[-3,167]") == Meeting(kind=4, offset=-3, time=167)
    assert meeting_of("foresight(launch)") is None


@pytest.mark.parametrize("fact", [("seen", 1, -2, 0), ("axis", "y"), ("gone",)])
def test_facts_as_text_and_back(fact: Fact) -> None:
    assert fact_of(fact_text(fact)) == fact


@pytest.mark.parametrize("text", ["", "7", "(1,2)", "p(", "p(X)"])
def test_what_is_no_fact(text: str) -> None:
    with pytest.raises(ValueError, match="is no fact"):
        fact_of(text)


@pytest.mark.parametrize("rules", ["", "cell(third,Y/70) :- me(I), at(I,Y,_).\n"])
def test_what_the_learner_says_it_asked_makes_its_answers(tmp_path: Path, rules: str) -> None:
    program = Program.load()
    if rules:
        (tmp_path / "mine.lp").write_text(rules)
        program = Program.load(tmp_path / "mine.lp")
    solver = Solver(program)
    learner = Learner(len(ACTIONS), LearnerConfig(refresh_every=50), solver, seed=0)
    world, pairs = PaddleWorld(0), 0
    play(world, learner, 160)  # until it knows what it controls
    for _ in range(50):
        objects = sorted(world.objects())
        decisions: list[Decision] = []
        play(world, learner, 1, each=decisions.append)
        (decision,) = decisions
        told = [fact_of(text) for text, _ in decision.percepts]
        answer = solver.solve(state_facts(objects, told) if rules else tuple(told))
        assert decision.relations == answer.relations
        parts = [name for name, _ in decision.contributions]
        cells = [n for n in parts if not n.startswith("foresight(") and n != CURIOSITY]
        assert cells == [*map(cell_name, answer.cells)]
        kinds = {o.id: o.kind for o in objects}
        for fact, (_, ids) in zip(told, decision.percepts, strict=True):
            if fact[0] == "seen":
                assert (kinds[ids[0]], kinds[ids[1]]) == fact[1:3]
                pairs += 1
            elif fact[0] == "comes":
                assert kinds[ids[0]] == fact[1]
                assert ids[1] == learner_id(told, objects)
    solver.close()
    assert pairs >= 50


def learner_id(told: list[Fact], objects: list[SymbolicObject]) -> int:
    """The object that ``me(I)`` names by its slot."""
    (slot,) = [int(fact[1]) for fact in told if fact[0] == "me"]
    return objects[slot].id
