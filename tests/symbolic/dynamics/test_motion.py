"""Learned motion on made-up data: what obeys, which actions do the same, how it moves."""

from itertools import product

import numpy as np
import pytest

from symbolic.dynamics.motion import (
    BETWEEN,
    HIGH,
    LOW,
    MIN_SAMPLES,
    REACH,
    MotionModel,
    additive_effects,
    backed_off,
    bin_of_displacement,
    control_share,
    end_of,
    group_actions,
    weighted_median,
)

PADDLE, BALL, WALL = 4, 2, 9
EFFECT = np.array([0, 0, 4, -4, 4, -4])  # of six actions, along x

REST = (0, 0)


def played(steps: int, seed: int = 0, effect: np.ndarray = EFFECT) -> MotionModel:
    """A paddle moved by actions with a drag of the action before, a ball, and a wall."""
    rng = np.random.default_rng(seed)
    model = MotionModel(len(effect))
    speed, ball, before = REST, (2, -3), 0
    for _ in range(steps):
        action = int(rng.integers(len(effect)))
        slip = int(rng.integers(-1, 2))
        moved = (0, effect[action] + int(effect[before] / 2) + slip)
        model.observe(PADDLE, before, action, speed, moved)
        turned = (
            -ball[0] if rng.random() < 0.1 else ball[0],
            -ball[1] if rng.random() < 0.1 else ball[1],
        )
        model.observe(BALL, before, action, ball, turned)
        model.observe(WALL, before, action, REST, REST)
        speed, ball, before = moved, turned, action
    return model


def shares(model: MotionModel) -> dict[tuple[int, int], float]:
    kinds = {int(k): counts for k, counts in model.get_state()["histograms"].items()}
    return {
        (k, axis): control_share(counts[axis, BETWEEN])
        for k, counts in kinds.items()
        for axis in (0, 1)
    }


def test_what_always_moves_alike_obeys_nothing():
    model = MotionModel(2)
    for step in range(2 * MIN_SAMPLES):
        model.observe(BALL, 0, step % 2, (0, 3), (0, 3))
    assert shares(model)[BALL, 1] == 0


def test_what_jumped_a_few_times_by_chance_obeys_nothing():
    model = played(400)
    score = 7
    for step in range(4 * MIN_SAMPLES):
        jumped = step % (2 * MIN_SAMPLES) == 0  # each time the same actions before
        actions = (2, 3) if jumped else (0, 0)
        model.observe(score, *actions, REST, (0, -4 if jumped else 0))
    assert shares(model)[score, 1] == 0
    model.refresh()
    assert (model.controlled, model.axis) == (PADDLE, 1)


def test_what_obeys_stands_out():
    found = shares(played(4000))
    assert found.pop((PADDLE, 1)) > 0.9
    assert max(map(abs, found.values())) < 0.02


def test_no_share_is_given_to_chance_on_average():
    """Without the bias taken out, 36 groups of so few samples would explain about a seventh."""
    found = [shares(played(250, seed))[BALL, 0] for seed in range(20)]
    assert abs(np.mean(found)) < 0.03


def test_too_few_samples_say_nothing():
    assert shares(played(MIN_SAMPLES - 1))[PADDLE, 1] == 0.0
    assert shares(played(MIN_SAMPLES))[PADDLE, 1] > 0.5


def test_the_kind_the_axis_and_the_groups_are_found():
    model = played(2000)
    assert model.controlled is None
    model.refresh()
    assert (model.controlled, model.axis) == (PADDLE, 1)
    assert model.groups.tolist() == [1, 1, 2, 0, 2, 0]


def test_where_nothing_obeys_nothing_is_controlled():
    model = played(2000, effect=np.zeros(6, int))
    model.refresh()
    assert model.controlled is None
    with pytest.raises(ValueError, match="obey"):
        model.chances()


@pytest.mark.parametrize(
    ("effect", "groups"),
    [
        ([0, 6], [0, 1]),
        ([6, 0, 6], [1, 0, 1]),
        ([-8, -4, 0, 4, 8], [0, 1, 2, 3, 4]),
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_actions_of_one_effect_are_one_group(effect, groups):
    rng = np.random.default_rng(1)
    counts = np.zeros((len(effect), len(effect), 2 * REACH + 1))
    before = 0
    for _ in range(1500):
        action = int(rng.integers(len(effect)))
        # The action before moves it more than the action now: that must not tell groups apart.
        moved = effect[action] + 2 * (before == 1) + int(rng.integers(-2, 3))
        counts[before, action, moved + REACH] += 1
        before = action
    assert group_actions(counts[:, None]).tolist() == groups


def test_a_context_met_often_at_a_wall_does_not_tell_equal_actions_apart():
    rng = np.random.default_rng(4)
    effect = np.array([0, -8, -8, 8])
    counts = np.zeros((4, 7, 4, 2 * REACH + 1))
    for before, speed, action in product(range(4), range(7), range(4)):
        for _ in range(12):
            counts[before, speed, action, effect[action] + int(rng.integers(-2, 3)) + REACH] += 1
    # One trajectory again and again: there action 1 is held by a wall, unseen.
    counts[2, 1, 1, REACH] += 1100
    counts[2, 1, 2, REACH - 8] += 900
    assert group_actions(counts).tolist() == [1, 0, 0, 2]


def test_an_effect_that_depends_on_the_speed_does_not_tell_equal_actions_apart():
    counts = np.zeros((3, 7, 3, 2 * REACH + 1))
    for speed, times in product(range(7), (1, 2)):
        # Slow from rest, fast in motion; action 1 is taken in motion more often, 2 at rest.
        step = 2 + 2 * speed
        counts[0, speed, 1, step + REACH] += 3 + 40 * speed * times
        counts[0, speed, 2, step + REACH] += 3 + 40 * (6 - speed) * times
        counts[0, speed, 0, REACH] += 20
    assert group_actions(counts).tolist() == [0, 1, 1]


@pytest.mark.parametrize("seed", range(3))
def test_weighted_median(seed):
    rng = np.random.default_rng(seed)
    values, weights = rng.normal(size=(9, 2)), rng.integers(0, 4, size=(9, 2))
    found = weighted_median(values, weights)
    for column in (0, 1):
        repeated = np.sort(np.repeat(values[:, column], weights[:, column]))
        assert found[column] == repeated[(len(repeated) - 1) // 2]
    assert weighted_median(np.ones((3, 1)), np.zeros((3, 1))).shape == (1,)


def test_jumps_are_no_motion():
    model = MotionModel(2)
    model.observe(PADDLE, 0, 0, REST, (0, REACH))
    model.observe(PADDLE, 0, 0, REST, (REACH + 1, -REACH - 1))
    assert model.get_state()["histograms"][str(PADDLE)].sum() == 2  # one on each axis


def test_chances_sum_to_one_and_tend_to_what_was_seen():
    truth = np.random.default_rng(2).dirichlet(np.ones(7), size=(2, 3, 2))
    for samples, tolerance in ((0, None), (3, None), (20_000, 0.01)):
        chances = backed_off(np.round(samples * truth))
        assert chances.shape == truth.shape
        assert np.allclose(chances.sum(axis=-1), 1)
        if tolerance is not None:
            assert np.abs(chances - truth).max() < tolerance


def test_a_context_never_seen_leans_on_coarser_ones():
    counts = np.zeros((2, 3, 2, 7))
    counts[0, 0, 1, 5] = 100
    chances = backed_off(counts)
    assert chances[0, 0, 1].argmax() == chances[0, 2, 1].argmax() == 5  # another speed
    assert chances[1, 0, 1].argmax() == 5  # another action before
    assert chances[0, 0, 1, 5] > chances[1, 2, 1, 5] > 0.9
    assert chances[0, 0, 0, 3] > 0.9  # this action was never tried: it is thought to rest


def test_chances_by_group_and_the_mean_speed_of_bins():
    model = played(6000)
    model.refresh()
    chances = model.chances()
    assert chances.shape[:2] == (3, 3)
    displacement = np.arange(-REACH, REACH + 1)
    # Group 2 moves by 4, after group 0 by 2 less; seen at the speed that group 0 leaves.
    bin_down = int(bin_of_displacement()[REACH - 4])
    mean = float(chances[BETWEEN, 0, bin_down, 2] @ displacement)
    assert mean == pytest.approx(4 - 2, abs=0.3)
    speeds = model.speed_of_bin()
    assert np.all(np.diff(speeds) > 0)
    assert speeds[len(speeds) // 2] == pytest.approx(0, abs=0.3)


def test_what_starts_at_an_end_is_learned_apart_and_what_is_cut_short_there_not_at_all():
    model = played(2000)
    model.refresh()
    groups, between = model.groups.tolist(), model.chances()[BETWEEN].copy()
    bin_0 = int(bin_of_displacement()[REACH])
    for _ in range(50):
        # Held at the low end, the first step away (action 2, group 2) does not show.
        model.observe(PADDLE, 3, 2, REST, REST, (BETWEEN, LOW), (BETWEEN, LOW))
        model.observe(PADDLE, 3, 2, REST, REST, (BETWEEN, BETWEEN), (BETWEEN, HIGH))
    model.refresh()
    chances = model.chances()
    assert model.groups.tolist() == groups
    assert np.array_equal(chances[BETWEEN], between)
    assert chances[LOW, 0, bin_0, 2, REACH] > 0.9 > 0.5 > chances[HIGH, 0, bin_0, 2, REACH]
    assert np.allclose(chances[HIGH], between)  # nothing known of that end: as between the two


def test_ends_are_a_pixel_wide_and_a_short_range_has_none():
    found = [end_of(place, 20, 60) for place in (19, 20, 21, 22, 58, 59, 60, 61)]
    assert found == [LOW, LOW, LOW, BETWEEN, BETWEEN, HIGH, HIGH, HIGH]
    assert {end_of(place, 20, 28) for place in range(19, 30)} == {BETWEEN}


def test_chances_follow_what_is_seen_later():
    model = played(2000)
    model.refresh()
    before = model.chances()
    for _ in range(400):
        model.observe(PADDLE, 2, 2, (0, 4), (0, 20))
    assert not np.array_equal(model.chances(), before)


def test_a_state_comes_back():
    model, again = played(1500), MotionModel(6)
    model.refresh()
    again.set_state(model.get_state())
    assert (again.controlled, again.axis) == (model.controlled, model.axis)
    assert np.array_equal(again.groups, model.groups)
    assert np.array_equal(again.chances(), model.chances())
    for one in (model, again):
        one.observe(PADDLE, 0, 2, REST, (0, 4))
        one.refresh()
    assert np.array_equal(again.chances(), model.chances())
    assert shares(again) == shares(model)


def test_effects_are_told_from_the_contexts_in_which_a_policy_takes_them():
    # Action 1 only moves by 3, but is mostly taken where everything moves by 10.
    truth_context, truth_effect = np.array([0.0, 10.0]), np.array([-1.5, 1.5])
    mean = truth_context[:, None] + truth_effect
    context, effect = additive_effects(mean, np.array([[90.0, 10.0], [10.0, 90.0]]))
    assert np.allclose(effect, truth_effect, atol=1e-6)
    assert np.allclose(context, truth_context, atol=1e-6)


def test_what_is_seldom_there_does_not_obey():
    """However well the actions tell of it in the few steps in which it is seen."""
    model, rng = played(3_000), np.random.default_rng(1)
    for _ in range(250):
        action = int(rng.integers(len(EFFECT)))
        model.observe(7, 0, action, REST, (0, int(EFFECT[action])))
    assert shares(model)[7, 1] > shares(model)[PADDLE, 1]
    model.refresh()
    assert model.controlled == PADDLE
