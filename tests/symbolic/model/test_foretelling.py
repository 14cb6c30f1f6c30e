import numpy as np

from symbolic.model.foretelling import Foretelling, open_loop
from symbolic.model.laws import ADDED, REFLECTED, Forest, Laws, no_laws
from symbolic.model.memory import Memory
from symbolic.model.printing import rules_of
from symbolic.model.trees import VALUES, Tree


def law_of_a_ball() -> Laws:
    """Kind 0 goes on, and turns back where next_x (feature 3) is above 100; that earns a point."""
    value = np.zeros((3, VALUES))
    value[1, :5], value[2, :5] = (ADDED, 40, 0, 0, 1), (REFLECTED, 9, 0, 0, 1)
    i = np.array
    tree = Tree(i([3, -1, -1]), i([100.0, 0, 0]), i([1, 0, 0]), i([2, 0, 0]), value)
    still = Tree(i([-1]), i([0.0]), i([0]), i([0]), np.eye(1, VALUES, 4))
    forest = Forest()
    y, x = forest.add(still), forest.add(tree)
    motion = i([[y, x]])
    return no_laws(1, 1)._replace(**forest.arrays(), motion=motion, moves=i([1]))


def scene(x: float, v: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[0, 50, x, 0, v, 4, 4, 1, 5.0]]), np.array([7])


def test_flips_and_rewards_are_counted_as_foretold_false_and_missed() -> None:
    told, laws = Foretelling(), law_of_a_ball()
    told.add(scene(98, 5), scene(93, -5), (0, 0), 0.0, laws)  # foretold
    told.add(scene(50, 5), scene(45, -5), (0, 0), 1.0, laws)  # came unforeseen
    told.add(scene(98, 5), scene(103, 5), (0, 0), 0.0, laws)  # foreseen, did not come
    told.add(scene(50, 5), scene(55, 5), (0, 0), 0.0, laws)
    told.add(scene(50, 5), None, (0, 0), 0.0, laws)
    counts = told.counts
    assert (counts["places"], counts["places_right"]) == (4, 2)
    assert (counts["flips"], counts["flips_foretold"], counts["flips_false"]) == (2, 1, 1)
    assert (counts["changes"], counts["changes_right"], counts["changes_false"]) == (2, 1, 1)
    assert (counts["rewards"], counts["rewards_foretold"], counts["rewards_false"]) == (1, 0, 0)


def test_open_loop_errors_are_nought_for_the_true_law_and_grow_for_a_false_one() -> None:
    memory, x, v = Memory(500), 0.0, 5.0
    laws = law_of_a_ball()
    for _ in range(300):
        now = scene(x, v)
        v = -v if x + v > 100 or x + v < 0 else v
        x += v
        memory.add(now[0], np.array([0]), 0, 0, 0.0, False)
    told = memory.episodes(scene(x, v)[0])
    errors = open_loop(told, laws, 50, np.random.default_rng(0))
    assert set(errors) == {(0, h) for h in (10, 20, 40, 60)}
    assert min(errors[0, 10]) == 0 < max(errors[0, 10])  # of the wall at 0 it knows nothing
    assert np.mean(errors[0, 10]) < np.mean(errors[0, 60])


def test_laws_are_read_as_rules() -> None:
    lines = rules_of(law_of_a_ball())
    assert "kind 0: vx' = -vx 100% if next_x > 100  [9]" in lines
    assert "kind 0: vx' = vx 100% if next_x <= 100  [40]" in lines
    assert "kind 0: vy' = vy 100% if true  [0]" in lines
