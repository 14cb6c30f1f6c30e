"""Futures in words, in a world of two things: I go right by action 1 alone, a coin stands."""

import numpy as np

from symbolic.model.features import motion_names, place_names, scene_names
from symbolic.model.laws import SET, Forest, Laws, looking, no_laws
from symbolic.model.telling import Event, parting, told_future
from symbolic.model.trees import VALUES, Tree


def split(feature: int, cut: float, low: float, high: float) -> Tree:
    """One question; its leaves set a velocity."""
    value = np.zeros((3, VALUES))
    value[1, [0, 1, 3, 4]] = SET, 1, low, 1
    value[2, [0, 1, 3, 4]] = SET, 1, high, 1
    i = np.array
    return Tree(i([feature, -1, -1]), i([cut, 0, 0]), i([1, 0, 0]), i([2, 0, 0]), value)


def world() -> Laws:
    """Where I overlap the coin it goes, and a point is won."""
    motion, place, scene = motion_names(2, 2), place_names(2), scene_names(2, 2)
    forest = Forest()
    still = forest.add(split(0, 0.0, 0, 0))
    goes = forest.add(split(motion.index("action1"), 0.5, 0, 6))
    stays = forest.add(split(place.index("gap_x(kind0)"), 0.0, 0, 0), np.array([0, 0.0, 1.0]))
    won = split(scene.index("gap_x(me,kind1)"), 0.0, 0, 0)
    reward = forest.add(won, np.array([0, 1.0, 0.0]))
    return looking(
        no_laws(2, 2)._replace(
            **forest.arrays(),
            motion=np.array([[still, goes], [-1, -1]]), survival=np.array([-1, stays]),
            reward=reward, obeys=np.array([1, 0]), moves=np.array([1, 0]),
        )
    )  # fmt: skip


def test_a_future_tells_what_is_touched_goes_and_is_won_and_where_two_part() -> None:
    scene = np.array([[0, 50, 20, 0, 0, 8, 8, 1, 9.0], [1, 50, 40, 0, 0, 8, 8, 1, 9.0]])
    right = told_future(scene, -1, np.ones(6, np.int64), world())
    # at 26, 32, 38: first less than two pixels apart is an overlap, which is the end of the coin
    assert right.events[:2] == (Event(2, "reward", -1, 1.0), Event(2, "gone", 1, 0.0))
    assert right.places[2].tolist() == [[50, 38], [50, 40]]
    stays = told_future(scene, -1, np.zeros(6, np.int64), world())
    assert stays.events == ()
    later = told_future(scene, -1, np.array([0, 0, 1, 1, 1, 1]), world())
    assert parting(right, stays) == 1
    assert parting(stays, later) == 3
    assert parting(stays, stays) is None
    near = np.array([[0, 50, 20, 0, 0, 8, 8, 1, 9.0], [1, 50, 29, 0, 0, 8, 8, 1, 9.0]])
    told = told_future(near, -1, np.zeros(3, np.int64), world())
    assert told.events == (Event(1, "touch", 1, 0.0),)  # a pixel apart: touched, no more
