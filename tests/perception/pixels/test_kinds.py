"""Kinds: naming by colour, size and place; finding them; keeping their numbers."""

import numpy as np
import pytest

from perception.pixels import PixelConfig
from perception.pixels.discovery import cluster_by_size, find_kinds
from perception.pixels.kinds import Kinds
from perception.pixels.renumbering import renumbered
from perception.pixels.segmentation import COLOURS, UNKNOWN, Regions

RED, BLUE = np.array([200.0, 30, 30]), np.array([30.0, 30, 200])


def kinds_of(*rows, shape=(80, 80)) -> Kinds:
    """Rows of (family, colour, height, width, mobility, (block row, block column) or None)."""
    kinds = Kinds(shape, max_kinds=8)
    for family, colour, height, width, mobility, block in rows:
        seen = np.zeros(kinds.blocks)
        if block is not None:
            seen[block] = 100
        kinds.add(
            family, colour, np.log([height, width]), mobility, seen,
            count=int(seen.sum()), solitary=False,
        )  # fmt: skip
    return kinds


def regions_of(*rows) -> Regions:
    """Rows of (top, left, bottom, right, family)."""
    top, left, bottom, right, group = (np.array(column) for column in zip(*rows, strict=True))
    return Regions(top, left, bottom, right, (bottom - top) * (right - left), group)


def name(kinds: Kinds, *rows, colour=RED) -> list[int]:
    return kinds.classify(regions_of(*rows), lambda region: colour)


def test_colour_decides_first_then_size():
    kinds = kinds_of(
        (1, RED, 4, 2, 0.9, None), (1, RED, 4, 16, 0.9, None), (2, BLUE, 4, 2, 0.9, None)
    )
    assert name(kinds, (10, 10, 15, 12, 1), (10, 10, 14, 25, 1), (10, 10, 14, 25, 2)) == [0, 1, 2]


def test_place_tells_a_digit_from_a_paddle_of_the_same_shape():
    kinds = kinds_of((1, RED, 16, 4, 0.9, (7, 2)), (1, RED, 16, 4, 0.0, (0, 6)))
    paddle, digit = name(kinds, (50, 18, 66, 22, 1), (0, 50, 16, 54, 1))
    assert (paddle, digit) == (0, 1)


def test_evidence_stays_in_the_family_and_is_bounded():
    kinds = kinds_of(
        (1, RED, 16, 4, 0.9, (7, 2)), (1, RED, 2, 2, 0.9, (0, 6)), (2, BLUE, 4, 2, 0.9, None)
    )
    nats = kinds.nats(1, 58.0, 20.0, 16, 4)
    assert nats == {0: 0.0, 1: -4.0}
    assert kinds.nats(1, 58.0, 20.0, 16, 4) is nats  # remembered
    kinds.add(1, RED, np.log([16, 4]), 0.5, np.zeros(kinds.blocks), 0, False)
    assert set(kinds.nats(1, 58.0, 20.0, 16, 4)) == {0, 1, 3}


def test_an_unknown_colour_takes_the_nearest_kind_or_founds_one():
    kinds = kinds_of((1, RED, 4, 2, 0.9, None))
    assert name(kinds, (10, 10, 14, 12, UNKNOWN), colour=RED + 10) == [0]
    assert name(kinds, (10, 10, 14, 12, UNKNOWN), colour=BLUE) == [1]
    assert len(kinds) == 2


def test_full_up_an_unknown_colour_takes_the_nearest():
    kinds = kinds_of(*[(i + 1, RED, 4, 2, 0.9, None) for i in range(8)])
    assert name(kinds, (10, 10, 14, 12, UNKNOWN), colour=BLUE)[0] < 8
    assert len(kinds) == 8


def track(height: float, width: float, steps: int, noise: float = 0.0) -> np.ndarray:
    rows = np.zeros((steps, 9))
    rows[:, 2:4] = height, width
    rows[:, 2] += noise * (np.arange(steps) % 3 - 1)
    return rows


def test_sizes_a_factor_apart_are_clusters_and_rare_ones_join_the_nearest():
    tracks = [track(4, 2, 40), track(5, 2, 40), track(4, 16, 60, 1.0), track(4, 60, 2)]
    sizes = sorted(sum(map(len, cluster)) for cluster in cluster_by_size(tracks))
    assert sizes == [62, 80]


def test_a_thing_that_is_often_seen_in_part_is_one_cluster():
    whole, part = track(4, 16, 100), track(4, 5, 100)
    whole[:30, 3], part[:30, 3] = 5, 16  # each looks like the other in 30 % of its steps
    assert len(cluster_by_size([whole, part])) == 1
    assert len(cluster_by_size([track(4, 16, 100), track(4, 5, 100)])) == 2


@pytest.mark.parametrize("tracks", [[], [track(4, 2, 5)]])
def test_few_tracks_are_clustered_too(tracks):
    assert cluster_by_size(tracks) == ([tracks] if tracks else [])


def test_kinds_found_again_keep_their_numbers():
    old = kinds_of(
        (1, RED, 4, 2, 0.9, None), (2, BLUE, 16, 4, 0.9, None), (2, BLUE, 16, 4, 0.0, None)
    )
    new = kinds_of(
        (1, BLUE + 5, 17, 4, 0.8, None),
        (1, BLUE, 20, 12, 0.0, None),
        (3, np.array([30.0, 200, 30]), 3, 3, 0.9, None),
    )
    new.group_of_code = np.zeros(COLOURS, np.int16)
    new.group_of_code[:3] = [1, 3, 5]
    result = renumbered(new, old)
    assert len(result) == 4
    np.testing.assert_allclose(result.colour[0], RED)  # gone, its number kept
    np.testing.assert_allclose(result.colour[1], BLUE + 5)
    assert result.mobility[2] < 0.04  # the display
    np.testing.assert_allclose(result.colour[3], [30, 200, 30])
    assert result.family[1] == result.family[2] == 1
    assert result.family[0] not in (1, 3)
    assert result.group_of_code[:3].tolist() == [1, 3, UNKNOWN]  # nothing of group 5 is left
    assert name(result, (10, 10, 14, 12, UNKNOWN), colour=RED) == [0]


def test_things_of_one_colour_that_touch_now_and_then_are_learned_as_two_kinds():
    """A ball that bounces on a paddle of its own colour is one region with it for some steps."""
    frames = np.zeros((200, 64, 64, 3), np.uint8)
    for t, frame in enumerate(frames):
        y = 52 - abs((3 * t) % 80 - 40)
        frame[y : y + 4, 30:32] = frame[54:58, 24 + t % 5 : 36 + t % 5] = (200, 72, 72)
    kinds = find_kinds(frames, np.zeros((64, 64, 3), np.uint8), PixelConfig(max_kinds=8))
    assert sorted(round(k["width"]) for k in kinds.describe() if k["detections"] > 100) == [2, 12]
