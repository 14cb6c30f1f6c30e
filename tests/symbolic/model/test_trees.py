import numpy as np

from symbolic.model.trees import grow, leaf_of

PRICES = {"split_nats": 5.0, "outcome_nats": 2.0}


def told(tree: object, row: np.ndarray) -> tuple[int, float, float]:
    """Coding, commonest outcome and its share of the leaf of a row."""
    leaf = tree.value[leaf_of(row, *tree[:4], 0)]  # type: ignore[attr-defined,index]
    return int(leaf[0]), float(leaf[3]), float(leaf[4])


def test_a_reflection_is_one_leaf_in_its_coding() -> None:
    """Below 50 all goes on; above it velocities of every size turn round."""
    rng = np.random.default_rng(0)
    place, v = rng.uniform(0, 100, 400), rng.integers(-6, 7, 400).astype(float)
    after = np.where(place > 50, -v, v)
    features = np.stack([rng.random(400), place], axis=1)
    outcomes = np.stack([after - v, after, after + v], axis=1)
    tree = grow(features, outcomes, coding_nats=(0.0, 1.0, 1.0), **PRICES)
    assert len(tree.feature) == 3 and tree.feature[0] == 1
    assert abs(tree.threshold[0] - 50) < 1
    assert told(tree, np.array([0.5, 10.0])) == (0, 0.0, 1.0)
    assert told(tree, np.array([0.5, 90.0])) == (2, 0.0, 1.0)


def test_chance_is_not_split_and_its_shares_are_kept() -> None:
    rng = np.random.default_rng(1)
    outcomes = rng.choice([-3.0, 3.0], 300, p=[0.3, 0.7])[:, None]
    tree = grow(rng.random((300, 5)), outcomes, coding_nats=(0.0,), split_nats=12.0, outcome_nats=2)
    assert len(tree.feature) == 1
    assert tree.value[0, 3] == 3.0  # never the mean of the two
    assert abs(tree.value[0, 4] - (outcomes == 3).mean()) < 1e-9


def test_leaves_are_counted_from_everything() -> None:
    x = np.array([[0.0]] * 50 + [[1.0]] * 50)
    y = np.array([[0.0]] * 50 + [[4.0]] * 50)
    whole = np.concatenate([x, [[1.0]] * 150]), np.concatenate([y, [[0.0]] * 150])
    tree = grow(x, y, everything=whole, coding_nats=(0.0,), **PRICES)
    coding, most, share = told(tree, np.array([1.0]))
    assert (coding, most, share) == (0, 0.0, 0.75)


def test_as_a_plain_search_over_all_splits_says() -> None:
    """The first split of drawn data is the one that an exhaustive search finds."""

    def code(y: np.ndarray) -> float:
        _, c = np.unique(y, return_counts=True)
        return float(len(y) * np.log(len(y)) - (c * np.log(c)).sum() + 2.0 * len(c))

    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.integers(0, 12, (60, 3)).astype(float)
        y = ((x[:, seed % 3] > 5) * 2.0 + (rng.random(60) < 0.1))[:, None]
        best = min(
            (code(y[x[:, f] <= t]) + code(y[x[:, f] > t]), f, t)
            for f in range(3)
            for t in np.arange(0.5, 11)
            if 2 <= (x[:, f] <= t).sum() <= 58
        )
        tree = grow(x, y, coding_nats=(0.0,), **PRICES)
        f, t = tree.feature[0], tree.threshold[0]
        found = code(y[x[:, f] <= t]) + code(y[x[:, f] > t])
        assert abs(found - best[0]) < 1e-9


def test_what_scatters_is_normal_and_what_is_one_of_two_is_not() -> None:
    """On the left a thing lands within some pixels of 20, on the right at 10 or 30."""
    rng = np.random.default_rng(2)
    x = rng.random((600, 2))
    scattered = rng.normal(20, 5, 600).round()
    y = np.where(x[:, 0] < 0.5, scattered, rng.choice([10.0, 30.0], 600))[:, None]
    tree = grow(x, y, coding_nats=(0.0,), smooth=1, **PRICES)
    assert len(tree.feature) == 3 and abs(tree.threshold[0] - 0.5) < 0.05
    left = tree.value[leaf_of(np.array([0.2, 0.5]), *tree[:4], 0)]
    assert abs(left[2] - 5) < 1 and abs(left[3] - 20) < 1 and left[4] == 2 / 3
    points, shares = left[3::2], left[4::2]
    assert abs(shares @ points - left[3]) < 1e-9
    assert abs(np.sqrt(shares @ (points - left[3]) ** 2) - left[2]) < 1e-9
    right = tree.value[leaf_of(np.array([0.8, 0.5]), *tree[:4], 0)]
    assert right[2] == 0 and {right[3], right[5]} == {10.0, 30.0}
