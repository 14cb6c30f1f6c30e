"""Maps of memory on hand-made bytes."""

import numpy as np
from made_memory import THINGS, WINDOW, ram

from dsrl.scoring.memory_map import Bit, BitGrid, Condition, RamObject, Reading
from dsrl.scoring.true_objects import inside, standing, true_fixtures, true_objects


def true_boxes(*rams: np.ndarray, things: tuple[RamObject, ...] = THINGS) -> list[tuple]:
    return [tuple(t)[:5] for t in true_objects(things, rams)]


def test_boxes_are_the_union_over_both_frames():
    assert true_boxes(ram(21, 32, 40, 50), ram(23, 34, 40, 50)) == [
        ("ball", 22.5, 31.5, 6, 4),
        ("paddle", 47.5, 51.5, 16, 4),
    ]


def test_boxes_are_cut_to_the_window_and_vanish_outside():
    assert true_boxes(ram(9, 32, 88, 50)) == [
        ("ball", 10.5, 30.5, 2, 2),
        ("paddle", 88.5, 51.5, 2, 4),
    ]
    assert true_boxes(ram(0, 32, 90, 50)) == []


def test_visible_in_one_of_the_frames_is_enough():
    assert true_boxes(ram(0, 32, 200, 0), ram(21, 32, 200, 0)) == [("ball", 21.5, 30.5, 4, 2)]


def test_a_jump_between_the_frames_shows_two_images():
    names = [t[0] for t in true_boxes(ram(0, 0, 20, 50), ram(0, 0, 60, 50))]
    assert names == ["paddle", "paddle"]


def test_readings_scale_and_numbers_stay():
    thing = RamObject(
        name="bat", top=20, left=Reading(1, 3, 2), height=4, width=Reading(2, scale=2),
        window=WINDOW,
    )  # fmt: skip
    assert true_boxes(ram(0, 10, 6), things=(thing,)) == [("bat", 21.5, 28.5, 4, 12)]


def test_any_alternative_shows_it_and_all_conditions_of_one_are_needed():
    blinking = RamObject(
        name="ship", top=20, left=20, height=4, width=4, window=WINDOW,
        shown=((Condition(0, (0,)),), (Condition(0, (1,)), Condition(1, (8,), 8))),
    )  # fmt: skip
    states = {(0, 0): 1, (0, 8): 1, (1, 0): 0, (1, 7): 0, (1, 8): 1, (1, 0xFF): 1, (4, 8): 0}
    for state, expected in states.items():
        assert len(true_boxes(ram(*state), things=(blinking,))) == expected, state


GRID = BitGrid(
    name="shield", top=30, left=40, cell_height=2, cell_width=3,
    bits=((Bit(0, 0x80), Bit(0, 0x40), Bit(0, 0x20)), (Bit(1, 3), Bit(1, 12), Bit(1, 48))),
    shown=((Condition(2, (0,)),),),
)  # fmt: skip


def test_a_cell_stands_while_all_its_bits_are_set():
    assert standing(GRID, [ram(0x50, 0b110110)]).tolist() == [
        [False, True, False],
        [False, False, True],
    ]
    assert not standing(GRID, [ram(0xFF, 0xFF, 1)]).any()


def test_a_cell_stands_that_either_frame_shows():
    assert standing(GRID, [ram(0x80), ram(0x20)]).tolist()[0] == [True, False, True]


def test_a_fixture_is_the_box_around_what_is_left():
    assert GRID.region == (30, 40, 34, 49)
    assert [tuple(t)[:5] for t in true_fixtures((GRID,), [ram(0x60, 12)])] == [
        ("shield", 31.5, 45.5, 4, 6)
    ]
    assert true_fixtures((GRID,), [ram(0, 1)]) == []


def test_inside_is_half_open():
    assert inside([GRID.region], 30, 40) and not inside([GRID.region], 34, 40)
