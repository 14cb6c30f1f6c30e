"""Metrics on codes whose scores are known: perfect, permuted, duplicated, rotated, random."""

import numpy as np
import pytest

from perception.metrics import dci, mig, mutual_information_matrix, sap
from perception.metrics.dci import completeness_of, disentanglement_of
from perception.metrics.information import (
    binned,
    discrete,
    discretised,
    entropies,
    mutual_information,
)

RNG = np.random.default_rng(0)
FACTORS = RNG.integers(0, (4, 8, 16), size=(4000, 3))
REAL = RNG.random((4000, 3))
PERFECT = FACTORS * [2.0, -1.0, 0.5] + [1.0, 0.0, -3.0]
PERMUTED = PERFECT[:, [2, 0, 1]]
DUPLICATED = np.concatenate([PERFECT, PERFECT], axis=1)
RANDOM = RNG.standard_normal((4000, 3))
UNIT = (FACTORS - FACTORS.mean(axis=0)) / FACTORS.std(axis=0)
ROTATION, _ = np.linalg.qr(np.array([[1.0, 1.0, 1.0], [1.0, -1.0, 0.0], [1.0, 1.0, -2.0]]).T)
ROTATED = UNIT @ ROTATION


@pytest.mark.parametrize("codes", [PERFECT, PERMUTED])
def test_a_latent_for_each_factor_is_perfect(codes: np.ndarray) -> None:
    assert mig(codes, FACTORS).score == pytest.approx(1, abs=0.01)  # chance tells a little
    found = dci(codes, FACTORS)
    assert found.disentanglement > 0.99
    assert found.completeness > 0.99
    assert found.informativeness > 0.99


def test_two_latents_for_each_factor_leave_no_gap() -> None:
    assert mig(DUPLICATED, FACTORS).score == 0
    assert sap(DUPLICATED, FACTORS).score == pytest.approx(0, abs=0.01)
    found = dci(DUPLICATED, FACTORS)
    assert found.disentanglement > 0.99  # each latent serves one factor
    assert found.completeness < 0.8  # and each factor takes two
    assert found.informativeness > 0.99


def test_a_rotation_keeps_the_information_and_loses_the_axes() -> None:
    assert mig(ROTATED, FACTORS).score < 0.3
    found = dci(ROTATED, FACTORS)
    assert found.disentanglement < 0.5
    assert dci(RANDOM, FACTORS).informativeness + 0.2 < found.informativeness


def test_random_codes_tell_nothing() -> None:
    assert mig(RANDOM, FACTORS).score < 0.01
    assert sap(RANDOM, FACTORS).score < 0.02
    found = dci(RANDOM, FACTORS)
    assert found.disentanglement < 0.05
    assert found.informativeness < 0.2


def test_a_constant_code_tells_nothing() -> None:
    nothing = np.zeros((4000, 3))
    assert mig(nothing, FACTORS).score == 0
    assert sap(nothing, FACTORS).score == 0
    found = dci(nothing, FACTORS)
    assert (found.disentanglement, found.completeness) == (0, 0)
    assert found.informativeness < 0.2


def test_the_gap_by_hand() -> None:
    """Two fair bits: the first latent is the first bit, the second both, as one of four numbers."""
    bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 50)
    codes = np.stack([bits[:, 0], 2 * bits[:, 0] + bits[:, 1]], axis=1).astype(float)
    assert entropies(bits) == pytest.approx(np.log(2))
    assert mutual_information(codes, bits) == pytest.approx(
        np.log(2) * np.array([[1, 0], [1, 1]]), abs=1e-12
    )
    assert mig(codes, bits).gaps == pytest.approx([0, 1])
    assert mig(codes, bits).score == pytest.approx(0.5)


def test_information_against_the_closed_form_of_two_normals() -> None:
    """Correlation r: -log(1 - r^2) / 2 nats; histograms of 20 bins come near it."""
    for r in (0.5, 0.9):
        x, noise = np.random.default_rng(1).standard_normal((2, 200_000))
        y = r * x + np.sqrt(1 - r**2) * noise
        told = mutual_information(x[:, None], y[:, None], bins=60)[0, 0]
        assert told == pytest.approx(-np.log(1 - r**2) / 2, rel=0.08)


def test_bins_are_of_equal_width_as_in_disentanglement_lib() -> None:
    values = np.array([[0.0], [0.049], [0.051], [0.5], [0.999], [1.0]])
    assert discretised(values, 20).ravel().tolist() == [1, 1, 2, 11, 20, 20]
    assert np.array_equal(discretised(FACTORS), FACTORS)  # what is discrete already


def test_whole_numbers_are_binned_where_they_are_codes() -> None:
    """Each of a thousand values is met a few times, and would seem to tell of what it met."""
    codes = np.random.default_rng(2).integers(0, 1000, (4000, 1))
    assert mutual_information_matrix(codes, FACTORS[:, :1])[0, 0] < 0.02
    assert binned(codes).max() == 20


def test_values_too_near_each_other_for_bins_are_told_apart_as_they_are() -> None:
    near = np.array([[1.0], [np.nextafter(1.0, 2)]]).repeat(50, axis=0)
    assert mutual_information(near, near)[0, 0] == pytest.approx(np.log(2))


def test_a_column_alone_says_whether_its_factor_is_discrete() -> None:
    """A shape beside a real place: one told by accuracy, the other by correlation."""
    mixed = np.stack([FACTORS[:, 0], REAL[:, 0]], axis=1)
    assert discrete(mixed).tolist() == [True, False]
    assert mig(mixed, mixed).score == pytest.approx(1, abs=0.02)
    found = sap(mixed, mixed, standardised=True)
    assert found.predicts[1, 1] == pytest.approx(1)  # a squared correlation
    assert found.predicts[1, 0] == pytest.approx(1 / 4, abs=0.1)  # an accuracy, by guessing
    assert dci(mixed, mixed).informativeness > 0.98


def test_a_single_latent_has_nothing_beside_it() -> None:
    assert mig(PERFECT[:, :1], FACTORS[:, :1]).score == pytest.approx(1)
    assert dci(PERFECT[:, :1], FACTORS[:, :1]).completeness == 1


def test_the_matrix_is_a_share_of_the_factors_entropy() -> None:
    matrix = mutual_information_matrix(PERFECT, FACTORS)
    assert np.diag(matrix) == pytest.approx(1)
    assert matrix[0, 1] < 0.02
    assert mutual_information_matrix(REAL, REAL, 20).diagonal() == pytest.approx(1)


def test_sap_of_real_factors_is_the_gap_of_squared_correlations() -> None:
    mixed = np.stack([REAL[:, 0], REAL[:, 0] + REAL[:, 1]], axis=1)
    found = sap(mixed, REAL[:, :2])
    assert found.predicts == pytest.approx(np.array([[1, 0], [0.5, 0.5]]), abs=0.05)
    assert found.gaps == pytest.approx([0.5, 0.5], abs=0.05)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_sap_of_a_latent_for_each_factor_is_perfect(order: list[int]) -> None:
    scaled = (REAL * [2.0, -1.0, 0.5] + [1.0, 0.0, -3.0])[:, order]
    assert sap(scaled, REAL).score == pytest.approx(1, abs=0.01)


def test_sap_of_axes_turned_by_45_degrees_is_nothing() -> None:
    """Each of the two latents has half of each factor's variance."""
    x, y = REAL[:, :2].T
    found = sap(np.stack([x + y, x - y], axis=1), REAL[:, :2])
    assert found.predicts == pytest.approx(0.5, abs=0.05)
    assert found.score == pytest.approx(0, abs=0.05)


def test_sap_guesses_what_it_saw_where_other_values_come_later_alone() -> None:
    late = np.zeros((200, 1), int)
    late[-20:] = 1
    found = sap(RANDOM[:200], late)
    assert found.predicts.ravel().tolist() == [0.8, 0.8, 0.8]
    assert found.score == 0


def test_sap_of_discrete_factors_is_of_accuracies() -> None:
    """A line parts two values, and a second latent that knows nothing is right half of the time."""
    bit = RNG.integers(0, 2, (2000, 1))
    codes = np.concatenate([bit + 0.1 * RNG.random((2000, 1)), RNG.random((2000, 1))], axis=1)
    found = sap(codes, bit)
    assert found.predicts[0, 0] == 1
    assert found.score == pytest.approx(0.5, abs=0.06)


def test_dci_by_hand() -> None:
    one_each = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert disentanglement_of(one_each) == 1
    assert completeness_of(one_each) == 1
    shared = np.array([[0.5, 0.5], [0.5, 0.5]])
    assert disentanglement_of(shared) == pytest.approx(0)
    assert completeness_of(shared) == pytest.approx(0)
    split = np.array([[0.5, 0.0], [0.5, 0.0], [0.0, 1.0]])
    assert disentanglement_of(split) == 1
    assert completeness_of(split) == pytest.approx((2 - np.log(2) / np.log(3)) / 2)


def test_a_constant_factor_is_left_out_and_named() -> None:
    constant = FACTORS.copy()
    constant[:, 1] = 3
    with pytest.warns(UserWarning, match="factor 1 is the same in all samples"):
        found = mig(PERFECT, constant)
    assert np.isnan(found.gaps[1])
    assert found.score == pytest.approx(np.nanmean(found.gaps))
    assert dci(PERFECT, constant).importance.shape == (3, 2)
    assert np.isnan(sap(PERFECT, constant).gaps[1])


@pytest.mark.parametrize("metric", [dci, sap])
def test_nothing_but_constants_is_refused(metric) -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        metric(PERFECT, np.ones_like(FACTORS))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="4000 codes but 100 factors"):
        mig(PERFECT, FACTORS[:100])
    with pytest.raises(ValueError, match=r"\(samples, columns\), got shape \(4000,\)"):
        mig(PERFECT[:, 0], FACTORS)
    broken = PERFECT.copy()
    broken[7, 1] = np.nan
    with pytest.raises(ValueError, match="codes hold 1 nan or inf"):
        dci(broken, FACTORS)
