import numpy as np
import pytest

from dsrl.scoring.memory_map import RamObject, Truth
from dsrl.scoring.readout_measures import (
    Scene,
    Tally,
    average_precision,
    called,
    scene_of,
    tally,
    typed_f1,
)
from dsrl.scoring.true_objects import TrueObject
from perception.gaussian_eyes.readout import Blob


def blob(y: float, x: float, kind: int = -1) -> Blob:
    return Blob(y, x, 4.0, 4.0, 1.0, np.zeros(1, np.float32), kind)


def true(name: str, y: float, x: float) -> TrueObject:
    return TrueObject(name, y, x, 4.0, 4.0)


BALL, SHIP = true("ball", 50, 50), true("ship", 90, 20)
SHIELD = true("shield", 70, 70)
SCENE = Scene([BALL, SHIP], [SHIELD], [(0, 0, 10, 100), (60, 60, 80, 80)])


def test_pairs_are_near_and_one_to_one_and_the_rest_is_missed_or_spurious():
    seen = [blob(51, 51), blob(50, 50), blob(90, 26), blob(5, 5), blob(70, 71), blob(62, 62)]
    counts = tally([SCENE], [seen])
    assert [(name, b.y) for name, b in counts.pairs] == [("ball", 50)]
    assert counts.distances == [0.0]
    # beside the ball's double and what is too far from the ship, all lie where nothing counts
    assert counts.spurious.total() == 2
    assert (counts.recall, counts.precision) == (0.5, pytest.approx(1 / 3))
    assert counts.f1 == pytest.approx(2 / (2 + 1 + 2))
    assert len(tally([SCENE], [seen], near=6.0).pairs) == 2


def test_a_perfect_a_null_and_an_empty_reading():
    perfect = tally([SCENE], [[blob(50, 50), blob(90, 20)]])
    assert (perfect.f1, perfect.precision, perfect.recall) == (1.0, 1.0, 1.0)
    nothing = tally([SCENE], [[]])
    assert (nothing.f1, nothing.precision, nothing.recall) == (0.0, 1.0, 0.0)
    assert Tally().f1 == 0.0


@pytest.mark.parametrize(
    ("points", "area"),
    [
        ([], 0.0),
        ([(1.0, 1.0)], 1.0),
        ([(0.0, 1.0)], 0.0),
        ([(0.5, 1.0), (1.0, 0.5)], 0.75),
        # a threshold that finds less and is less precise than another says nothing
        ([(0.5, 1.0), (1.0, 0.5), (0.25, 0.3)], 0.75),
        ([(0.5, 0.2), (0.8, 0.6)], 0.48),
    ],
)
def test_average_precision_by_hand(points, area):
    assert average_precision(points) == pytest.approx(area)


def test_typed_f1_wants_the_right_name_and_counts_wrong_and_spurious_ones_against_it():
    scenes = [SCENE] * 4
    seen = [
        [blob(50, 50, 1), blob(90, 20, 2)],
        [blob(50, 50, 1), blob(90, 20, 1)],  # a ship called a ball
        [blob(50, 50, 1), blob(30, 30, 2)],  # a spurious ship
        [blob(50, 50, 7)],  # a kind without a name
    ]
    counts = tally(scenes, seen)
    typed = typed_f1(counts, {1: "ball", 2: "ship"})
    assert typed["ball"] == pytest.approx(2 * 3 / (4 + 4))
    assert typed["ship"] == pytest.approx(2 * 1 / (4 + 2))


def test_a_kind_is_called_what_it_mostly_stands_for():
    counts = tally([SCENE] * 3, [[blob(50, 50, 1), blob(90, 20, k)] for k in (1, 1, 2)])
    assert called(counts) == {1: "ball", 2: "ship"}


def test_the_scene_of_a_memory_tells_objects_and_where_nothing_counts():
    field = (0, 0, 200, 160)
    thing = RamObject(name="ball", top=40, left=10, height=4, width=4, window=field)
    wreck = RamObject(name="wreck", top=100, left=20, height=8, width=8, window=field)
    truth = Truth(objects=(thing,), displays=((0, 0, 20, 160),), ignored=(wreck,))
    memory = np.zeros(128, np.uint8)
    scene = scene_of(truth, (memory, memory))
    assert [(t.name, t.y, t.x) for t in scene.objects] == [("ball", 41.5, 11.5)]
    assert scene.uncounted == [(0, 0, 20, 160), (100, 20, 108, 28)]
