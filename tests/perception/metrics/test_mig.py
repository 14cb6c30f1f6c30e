"""How unsure the gap is, and what chance makes of it."""

import numpy as np
import pytest

from perception.metrics import mig, mig_by_chance, mig_interval


def channel(num: int, seed: int, flip: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """A fair bit through a channel that flips it, beside a latent that knows nothing."""
    rng = np.random.default_rng(seed)
    bit = rng.integers(0, 2, num)
    through = bit ^ (rng.random(num) < flip)
    return np.stack([through, rng.integers(0, 2, num)], axis=1).astype(float), bit[:, None]


TRUE = 1 + (0.1 * np.log2(0.1) + 0.9 * np.log2(0.9))  # bits that get through, of 1


def test_the_interval_holds_the_true_gap_as_often_as_it_says() -> None:
    held = []
    for seed in range(60):
        low, high = mig_interval(*channel(500, seed), seed=seed)
        held.append(low <= TRUE <= high)
        assert high - low < 0.25
    assert np.mean(held) > 0.85


def test_the_interval_narrows_as_the_root_of_the_samples() -> None:
    few, many = (np.diff(mig_interval(*channel(num, 1)))[0] for num in (400, 6400))
    assert few / many == pytest.approx(4, rel=0.35)


def test_the_interval_of_what_has_no_doubt_is_narrow() -> None:
    bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 500)
    low, high = mig_interval(bits.astype(float), bits)
    assert 0.98 < low <= mig(bits.astype(float), bits).score <= high < 1.02
    nothing = np.zeros((2000, 2))
    assert mig_interval(nothing, bits) == (0, 0)


def test_chance_tells_much_of_few_samples_and_is_taken_off() -> None:
    rng = np.random.default_rng(3)
    factors = rng.integers(0, (3, 8, 16), (100, 3))
    random = rng.standard_normal((100, 10))
    found = mig_by_chance(random, factors)
    assert found.shares.shape == (10, 3)
    assert found.shares.mean() > 0.2  # of nothing
    assert found.shares[:, 2].mean() > 2 * found.shares[:, 0].mean()  # more values, more chance
    plain = mig(random, factors).score
    assert plain > 0.01
    assert abs(plain - found.score) < 0.03
    perfect = mig_by_chance(factors.astype(float), factors)
    assert mig(factors.astype(float), factors).score < 0.85
    assert perfect.adjusted == pytest.approx(1, abs=0.08)
    assert mig_by_chance(factors.repeat(2, axis=1).astype(float), factors).adjusted == 0


def test_chance_fades_with_samples() -> None:
    """The bias of histograms is about (bins - 1)(values - 1) / 2N nats (Miller 1955)."""
    rng = np.random.default_rng(4)
    factors, codes = rng.integers(0, 8, (4000, 1)), rng.random((4000, 1))
    share = mig_by_chance(codes, factors).shares[0, 0]
    assert share == pytest.approx(19 * 7 / 8000 / np.log(8), rel=0.15)


def test_constants_alone_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        mig_by_chance(np.zeros((50, 2)), np.ones((50, 1), int))
    with pytest.raises(ValueError, match="nothing to measure"):
        mig_interval(np.zeros((50, 2)), np.ones((50, 1), int))
