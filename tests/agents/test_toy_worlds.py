"""The toy worlds: rules, layouts, pictures, and what gymnasium asks of an environment."""

from collections import Counter

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from agents.toy_pictures import COLOURS, GROUND, TILE, draw, sprite
from agents.toy_worlds import (
    IDS,
    MAX_STEPS,
    OBJECTS,
    SIDE,
    START,
    CrossCircleEnv,
    ToyObject,
    ToyState,
    is_over,
    move,
    random_layout,
    regular_layout,
    state_of,
)

UP, DOWN, LEFT, RIGHT = range(4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("env_id", IDS.values())
def test_gymnasium_finds_no_fault(env_id: str) -> None:
    check_env(gymnasium.make(env_id, render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize(
    ("agent", "action", "to"),
    [
        ((1, 1), UP, (0, 1)), ((1, 1), DOWN, (2, 1)), ((1, 1), LEFT, (1, 0)),
        ((1, 1), RIGHT, (1, 2)), ((0, 0), UP, (0, 0)), ((0, 0), LEFT, (0, 0)),
        ((6, 6), DOWN, (6, 6)), ((6, 6), RIGHT, (6, 6)),
    ],
)  # fmt: skip
def test_moves_one_cell_and_stays_at_walls(
    agent: tuple[int, int], action: int, to: tuple[int, int]
) -> None:
    assert move(ToyState(agent, ()), action) == (ToyState(to, ()), None)


def test_what_is_stepped_on_is_taken() -> None:
    cross, circle = ToyObject(0, "cross", 0, 1), ToyObject(1, "circle", 0, 2)
    state, taken = move(ToyState((0, 0), (cross, circle)), RIGHT)
    assert (state, taken) == (ToyState((0, 1), (circle,)), "cross")
    assert is_over(state)  # circles may stay
    state, taken = move(state, RIGHT)
    assert (state, taken) == (ToyState((0, 2), ()), "circle")
    assert not is_over(ToyState((0, 0), (cross,)))


@pytest.mark.parametrize("kinds", [1, 2])
def test_layouts_hold_as_many_objects_of_each_kind(kinds: int) -> None:
    crosses = OBJECTS // kinds
    for state in (regular_layout(kinds), random_layout(kinds, np.random.default_rng(0))):
        count = Counter(o.kind for o in state.objects)
        assert (count["cross"], count["circle"]) == (crosses, OBJECTS - crosses)
        places = {(o.row, o.column) for o in state.objects} | {state.agent}
        assert len(places) == OBJECTS + 1 and state.agent == START
        assert all(0 <= row < SIDE and 0 <= column < SIDE for row, column in places)


def test_neighbours_in_the_regular_layout_are_of_different_kinds() -> None:
    kind = {(o.row, o.column): o.kind for o in regular_layout(2).objects}
    assert all(kind.get((row, column + 2), "none") != kind[row, column] for row, column in kind)


def test_an_episode_is_the_functions_with_pictures_and_rewards() -> None:
    env = CrossCircleEnv(kinds=2, layout="random")
    _, info = env.reset(seed=3)
    state, rng, seen = state_of(info), np.random.default_rng(0), Counter()
    for _ in range(200):
        action = int(rng.integers(4))
        state, taken = move(state, action)
        frame, reward, terminated, truncated, info = env.step(action)
        assert state_of(info) == state and info["taken"] == (taken or "")
        assert reward == {None: 0.0, "cross": 1.0, "circle": -1.0}[taken]
        assert terminated == is_over(state) and not truncated
        shapes = [(o.kind, o.row, o.column) for o in state.objects]
        assert np.array_equal(frame, draw([*shapes, ("agent", *state.agent)], SIDE))
        seen[taken] += 1
    assert seen["cross"] and seen["circle"]


def test_random_layouts_change_and_come_back_with_the_seed() -> None:
    env = CrossCircleEnv()
    first, second, again = (env.reset(seed=seed)[1]["objects"] for seed in (1, None, 1))
    assert first == again and first != second
    regular = CrossCircleEnv(layout="regular")
    assert regular.reset(seed=1)[1]["objects"] == regular.reset()[1]["objects"]


def test_registered_worlds_stop_in_time() -> None:
    env = gymnasium.make("DSRL/CrossCircleGrid-v0")
    env.reset(seed=0)
    stops = [env.step(UP)[3] for _ in range(MAX_STEPS)]
    assert stops == [False] * (MAX_STEPS - 1) + [True]


def test_shapes_and_colours_tell_kinds_apart_and_neighbours_do_not_touch() -> None:
    masks = {kind: (sprite(kind) != GROUND).any(axis=2) for kind in COLOURS}
    for kind, mask in masks.items():
        assert np.array_equal(np.unique(sprite(kind)[mask], axis=0), [COLOURS[kind]])
        assert mask.sum() > 20
        assert not mask[:2].any() and not mask[:, :2].any()
        assert not mask[-2:].any() and not mask[:, -2:].any()
        for other in set(masks) - {kind}:
            assert (mask != masks[other]).mean() > 0.1
    picture = draw([("cross", 1, 2)], SIDE)
    assert np.array_equal(picture[TILE : 2 * TILE, 2 * TILE : 3 * TILE], sprite("cross"))
    assert picture.shape == (SIDE * TILE, SIDE * TILE, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"kinds": 3}, "kinds must be 1"), ({"layout": "round"}, "layout must be one of")],
)
def test_unknown_worlds_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CrossCircleEnv(**arguments)


def test_an_unknown_action_is_refused() -> None:
    env = CrossCircleEnv()
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"action must be in 0\.\.3"):
        env.step(4)
