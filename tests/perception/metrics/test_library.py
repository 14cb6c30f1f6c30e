"""Against disentanglement_lib's definitions, written down here once more after its published source
(mig.py, sap_score.py, factor_vae.py, beta_vae.py, utils.py), on ten fixed sets of codes.

It cannot be installed beside this project (TensorFlow 1). Of scikit-learn the same parts are used.
"""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.svm import LinearSVC

from perception.metrics import beta_vae, factor_vae, mig, sap
from perception.metrics.draws import batches_given, pairs_given

N, D, B = 600, 90, 8
SIZES = (3, 4, 6, 8)


def grid(num: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, SIZES, (num, len(SIZES)))


def rotated(v: np.ndarray) -> np.ndarray:
    turn, _ = np.linalg.qr(np.vander(np.arange(1.0, 5.0)))
    return (v - v.mean(axis=0)) @ turn


ENCODERS = {  # factors (N, 4) and noise (N, 4) to codes (N, K)
    "perfect": lambda v, e: v * [2.0, -1.0, 0.5, 3.0],
    "permuted": lambda v, e: 0.1 * v[:, [2, 0, 3, 1]] - 4,
    "twice": lambda v, e: np.concatenate([v, v], axis=1).astype(float),
    "rotated": lambda v, e: rotated(v),
    "noisy": lambda v, e: v + 0.4 * e,
    "random": lambda v, e: e,
    "single precision": lambda v, e: (v + 0.2 * e).astype(np.float32),
    "bent": lambda v, e: np.exp(v / 2.0),
    "silent beside": lambda v, e: np.concatenate([v + 0.1 * e, 1e-3 * e], axis=1),
    "two of four": lambda v, e: np.stack([v[:, 1] + v[:, 3], v[:, 0] * 1.0], axis=1),
}


def drawn(name: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    factors = grid(N, rng)
    return ENCODERS[name](factors, rng.standard_normal((N, 4))), factors


def library_mig(mus: np.ndarray, ys: np.ndarray) -> float:
    """`compute_mig` with `_histogram_discretize` of 20 bins."""
    m = np.zeros((mus.shape[1], ys.shape[1]))
    for i in range(mus.shape[1]):
        edges = np.histogram(mus[:, i], 20)[1]
        z = np.digitize(mus[:, i], edges[:-1])
        for j in range(ys.shape[1]):
            m[i, j] = mutual_info_score(ys[:, j], z)
    entropy = np.array([mutual_info_score(y, y) for y in ys.T])
    ordered = np.sort(m, axis=0)[::-1]
    return float(np.mean((ordered[0] - ordered[1]) / entropy))


def library_sap(mus: np.ndarray, ys: np.ndarray, continuous: bool) -> float:
    """`_compute_score_matrix` and `_compute_avg_diff_top_two`: trained on the first half."""
    half = len(mus) // 2
    matrix = np.zeros((mus.shape[1], ys.shape[1]))
    for i, mu in enumerate(mus.T):
        for j, y in enumerate(ys.T):
            if continuous:
                both = np.cov(mu, y, ddof=1)
                if both[0, 0] > 1e-12:
                    matrix[i, j] = both[0, 1] ** 2 / (both[0, 0] * both[1, 1])
                continue
            classifier = LinearSVC(C=0.01, class_weight="balanced")
            classifier.fit(mu[:half, None], y[:half])
            matrix[i, j] = np.mean(classifier.predict(mu[half:, None]) == y[half:])
    ordered = np.sort(matrix, axis=0)
    return float(np.mean(ordered[-1] - ordered[-2]))


def library_factor_vae(
    all_codes: np.ndarray, draws: list[tuple[int, np.ndarray]], trained: int, threshold: float
) -> float:
    """`compute_factor_vae`: a vote for each draw, of the latent whose variance shrank most."""
    variances = np.var(all_codes, axis=0, ddof=1)
    active = np.sqrt(variances) >= threshold

    def votes(some: list[tuple[int, np.ndarray]]) -> np.ndarray:
        found = np.zeros((len(SIZES), len(variances)), np.int64)
        for factor, codes in some:
            local = np.var(codes, axis=0, ddof=1)
            found[factor, np.argmin(local[active] / variances[active])] += 1
        return found

    training, evaluation = votes(draws[:trained]), votes(draws[trained:])
    classifier = np.argmax(training, axis=0)
    return float(evaluation[classifier, np.arange(len(variances))].sum() / evaluation.sum())


def library_beta_vae(draws: list[tuple[int, np.ndarray, np.ndarray]], trained: int) -> float:
    """`compute_beta_vae_sklearn`."""
    points = np.stack([np.mean(np.abs(one - other), axis=0) for _, one, other in draws])
    labels = np.array([factor for factor, _, _ in draws])
    model = LogisticRegression(random_state=np.random.RandomState(0))
    model.fit(points[:trained], labels[:trained])
    return float(model.score(points[trained:], labels[trained:]))


@pytest.mark.parametrize("name", ENCODERS)
def test_mig_is_theirs(name: str) -> None:
    codes, factors = drawn(name)
    assert mig(codes, factors).score == pytest.approx(library_mig(codes, factors), abs=1e-9)


@pytest.mark.parametrize("name", ENCODERS)
def test_sap_is_theirs(name: str) -> None:
    codes, factors = drawn(name)
    theirs = library_sap(codes, factors, continuous=False)
    assert sap(codes, factors).score == pytest.approx(theirs, abs=1e-9)
    real = factors + np.random.default_rng(8).random(factors.shape) / 2
    theirs = library_sap(codes, real, continuous=True)
    assert sap(codes, real).score == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("threshold", [0.0, 0.05])
def test_the_score_of_factor_vae_is_theirs_given_its_draws(name: str, threshold: float) -> None:
    rng = np.random.default_rng(9)
    draws = []
    for _ in range(D):
        fixed, factors = int(rng.integers(4)), grid(B, rng)
        factors[:, fixed] = factors[0, fixed]
        draws.append((fixed, ENCODERS[name](factors, rng.standard_normal((B, 4)))))
    codes, _ = drawn(name)
    fixed, batches = (np.array(each) for each in zip(*draws, strict=True))
    ours = factor_vae(
        codes.std(axis=0, ddof=1), *batches_given(fixed, batches).split(60), threshold
    )
    theirs = library_factor_vae(codes, draws, 60, threshold)
    assert ours.score == pytest.approx(theirs, abs=1e-9)
    assert ours.votes.sum() == 60


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")  # theirs is not asked to
@pytest.mark.parametrize("name", ENCODERS)
def test_the_score_of_the_beta_vae_is_theirs_given_its_draws(name: str) -> None:
    rng = np.random.default_rng(10)
    draws = []
    for _ in range(D):
        fixed, one, other = int(rng.integers(4)), grid(B, rng), grid(B, rng)
        other[:, fixed] = one[:, fixed]
        codes = [ENCODERS[name](each, rng.standard_normal((B, 4))) for each in (one, other)]
        draws.append((fixed, *codes))
    fixed = np.array([each[0] for each in draws])
    pairs = pairs_given(fixed, np.array([each[1:] for each in draws]))
    theirs = library_beta_vae(draws, 60)
    assert beta_vae(*pairs.split(60)) == pytest.approx(theirs, abs=1e-9)


def test_the_ten_sets_differ() -> None:
    """Or the tests above would hold for metrics that see nothing."""
    scores = [round(library_mig(*drawn(name)), 6) for name in ENCODERS]
    assert len(set(scores)) >= 8
    assert max(scores) > 0.9
    assert min(scores) == 0
