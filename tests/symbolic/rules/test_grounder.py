"""What is grounded: how much, in what order, remembered for how long."""

import random

import pytest

from symbolic import Program, Solver, SymbolicObject, state_facts
from symbolic.rules.compiled import compile_sources
from symbolic.rules.grounder import Grounder

pytestmark = pytest.mark.usefixtures("small_relations")


def random_facts(seed, count=5):
    rng = random.Random(seed)
    objects = [
        SymbolicObject(
            i, i % 3, rng.randrange(210), rng.randrange(160), rng.randrange(-3, 4), 1, 4, 4
        )
        for i in range(count)
    ]
    return state_facts(objects, [("controlled", 0), ("range", 1, 0, 209, 0, 159)])


def atoms(count):
    """All atoms that depend on one state of so many objects."""
    facts = random_facts(0, count)
    grounder = Grounder(compile_sources(Program.load().base))
    grounder.one(facts)
    (used,) = grounder._grounds.values()
    unused = grounder._start(grounder._given([facts]), many=False)
    return len(used.control.symbolic_atoms) - len(unused.control.symbolic_atoms)


def test_atoms_grow_linearly_with_objects():
    few, some, many = atoms(20), atoms(40), atoms(80)
    assert many - some <= 2.2 * (some - few)
    assert many < 12 * 80 + 150


def test_the_order_of_facts_does_not_matter():
    facts = list(random_facts(1))
    answer = Solver(Program.load()).solve(tuple(facts))
    assert answer.cells
    random.Random(2).shuffle(facts)
    assert Solver(Program.load()).solve(tuple(facts)) == answer


def test_a_fresh_control_answers_as_a_used_one():
    used = Grounder(compile_sources(Program.load().base), states_per_control=7)
    for seed in range(20):
        fresh = Grounder(compile_sources(Program.load().base))
        assert used.one(random_facts(seed)) == fresh.one(random_facts(seed))


def test_leaving_rules_out_changes_no_answer():
    """Whatever facts there are: rules that cannot fire or serve nothing are not missed."""
    whole = Grounder(compile_sources(Program.load().base, keep="all"))
    trimmed = Grounder(compile_sources(Program.load().base))
    facts = (*random_facts(1, 9), ("strike", 1, 30, 2), ("strike", 2, 3, 1))
    names = sorted({str(fact[0]) for fact in facts})
    draw = random.Random(5)
    told = 0
    for _ in range(40):
        chosen = set(draw.sample(names, draw.randint(1, len(names))))
        some = tuple(f for f in facts if f[0] in chosen and draw.random() < 0.8)
        answer = trimmed.one(some)
        assert answer == whole.one(some) == trimmed.many([some, ()])[0]
        told += len(answer.cells)
    assert told > 0


def test_memory_is_bounded_and_forgets_the_least_recent(monkeypatch):
    solver = Solver(Program.load(), memory=3)
    asked = []
    ask = solver._ask
    monkeypatch.setattr(solver, "_ask", lambda states: asked.extend(states) or ask(states))
    a, b, c, d = (random_facts(seed) for seed in range(4))
    for facts in (a, b, c, a, d, a, b):
        solver.solve(facts)
    assert asked == [a, b, c, d, b]  # d pushed b out, since a was asked again
    assert len(solver) == 3


def test_a_batch_larger_than_memory_is_answered():
    states = [random_facts(seed) for seed in range(8)]
    solver = Solver(Program.load(), memory=2)
    assert solver.solve_batch(states + states) == Solver(Program.load()).solve_batch(states) * 2
    assert len(solver) == 2


def test_an_empty_batch_and_an_empty_state():
    solver = Solver(Program.load())
    assert solver.solve_batch([]) == []
    assert solver.solve(()) == ((), ())


@pytest.mark.parametrize("fact", [("objct", 1, 2), ("object", 1), ("cell", 1)])
def test_undeclared_facts_are_refused(fact):
    with pytest.raises(ValueError, match=rf"{fact[0]}/{len(fact) - 1}"):
        Solver(Program.load()).solve((fact,))


def test_after_a_refused_fact_the_next_state_is_answered_as_ever():
    solver, facts = Solver(Program.load()), random_facts(3)
    with pytest.raises(ValueError):
        solver.solve((("at", 0, 1, 1), ("objct", 1)))
    assert solver.solve(facts) == Solver(Program.load()).solve(facts)


def test_positions_off_the_screen_are_clipped_and_slots_replace_ids():
    far = SymbolicObject(987654, 3, -20, 9999, 500, -500, 4, 700)
    assert state_facts([far]) == (
        ("object", 0, 3),
        ("at", 0, 0, 255),
        ("velocity", 0, 64, -64),
        ("size", 0, 4, 255),
    )
