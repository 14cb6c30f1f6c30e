"""Search finds drawings: better with more evaluations, each chain on its own, by its seed."""

import numpy as np
import pytest

from perception.spiral.canvas import blank, render, squared_error
from perception.spiral.search import VARIANCE, blocked, search
from perception.spiral.strokes import StrokesCanvas

CANVAS = StrokesCanvas()


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return render(CANVAS, CANVAS.random_programs(12, 4, np.random.default_rng(0)))


def nothing(num: int) -> np.ndarray:
    programs = CANVAS.idle_programs(num, 4)
    assert render(CANVAS, programs).max() == 0
    return programs


@pytest.mark.parametrize("variance", [0.0, VARIANCE])
@pytest.mark.parametrize("kind", ["blocked", "varied"])
def test_search_draws(pictures: np.ndarray, variance: float, kind: str) -> None:
    propose = blocked(CANVAS) if kind == "blocked" else CANVAS.varied
    begin = squared_error(blank(CANVAS, 12), pictures).mean()
    errors = []
    for evaluations in (1, 60, 500):
        rng = np.random.default_rng(1)
        found = search(CANVAS, nothing(12), pictures, evaluations, propose, rng, variance)
        assert np.array_equal(
            found.errors_N, squared_error(render(CANVAS, found.programs_NTK), pictures)
        )
        errors.append(found.errors_N.mean())
    assert errors[0] <= begin
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.7 * begin


def test_the_true_program_stays_under_hill_climbing() -> None:
    programs = CANVAS.random_programs(5, 4, np.random.default_rng(2))
    found = search(
        CANVAS, programs, render(CANVAS, programs), 50, CANVAS.varied, np.random.default_rng(0)
    )
    assert (found.errors_N == 0).all()


def test_metropolis_hastings_accepts_worse_as_the_likelihood_says() -> None:
    """A program of one step that draws or does not: the chain's shares are those of the two."""

    class Coin:
        components = CANVAS.components
        shape = (2, 2, 1)

        def executed(self, actions: np.ndarray) -> np.ndarray:
            return actions

        def paint(self, pictures: np.ndarray, before: np.ndarray, now: np.ndarray) -> np.ndarray:
            return np.where(now[:, 0, None, None, None] > 0, 180, 0).astype(np.uint8) + pictures

    coin, seen = Coin(), []

    def propose(programs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        seen.append(programs[:, 0, 0].copy())
        return rng.integers(0, 2, programs.shape)

    search(
        coin, np.zeros((40, 1, 5), np.int64), blank(coin, 40), 600, propose,
        np.random.default_rng(0), VARIANCE,
    )  # fmt: skip
    worse = 4 * (180 / 255) ** 2  # summed squared error of the one that draws
    odds = np.exp(-worse / (2 * VARIANCE))
    assert np.mean(seen[100:]) == pytest.approx(odds / (1 + odds), rel=0.15)


def test_chance_is_the_seeds(pictures: np.ndarray) -> None:
    one, same, other = (
        search(CANVAS, nothing(12), pictures, 20, blocked(CANVAS), np.random.default_rng(seed))
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one.programs_NTK, same.programs_NTK)
    assert not np.array_equal(one.programs_NTK, other.programs_NTK)


@pytest.mark.parametrize("evaluations", [0, -1])
def test_nothing_to_do_is_refused(pictures: np.ndarray, evaluations: int) -> None:
    with pytest.raises(ValueError, match="at least 1 evaluation"):
        search(CANVAS, nothing(12), pictures, evaluations, CANVAS.varied, np.random.default_rng(0))
