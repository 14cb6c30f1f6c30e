"""The table learners on hand-made states, and that they learn."""

from dataclasses import replace

import numpy as np
import pytest

from agents.toy_dqn import planes
from agents.toy_tables import (
    LEARNERS,
    Percept,
    TableConfig,
    TableLearner,
    alike,
    near_most,
    nearest_alone,
    train_toy_tables,
)
from agents.toy_values import action_values, model_of, value_iteration
from agents.toy_worlds import SIDE, Policy, ToyObject, ToyState, is_over, move, regular_layout

UP, DOWN, LEFT, RIGHT = range(4)
CROSS, CIRCLE = ToyObject(0, "cross", 3, 4), ToyObject(1, "circle", 3, 2)
BOTH = ToyState((3, 3), (CROSS, CIRCLE))
NEXT_TO = ("place(agent,cross)", (0, 1)), ("place(agent,circle)", (0, -1))


def learner(config: TableConfig) -> TableLearner:
    return TableLearner(config, np.random.default_rng(0))


def after_right(config: TableConfig) -> dict[tuple, np.ndarray]:
    """The tables after the cross on the right was taken once."""
    agent = learner(replace(config, step_size=0.5))
    state, _ = move(BOTH, RIGHT)
    agent.learn(agent.see(BOTH), RIGHT, 1.0, agent.see(state), terminated=False)
    return {cell: weights for cell, weights, _ in agent.tables.items()}


def test_weights() -> None:
    seen = [Percept(i, kind, d, ("t", (i,))) for i, (kind, d) in enumerate(
        [("cross", 1), ("cross", 4), ("circle", 2), ("circle", 2), ("circle", 25)])]  # fmt: skip
    assert alike(seen).tolist() == [1, 1, 1, 1, 1]
    assert near_most(seen).tolist() == [1, 1 / 4, 1 / 2, 1 / 2, 1 / 25]
    assert nearest_alone(seen).tolist() == [1, 0, 1, 1, 0]


def test_percepts_are_relative_and_whole_states_are_not() -> None:
    percepts = learner(LEARNERS["SRL+CS"]).see(BOTH)
    assert [(p.id, p.kind, p.distance2, p.cell) for p in percepts] == [
        (0, "cross", 1, NEXT_TO[0]),
        (1, "circle", 1, NEXT_TO[1]),
    ]
    moved = ToyState((0, 0), (ToyObject(0, "cross", 0, 1), ToyObject(1, "circle", 5, 5)))
    whole, objects = learner(LEARNERS["tabular Q"]), learner(LEARNERS["DSRL"])
    assert objects.see(moved)[0].cell == objects.see(BOTH)[0].cell
    assert whole.see(moved) != whole.see(BOTH) and len(whole.see(BOTH)) == 1


def test_the_reward_is_credited_to_the_object_met_or_to_all() -> None:
    for name, expected in (("SRL+CS", 0.0), ("DSRL", 0.5)):
        tables = after_right(LEARNERS[name])
        assert tables[NEXT_TO[0]].tolist() == [0, 0, 0, 0.5]
        assert tables[NEXT_TO[1]].tolist() == [0, 0, 0, expected]


def test_each_table_looks_ahead_by_itself_until_the_end() -> None:
    """Target 0.9 x the best entry where the object will be; nothing once the episode is over."""
    for terminated, expected in ((False, 0.45), (True, 0.0)):
        agent = learner(replace(LEARNERS["SRL+CS"], step_size=0.5))
        near, far = agent.see(BOTH), agent.see(ToyState((3, 2), (CROSS,)))
        agent.learn(near, RIGHT, 1.0, [], terminated=True)
        agent.learn(near, RIGHT, 1.0, [], terminated=True)  # 0.75
        agent.tables.weights[agent.tables.rows([NEXT_TO[0]]), RIGHT] = 1.0
        agent.learn(far, RIGHT, 0.0, near, terminated=terminated)
        row = agent.tables.rows([("place(agent,cross)", (0, 2))])
        assert agent.tables.weights[row, RIGHT] == pytest.approx(expected)


def test_ties_are_broken_at_random_and_exploring_tries_everything() -> None:
    agent = learner(LEARNERS["SRL+CS"])
    assert {agent.act(agent.see(BOTH)) for _ in range(100)} == {UP, DOWN, LEFT, RIGHT}
    agent.tables.weights[agent.tables.rows([NEXT_TO[0]]), RIGHT] = 1.0
    assert {agent.act(agent.see(BOTH)) for _ in range(100)} == {RIGHT}
    explored = [agent.act(agent.see(BOTH), explore=True) for _ in range(400)]
    assert set(explored) == {UP, DOWN, LEFT, RIGHT} and explored.count(RIGHT) > 300


def trained(name: str, seed: int = 0, steps: int = 3_000) -> TableLearner:
    def ignore(step: int, policy: Policy) -> None: ...

    env_id = "DSRL/CrossCircleGrid-v0"
    return train_toy_tables(LEARNERS[name], env_id, steps, seed, ignore)


def test_srl_cs_learns_to_take_crosses_alone() -> None:
    agent, state, taken = trained("SRL+CS"), regular_layout(2), []
    for _ in range(100):
        state, kind = move(state, agent.act(agent.see(state)))
        taken += [kind] if kind else []
        if is_over(state):
            break
    assert taken and set(taken) == {"cross"}


def test_whole_state_q_learning_reaches_the_values_of_value_iteration() -> None:
    """On one cross and one circle, where every state can be visited often."""
    agent, discount = learner(LEARNERS["tabular Q"]), LEARNERS["tabular Q"].discount
    start, rng = ToyState((0, 0), (CROSS, CIRCLE)), np.random.default_rng(0)
    for _ in range(150):
        state = start._replace(agent=(int(rng.integers(SIDE)), 3))
        while not is_over(state):
            action = int(rng.integers(4))
            after, taken = move(state, action)
            reward = {"cross": 1.0, "circle": -1.0}[taken] if taken else 0.0
            agent.learn(agent.see(state), action, reward, agent.see(after), is_over(after))
            state = after
    model = model_of(start)
    q = action_values(model, value_iteration(model, discount), discount)
    for place in ((3, 3), (2, 3), (3, 1), (5, 5)):
        expected = q[:, 3, place[0] * SIDE + place[1]]
        values = agent.values(agent.see(start._replace(agent=place)))
        np.testing.assert_allclose(values, expected, atol=1e-3)


def test_the_same_seed_learns_the_same() -> None:
    first, same, other = (trained("DSRL", seed, 300).tables for seed in (0, 0, 1))
    assert np.array_equal(first.weights, same.weights)
    assert not np.array_equal(first.weights, other.weights)


def test_planes_show_every_kind_in_its_place() -> None:
    shown = planes(BOTH).reshape(3, SIDE, SIDE)
    assert np.argwhere(shown).tolist() == [[0, 3, 3], [1, 3, 4], [2, 3, 2]]
