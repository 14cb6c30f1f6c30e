"""Reading a wall off objects, on a wall of 2 x 3 bricks of 6 x 8 pixels, with controls."""

import numpy as np

from dsrl.scoring.memory_map import Bit, BitGrid
from dsrl.scoring.wall_score import NOTHING, WallScore, brick_labels
from perception import Object

WALL = BitGrid(
    name="wall", top=10, left=20, cell_height=6, cell_width=8,
    bits=tuple(tuple(Bit(row, 1 << column) for column in range(3)) for row in range(2)),
)  # fmt: skip
WHOLE, ONE_GONE = (0b111, 0b111), (0b111, 0b101)


def ram(top: int, bottom: int) -> np.ndarray:
    memory = np.zeros(128, np.uint8)
    memory[:2] = top, bottom
    return memory


def thing(kind: int, top: int, left: int, height: int, width: int) -> Object:
    return Object(0, kind, top + (height - 1) / 2, left + (width - 1) / 2, 0, 0, height, width)


def bricks(state: tuple[int, int], kind: int = 4) -> list[Object]:
    """One object a standing brick."""
    return [
        thing(kind, 10 + 6 * row, 20 + 8 * column, 6, 8)
        for row, bits in enumerate(state)
        for column in range(3)
        if bits >> column & 1
    ]


def score_of(*steps: tuple[tuple[int, int], list[Object]]) -> dict:
    score = WallScore(WALL)
    for state, seen in steps:
        score.add((ram(*state), ram(*state)), seen)
    return score.summary()


def test_the_smallest_box_over_a_bricks_centre_gives_its_label():
    band, ball = thing(1, 10, 20, 6, 24), thing(2, 11, 22, 4, 4)
    expected = [[2, 1, 1], [NOTHING, NOTHING, NOTHING]]
    assert brick_labels(WALL, [band, ball]).tolist() == expected
    assert brick_labels(WALL, [ball, band]).tolist() == expected


def test_perfect_reading():
    summary = score_of((WHOLE, bricks(WHOLE)), (ONE_GONE, bricks(ONE_GONE)))
    assert summary["f1"] == summary["accuracy"] == 1.0
    assert (summary["bricks"], summary["gone"]) == (6, 1)


def test_holes_may_be_the_objects():
    hole = thing(7, 16, 28, 6, 8)
    assert score_of((WHOLE, []), (ONE_GONE, [hole]))["f1"] == 1.0


def test_a_blind_eye_finds_nothing_gone():
    summary = score_of((WHOLE, []), (ONE_GONE, []))
    assert (summary["f1"], summary["recall"], summary["precision"]) == (0.0, 0.0, None)
    assert summary["accuracy"] == 5 / 6


def test_losing_the_whole_wall_is_as_precise_as_bricks_are_gone():
    summary = score_of((WHOLE, bricks(WHOLE)), (ONE_GONE, []))
    assert (summary["recall"], summary["precision"], summary["accuracy"]) == (1.0, 1 / 6, 1 / 6)


def test_labels_are_of_the_episode_and_of_the_last_whole_wall():
    repainted = (WHOLE, bricks(WHOLE, kind=5)), (ONE_GONE, bricks(ONE_GONE, kind=5))
    assert score_of((WHOLE, bricks(WHOLE, kind=4)), *repainted)["f1"] == 1.0
    score = WallScore(WALL)
    score.add((ram(*WHOLE),), bricks(WHOLE))
    score.new_episode()
    score.add((ram(*ONE_GONE),), bricks(ONE_GONE))
    assert score.summary()["bricks"] == 0
    assert score.summary()["f1"] is None


def test_a_brick_is_gone_when_neither_frame_shows_it():
    score = WallScore(WALL)
    score.add((ram(*WHOLE), ram(*WHOLE)), bricks(WHOLE))
    score.add((ram(*WHOLE), ram(*ONE_GONE)), bricks(WHOLE))
    assert score.summary()["bricks"] == 0  # still all to be seen
