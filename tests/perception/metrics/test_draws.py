"""The scores of FactorVAE and of the beta-VAE, by draws of one's own or from a table."""

import numpy as np
import pytest

from perception.metrics import (
    batches_given,
    batches_of,
    beta_vae,
    factor_vae,
    pairs_given,
    pairs_of,
)

RNG = np.random.default_rng(0)
FACTORS = RNG.integers(0, (4, 8, 16), (4000, 3))
PERFECT = FACTORS * [2.0, -1.0, 0.5]
NOISE = RNG.standard_normal((4000, 3))


def factor_vae_of(codes: np.ndarray, factors: np.ndarray = FACTORS, least: float = 0.05):
    draws = batches_of(codes, factors, 900, np.random.default_rng(1), 32)
    return factor_vae(codes.std(axis=0, ddof=1), *draws.split(600), least)


def beta_vae_of(codes: np.ndarray, factors: np.ndarray = FACTORS) -> float:
    return beta_vae(*pairs_of(codes, factors, 900, np.random.default_rng(1), 32).split(600))


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_a_latent_for_each_factor_is_perfect(order: list[int]) -> None:
    found = factor_vae_of(PERFECT[:, order])
    assert found.score == 1
    assert (found.votes > 0).tolist() == np.eye(3, dtype=bool)[:, order].tolist()
    assert beta_vae_of(PERFECT[:, order]) == 1


def test_what_knows_nothing_guesses() -> None:
    """One of three factors."""
    assert factor_vae_of(NOISE).score == pytest.approx(1 / 3, abs=0.07)
    assert beta_vae_of(NOISE) == pytest.approx(1 / 3, abs=0.07)


def test_constant_codes() -> None:
    nothing = np.zeros((4000, 3))
    found = factor_vae_of(nothing, least=0.0)
    assert (found.score, found.active.any()) == (0, False)
    assert beta_vae_of(nothing) == pytest.approx(1 / 3, abs=0.07)
    beside = factor_vae_of(np.concatenate([PERFECT, nothing], axis=1), least=0.0)
    assert beside.score == 1  # a constant takes no part, though its variance is least
    assert beside.active.tolist() == [True] * 3 + [False] * 3


def test_latents_that_mix_two_factors_each_cost_the_one_score_and_not_the_other() -> None:
    """Which is what is known to be wrong with the beta-VAE's (Kim and Mnih 2018, section 3)."""
    unit = (FACTORS - FACTORS.mean(axis=0)) / FACTORS.std(axis=0)
    sums = unit @ np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    assert factor_vae_of(sums).score < 0.6
    assert beta_vae_of(sums) > 0.9


def test_rows_of_a_table_share_the_fixed_factor_and_nothing_else() -> None:
    batches = batches_of(PERFECT, FACTORS, 300, np.random.default_rng(2))
    pairs = pairs_of(PERFECT, FACTORS, 300, np.random.default_rng(2))
    assert batches.rows.shape == (300, 64)
    assert pairs.rows.shape == (300, 2, 64)
    assert np.bincount(batches.fixed).min() > 70
    for fixed, rows in zip(batches.fixed, batches.rows, strict=True):
        spread = [len(np.unique(FACTORS[rows, f])) for f in range(3)]
        assert spread[fixed] == 1
        assert min(spread[:fixed] + spread[fixed + 1 :]) > 1
    for fixed, (one, other) in zip(pairs.fixed, pairs.rows, strict=True):
        same = (FACTORS[one] == FACTORS[other]).mean(axis=0)
        assert same[fixed] == 1
        assert np.delete(same, fixed).max() < 0.7
    drawn = np.bincount(FACTORS[batches.rows[batches.fixed == 2, 0], 2], minlength=16)
    assert (drawn > 0).sum() > 12  # any value may be the fixed one


def test_a_constant_factor_is_never_fixed() -> None:
    factors = FACTORS.copy()
    factors[:, 1] = 3
    assert set(batches_of(PERFECT, factors, 100, RNG).fixed) == {0, 2}


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (RNG.random((4000, 3)), "factor 0 has 4000 values in 4000 samples, so hardly two share"),
        (np.arange(12000).reshape(4000, 3), "factor 0 has 4000 values"),
        (FACTORS * [1, 0, 0], "fewer than two factors vary"),
    ],
)
def test_factors_that_no_two_samples_share(factors: np.ndarray, message: str) -> None:
    for draws_of in (batches_of, pairs_of):
        with pytest.raises(ValueError, match=message):
            draws_of(PERFECT, factors, 10, RNG)


@pytest.mark.parametrize(
    ("given", "fixed", "codes", "message"),
    [
        (batches_given, np.zeros(5, int), np.zeros((5, 3)), r"got shape \(5, 3\)"),
        (batches_given, np.zeros(4, int), np.zeros((5, 3, 2)), "5 draws, but fixed factors of sh"),
        (batches_given, np.zeros(5), np.zeros((5, 3, 2)), "whole, from 0"),
        (batches_given, np.full(5, -1), np.zeros((5, 3, 2)), "whole, from 0"),
        (batches_given, np.zeros(5, int), np.full((5, 3, 2), np.nan), "the first in draw 0"),
        (batches_given, np.zeros(5, int), np.zeros((5, 1, 2)), "draws of one sample"),
        (pairs_given, np.zeros(5, int), np.zeros((5, 3, 4, 2)), r"\(draws, 2, samples, latents\)"),
    ],
)
def test_draws_that_do_not_fit(given, fixed, codes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        given(fixed, codes)


def test_one_factor_leaves_nothing_to_tell_apart() -> None:
    pairs = pairs_given(np.zeros(6, int), RNG.random((6, 2, 4, 3)))
    with pytest.raises(ValueError, match="one factor alone is ever fixed"):
        beta_vae(*pairs.split(4))
