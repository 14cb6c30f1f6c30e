"""Laws as a program for clingo, beside compiled imagination."""

import re

import numpy as np
import pytest
from drawn_laws import ACTIONS, KINDS, random_laws, random_scene

from symbolic.facts import fact_of
from symbolic.model.features import motion_names, place_names, scene_names
from symbolic.model.laws import ADDED, REFLECTED, SET, Forest, Laws, looking, no_laws
from symbolic.model.next_state import NextState, likeliest, state_facts
from symbolic.model.program import constants_of, program_of
from symbolic.model.relations import OBSERVED
from symbolic.model.rounding import below, grains, in_order, rounded, units
from symbolic.model.trees import OUTCOMES, VALUES, Tree
from symbolic.rules import lint
from symbolic.rules.compiled import compile_sources
from symbolic.rules.grounder import Grounder
from symbolic.rules.syntax import Source, blank_out

NAMES = ("UP", "DOWN", "FIRE LEFT", "NOOP")
Case = tuple[np.ndarray, int, int]


def answers(program: str, cases: list[Case]) -> list[NextState]:
    """What clingo says, once the project's own checks of a user's rules found nothing."""
    clean, includes = blank_out("laws.lp", program)
    assert not includes
    base = Source(path=str(OBSERVED), text=OBSERVED.read_text())
    compiled = compile_sources(base, [Source(path="laws.lp", text=clean)])
    assert list(lint.mistakes(compiled, {})) == []
    found = Grounder(compiled).many([state_facts(*case) for case in cases])
    return [NextState(tuple(sorted(map(fact_of, each.relations)))) for each in found]


def in_steps(laws: Laws, rng: np.random.Generator) -> Laws:
    """With outcomes of no whole pixels, and thresholds at what is often met."""
    value, steps = laws.value.copy(), rng.choice([0.125, 0.5, 1.0])
    value[:, OUTCOMES] += rng.normal(scale=0.4, size=len(value))
    told = laws.threshold + rng.choice([0.0, 1.0], len(value)) * -laws.threshold * 0.8
    return laws._replace(value=value, threshold=np.round(told / steps) * steps)


def on_a_grid(scene: np.ndarray) -> np.ndarray:
    """The same things where many are equally near, or lie within each other."""
    scene = scene.copy()
    scene[:, 1:3] = scene[:, 1:3] // 10 * 2 + 40
    scene[:, 5:7] = 2 + scene[:, 5:7] // 10 * 4
    return scene


@pytest.mark.parametrize("seed", range(40))
def test_clingo_answers_as_compiled_laws_do(seed: int) -> None:
    rng = np.random.default_rng([seed, 1])
    laws = random_laws(rng)
    if seed % 2:
        laws = in_steps(laws, rng)
    if seed % 5 == 3:
        laws = looking(laws._replace(obeys=np.array([1, 0, 1]), moves=np.array([1, 0, 1])))
    if seed % 5 == 4:
        laws = looking(laws._replace(obeys=np.zeros(KINDS, np.int64)))
    cases = []
    for number in range(50):
        scene = random_scene(rng)
        scene = on_a_grid(scene) if number % 2 else scene
        cases.append((scene, int(rng.integers(ACTIONS)), int(rng.integers(-1, ACTIONS))))
    cases.append((np.zeros((0, 9)), 0, -1))
    found = answers(program_of(laws, NAMES), cases)
    assert found == [likeliest(*case, rounded(laws)) for case in cases]


def tree(node: list[tuple[int, float, int, int]], leaves: dict[int, tuple[float, ...]]) -> Tree:
    """Of inner nodes (feature, threshold, left, right), and leaves (coding, samples, outcome)."""
    many = len(node)
    feature, threshold, left, right = (np.array(column) for column in zip(*node, strict=True))
    value = np.zeros((many, VALUES))
    for at, (coding, samples, outcome) in leaves.items():
        value[at, [0, 1, OUTCOMES, OUTCOMES + 1]] = coding, samples, outcome, 1.0
    return Tree(feature, threshold.astype(float), left, right, value)


def hand_made() -> Laws:
    """Kind 0 obeys: down by 3 with action 1, else it stands; kind 1 bounces off it; kind 2 is
    taken by kind 1, for a reward of 2.5."""
    leaf = (-1, 0.0, 0, 0)
    motion, place = motion_names(3, 2), place_names(3)
    scene, forest = scene_names(3, 2), Forest()
    steered = tree(
        [(motion.index("action1"), 0.5, 1, 2), leaf, leaf], {1: (SET, 40, 0), 2: (SET, 30, 3)}
    )
    stands = tree([leaf], {0: (SET, 70, 0)})
    bounces = tree(
        [(motion.index("next_gap_x(kind0)"), 0.25, 1, 4),
         (motion.index("next_gap_y(kind0)"), 1.0, 2, 3), leaf, leaf, leaf],
        {2: (REFLECTED, 9, 0), 3: (ADDED, 5, 0), 4: (ADDED, 500, 0)},
    )  # fmt: skip
    goes_on = tree([leaf], {0: (ADDED, 514, 0)})
    taken = tree(
        [(place.index("gap_y(kind1)"), 0.5, 1, 2), leaf, leaf], {1: (0, 8, 0), 2: (0, 9, 0)}
    )
    gained = tree(
        [(scene.index("count(kind2)"), 0.5, 1, 2), leaf, leaf], {1: (0, 6, 0), 2: (0, 3, 0)}
    )
    roots = [[forest.add(steered), forest.add(stands)], [forest.add(goes_on), forest.add(bounces)]]
    survival = forest.add(taken, np.array([0, 0.02, 0.99]))
    reward = forest.add(gained, np.array([0, 0.0, 2.5]))
    return looking(no_laws(3, 2)._replace(
        **forest.arrays(), motion=np.array([*roots, [-1, -1]]),
        survival=np.array([-1, -1, survival]), reward=reward, obeys=np.array([1, 0, 0]),
        moves=np.array([1, 1, 0]), bounds=np.array([0.0, 100, 0, 100]),
    ))  # fmt: skip


SCENE = np.array([
    [0, 50, 10, 0, 0, 16, 4, 1, 9], [1, 56, 17, 1, -4, 2, 2, 1, 9], [2, 58, 25, 0, 0, 2, 2, 1, 9],
], float)  # fmt: skip


def test_hand_made_laws_say_what_was_meant() -> None:
    (found,) = answers(program_of(hand_made(), ("STAY", "DOWN")), [(SCENE, 1, 0)])
    assert set(found.atoms) == {
        ("then_at", 0, 53_000, 10_000), ("then_velocity", 0, 3_000, 0),
        ("then_at", 1, 57_000, 21_000), ("then_velocity", 1, 1_000, 4_000),
        ("then_at", 2, 58_000, 25_000), ("then_velocity", 2, 0, 0),
        ("gone", 2), ("reward", 2_500), ("end", 0),
    }  # fmt: skip
    assert found == likeliest(SCENE, 1, 0, hand_made())


def test_a_law_reads_as_it_was_meant() -> None:
    text = program_of(hand_made(), ("STAY", "DOWN"))
    for line in (
        "first_then_vy(I,3000) :- object(I,0), action(down).  % 30",
        "then_vx(I,-VX) :- object(I,1), vx(I,VX), next_gap_x(I,0,NGX0), NGX0 <= 250,\n"
        "    next_gap_y(I,0,NGY0), NGY0 <= 1000.  % 9",
        "stays(I,20) :- object(I,2), at_stake(I), then_gap_y(I,1,TGY1), TGY1 <= 500.  % 8",
        "reward(2500) :- count(2,COUNT2), COUNT2 > 0.  % 3",
    ):
        assert f"\n{line}\n" in text
    assert max(map(len, text.splitlines())) <= 100


def test_only_relations_that_are_asked_for_are_written() -> None:
    text = program_of(hand_made(), ("STAY", "DOWN"))
    for unasked in ("next_dy(", "nearest_vy(", "gap_x(I,K", "top(", "between(", "looks_at_any("):
        assert not re.search(rf"^{re.escape(unasked)}", text, re.MULTILINE), unasked
    nothing = program_of(no_laws(2, 2), ("STAY", "DOWN"))
    assert "nearest" not in nothing
    (found,) = answers(nothing, [(SCENE[:2], 0, -1)])
    assert ("then_at", 1, 56_000, 17_000) in found.atoms


def test_laws_of_one_kind_leave_all_others_as_they_go() -> None:
    text = program_of(hand_made(), ("STAY", "DOWN"), kind=0)
    (found,) = answers(text, [(SCENE, 1, 0)])
    assert ("then_at", 0, 53_000, 10_000) in found.atoms
    assert ("then_velocity", 1, 1_000, -4_000) in found.atoms
    assert "gap_x" not in text


def test_names_of_actions_become_constants_and_nothing_else() -> None:
    names = ("UP", "up", "far", 'x). #script(python) "', "", "UPRIGHT", "not", "_a", "Åå", "a__")
    assert constants_of(names) == ["up", "1", "2", "3", "4", "upright", "6", "7", "8", "9"]
    laws = no_laws(1, len(names))
    assert "script" not in program_of(laws, names)


def test_numbers_keep_their_order() -> None:
    order = in_order([0.0004, 0.0, 0.0001, -3.0, 0.0004, 2.0])
    assert list(order.values()) == [-3000, 0, 1, 2, 2000]
    assert [below(at, 1000) for at in (12.5, 12.50049, -0.5001, -4.0)] == [
        12500,
        12500,
        -501,
        -4000,
    ]
    assert grains(np.array([0.06, 0.0625, -0.0625, 5 - 0.0625])).tolist() == [0, 0.125, 0, 5]
    assert units(-0.0005) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e7])
def test_what_is_no_number_of_clingos_is_refused(value: float) -> None:
    laws = hand_made()
    broken = laws._replace(threshold=np.where(laws.threshold != 0, value, 0.0))
    with pytest.raises(ValueError, match=r"whole numbers|clingo counts to"):
        program_of(broken, ("STAY", "DOWN"))
