"""Accuracy and disentanglement, told apart, on codes whose scores are known."""

import numpy as np
import pytest

from perception.metrics.intervention import accuracy, changed_alone, interventions, score_of
from perception.simulators import RLC, Box, Polygon
from perception.simulators.circuit import characteristics

PAIRS = 400


class Numbers:
    """Four independent parameters that are their own observation."""

    name = "numbers"
    parameter_names = ("a", "b", "c", "d")
    low, high = np.zeros(4), np.ones(4)
    observation_shape = (4,)

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        return rng.random((num, 4))

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        return parameters


def score(simulator, encode) -> float:
    return interventions(simulator, encode, PAIRS, np.random.default_rng(0)).score


ROTATION = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2


@pytest.mark.parametrize(
    ("encode", "expected"),
    [
        (lambda x: 3 * x - 1, 1.0),  # perfect, whatever the units
        (lambda x: -x[:, [2, 0, 3, 1]], 1.0),  # permuted
        (lambda x: x**3, 1.0),  # and bent
        (lambda x: np.concatenate([x, np.zeros_like(x)], axis=1), 1.0),  # silent latents beside
        (lambda x: np.concatenate([x, x], axis=1), (1 / 2 - 1 / 8) / (1 - 1 / 8)),  # duplicated
        (lambda x: x @ ROTATION, 0.0),  # rotated to where each tells of all
        (lambda x: np.zeros_like(x), 0.0),  # tells nothing
    ],
)
def test_codes_of_known_scores(encode, expected: float) -> None:
    assert score(Numbers(), encode) == pytest.approx(expected, abs=1e-9)


def test_a_random_code_has_no_latent_of_its_own() -> None:
    rng = np.random.default_rng(1)
    assert score(Numbers(), lambda x: rng.random((len(x), 4))) < 0.05


def test_a_blurred_code_is_less_accurate_and_hardly_less_disentangled() -> None:
    rng = np.random.default_rng(1)
    x = Numbers().sample_parameters(2000, rng)
    assert accuracy(x, x) == 1
    assert accuracy(x, np.broadcast_to(x.mean(axis=0), x.shape)) == pytest.approx(0)
    blurred = x.mean(axis=0) + 0.3 * (x - x.mean(axis=0))
    assert accuracy(x, blurred) == pytest.approx(1 - 0.7**2)
    assert score(Numbers(), lambda x: 0.3 * x) == pytest.approx(1)
    # noise of a twentieth of each range: 6 sigma^2 of others beside 1/6 + 2 sigma^2 of one's own
    noise = np.random.default_rng(2)
    unsure = score(Numbers(), lambda x: x + noise.normal(0, 0.05, x.shape))
    own = (1 / 6 + 2 * 0.05**2) / (1 / 6 + 8 * 0.05**2)
    assert unsure == pytest.approx((own - 1 / 4) / (3 / 4), abs=0.03)
    assert score(Numbers(), lambda x: np.floor(3 * x)) == pytest.approx(1)  # coarse, not mixed
    # and a rotated one loses its axes, and none of its accuracy
    assert accuracy(x, x @ ROTATION @ ROTATION.T) == pytest.approx(1)


def test_spread_says_which_latent_serves_which_parameter() -> None:
    found = interventions(Numbers(), lambda x: x[:, [1, 0, 2, 3]], 50, np.random.default_rng(0))
    assert found.spread == pytest.approx(np.eye(4)[[1, 0, 2, 3]])
    assert found.pairs == 50


def test_more_parameters_than_latents_cannot_all_have_their_own() -> None:
    assert score_of(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])) == pytest.approx(
        (2 / 3 - 1 / 2) / (1 / 2)
    )


def test_a_box_stays_within_the_field_when_it_is_changed() -> None:
    box = Box()
    for k in range(4):
        first, second = changed_alone(box, k, 200, np.random.default_rng(k))
        differs = first != second
        assert differs[:, k].all()
        assert not np.delete(differs, k, axis=1).any()
        assert (second[:, :2] + second[:, 2:] <= 1).all()


def test_correlated_parameters_are_no_fault_of_a_perfect_code() -> None:
    """The mutual information gap of the box's true parameters is 0.82 (SimVAE, Table 1)."""

    class Read(Box):
        observation_shape = (4,)

        def simulate(self, parameters: np.ndarray) -> np.ndarray:
            return parameters

    assert score(Read(), lambda x: x) == pytest.approx(1)


class SeenCircuit(RLC):
    """Seen through nothing but what can be told of it."""

    observation_shape = (2,)

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        return np.log10(np.stack(characteristics(parameters), axis=1))


def as_parameters(seen: np.ndarray, log_r: np.ndarray | float) -> np.ndarray:
    """log R, log L, log C of log f0 and log Q, given any log R."""
    w = seen[:, 0] + np.log10(2 * np.pi)
    return np.stack([log_r + 0 * w, seen[:, 1] + log_r - w, -w - seen[:, 1] - log_r], axis=1)


def test_any_resistance_will_do_for_a_circuit() -> None:
    rng = np.random.default_rng(2)
    constant = score(SeenCircuit(), lambda x: as_parameters(x, 2.0))
    assert constant == pytest.approx(1, abs=1e-3)
    blind = interventions(RLC(), lambda x: x[:, ::64].repeat(2, 1)[:, :3], 50, rng)
    assert blind.score < 0.5


def test_noise_is_no_resistance() -> None:
    """Any will do, but not another one each time: two decades of noise once scored 1."""
    rng = np.random.default_rng(2)

    def noisy(decades: float) -> float:
        return score(
            SeenCircuit(), lambda x: as_parameters(x, 2 + rng.uniform(-0.5, 0.5, len(x)) * decades)
        )

    scores = [noisy(decades) for decades in (0.0, 0.05, 0.5, 2.0)]
    assert scores == sorted(scores, reverse=True)
    assert scores[1] > 0.95  # a little unsure is little less
    assert scores[-1] < 0.1


def test_a_resistance_that_follows_what_is_seen_is_steady() -> None:
    """As that of a trained encoder does, by 2 decades over all circuits."""
    follows = interventions(
        SeenCircuit(), lambda x: as_parameters(x, 2 + 0.6 * (x[:, 0] - 3.5) + x[:, 1]), PAIRS,
        np.random.default_rng(0),
    )  # fmt: skip
    assert follows.score > 0.95
    assert follows.unsteady.max() < 0.01
    assert follows.spread.sum(axis=1) == pytest.approx(1 - follows.unsteady)


class SeenPolygon(Polygon):
    """Whose corners are seen, beginning with the lowest."""

    observation_shape = (8,)

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        names = Polygon().alike(parameters)
        return names[names[:, :, 1].argmin(axis=0), np.arange(len(parameters))]


def test_any_order_will_do_for_a_polygon_if_it_is_always_that() -> None:
    rng = np.random.default_rng(3)

    def shuffled(x: np.ndarray) -> np.ndarray:
        names = Polygon().alike(x)
        return names[rng.integers(0, 8, len(x)), np.arange(len(x))]

    assert score(SeenPolygon(), lambda x: x) > 0.95  # now and then another corner is the lowest
    assert score(SeenPolygon(), shuffled) < 0.1
    assert score(SeenPolygon(), lambda x: rng.permuted(x, axis=1)) < 0.3


def test_what_cannot_be_measured_is_said() -> None:
    class Stuck(Numbers):
        def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
            return np.full((num, 4), 0.5)

    with pytest.raises(ValueError, match="hardly another value of a is ever allowed"):
        score(Stuck(), lambda x: x)
    with pytest.raises(ValueError, match="all observations are the same"):
        accuracy(np.ones((3, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="have shape"):
        accuracy(np.ones((3, 2)), np.ones((2, 2)))
