import numpy as np
import pytest
import torch

from perception.gaussian_eyes.kinds import one_kind, successions
from perception.gaussian_eyes.reader import Looks
from perception.gaussian_eyes.readout import Blob, blobs, departure_map, kl_map
from perception.gaussian_eyes.types import clusters_of, nearest
from perception.models import gaussian_losses as losses
from perception.models.gaussian_config import GaussianConfig
from perception.models.inputs import Grid

GRID = Grid(GaussianConfig(beta=1.0), (24, 24, 3))  # 4 pixels a position, the first at 1.5


def test_the_kl_map_is_the_losses_kl_summed_over_filters():
    rng = np.random.default_rng(0)
    mu, logvar = rng.normal(size=(2, 3, 4, 5, 6))[:, :, :, :, :5].reshape(2, 3, 4, 5, 5)[:, 0:3]
    expected = losses.elementwise_kl(torch.from_numpy(mu), torch.from_numpy(logvar)).sum(dim=1)
    np.testing.assert_allclose(kl_map(mu, logvar), expected.numpy())


def test_departure_is_half_the_squared_distance_from_what_is_usual():
    mu = np.zeros((1, 2, 1, 2))
    mu[0, :, 0, 1] = (3.0, 5.0)
    empty = np.zeros((2, 1, 2))
    empty[:, 0, 1] = (3.0, 1.0)
    assert departure_map(mu, empty).tolist() == [[[0.0, 8.0]]]


def test_blobs_are_connected_positions_with_weighed_centres_and_spectra():
    objectness = np.zeros((6, 6))
    objectness[1, 1], objectness[2, 2] = 1.0, 3.0  # one blob: corners touch
    objectness[5, 0] = 2.0
    code = np.zeros((2, 6, 6))
    code[:, 1, 1], code[:, 2, 2], code[:, 5, 0] = (4.0, 0.0), (0.0, 4.0), (7.0, 8.0)
    first, second = blobs(objectness, code, 0.5, GRID, "connected")
    assert (first.y, first.x) == pytest.approx((1.5 + 4 * 1.75, 1.5 + 4 * 1.75))
    assert (first.height, first.width, first.score) == (8.0, 8.0, 3.0)
    assert first.spectrum.tolist() == [1.0, 3.0]
    assert (second.y, second.x, second.score) == (21.5, 1.5, 2.0)
    assert second.spectrum.tolist() == [7.0, 8.0]
    assert [b.score for b in blobs(objectness, code, 2.0, GRID, "connected")] == [3.0]
    assert blobs(objectness, code, 9.0, GRID, "connected") == []


def test_of_form_peaks_things_that_touch_stay_apart():
    objectness = np.full((6, 12), 1e-6)
    objectness[2:4, 1:4], objectness[2:4, 6:9] = 1.0, 1.0
    objectness[2, 2], objectness[2, 7] = 4.0, 4.0
    objectness[2, 4:6] = 0.7  # between them, above the threshold
    code = np.zeros((1, 6, 12))
    code[0, :, 6:] = 1.0
    (whole,) = blobs(objectness, code, 0.3, GRID, "connected")
    left, right = sorted(blobs(objectness, code, 0.3, GRID, "peaks"), key=lambda b: b.x)
    assert whole.width == 8 * 4.0
    assert left.x < 1.5 + 4 * 4 < right.x and left.spectrum < 0.1 and right.spectrum > 0.9


def test_a_threshold_no_label_told_is_above_noise_and_below_things():
    rng = np.random.default_rng(0)
    objectness = rng.uniform(0.001, 0.002, (20, 20, 20))
    for one in objectness:
        for y, x in ((3, 3), (3, 12), (12, 3), (12, 12)):
            one[y, x] = rng.uniform(5.0, 9.0)
    looks = Looks(objectness, np.zeros((20, 1, 20, 20)), GRID)
    threshold = looks.own_threshold("connected")
    assert 0.002 <= threshold < 5.0
    assert all(len(seen) == 4 for seen in looks.blobs(threshold, "connected"))


def test_clusters_part_what_is_apart_and_are_no_more_than_there_are():
    rng = np.random.default_rng(0)
    true = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    of = rng.integers(3, size=300)
    spectra = (true[of] + rng.normal(scale=0.3, size=(300, 2))).astype(np.float32)
    centres = clusters_of(spectra, 3, 0)
    found = nearest(spectra, centres)
    assert all(len(set(found[of == k])) == 1 for k in range(3))
    assert len(clusters_of(np.ones((5, 2), np.float32), 12, 0)) == 1
    assert clusters_of(np.zeros((0, 2), np.float32), 12, 0).shape == (0, 2)


def test_clusters_of_one_thing_follow_each_other_to_and_fro():
    follows = np.array(
        [
            [50, 30, 0, 0],
            [28, 50, 1, 0],
            [0, 1, 90, 60],  # 2 turns into 3, which never turns back: it exploded
            [0, 0, 0, 9],
        ]
    )
    assert one_kind(follows).tolist() == [0, 0, 2, 3]


def blob(y: float, x: float) -> Blob:
    return Blob(y, x, 4.0, 4.0, 1.0, np.zeros(1, np.float32))


def test_what_follows_what_is_nearest_both_ways_and_in_reach():
    before = [blob(0, 0), blob(0, 20)]
    assert successions(before, [blob(0, 3), blob(0, 5), blob(0, 90)], 10.0) == [(0, 0)]
    assert successions([], before, 10.0) == []
