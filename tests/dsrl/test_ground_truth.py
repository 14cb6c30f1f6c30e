"""The scoring engine on hand-made memory, with perfect, null and degenerate controls; Pong's table
against the pixels."""

import numpy as np
import pytest

from agents.envs import Protocol, make_env
from dsrl.experiments import GAMES, RamObject, Truth
from dsrl.ground_truth import Score, true_objects
from perception import Object

WINDOW = (10, 0, 90, 100)
TRUTH = Truth(
    objects=(
        RamObject(
            name="ball", row_byte=0, row_offset=-1, column_byte=1, column_offset=-2,
            height=4, width=2, window=WINDOW, hidden_rows=(0,),
        ),
        RamObject(
            name="paddle", row_byte=2, row_offset=0, column_byte=3, column_offset=0,
            height=16, width=4, window=WINDOW,
        ),
    ),
    displays=((0, 0, 10, 100),),
)  # fmt: skip


def ram(*values: int) -> np.ndarray:
    memory = np.zeros(128, np.uint8)
    memory[: len(values)] = values
    return memory


def seen(kind: int, y: float, x: float, number: int = 0) -> Object:
    return Object(number, kind, y, x, 0.0, 0.0, 4.0, 2.0)


def true_boxes(*rams: np.ndarray) -> list[tuple]:
    return [tuple(t) for t in true_objects(TRUTH, rams)]


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


def score_of(steps: list[tuple[np.ndarray, list[Object]]]) -> dict:
    score = Score(truth=TRUTH)
    for memory, objects in steps:
        score.add((memory, memory), objects)
    return score.summary()


BALL_AND_PADDLE = ram(21, 32, 40, 50)  # centres (21.5, 30.5) and (47.5, 51.5)


def test_perfect_perception_scores_full_marks():
    perfect = [seen(0, 21.5, 30.5, 0), seen(1, 47.5, 51.5, 1)]
    summary = score_of([(BALL_AND_PADDLE, perfect)] * 10)
    assert summary["f1"] == summary["type_purity"] == 1.0
    assert summary["centre_error_pixels"] == summary["switches_per_1000"] == 0.0


def test_blind_perception_scores_nought():
    summary = score_of([(BALL_AND_PADDLE, [])] * 10)
    assert summary["f1"] == summary["recall"] == 0.0
    assert summary["precision"] is None
    assert summary["type_purity"] is None


def test_nothing_to_see_has_no_score():
    assert score_of([(ram(0, 0, 200, 0), [])])["f1"] is None


def test_misses_spurious_ones_and_distance_by_hand():
    objects = [
        seen(0, 21.5, 33.5, 0),  # 3 pixels off the ball
        seen(0, 22.5, 31.5, 1),  # the ball once more, nearer: one of the two is spurious
        seen(1, 47.5, 56.0, 2),  # 4.5 pixels off the paddle
        seen(2, 5.0, 50.0, 3),  # in the display
    ]
    summary = score_of([(BALL_AND_PADDLE, objects)])
    assert summary["precision"] == pytest.approx(1 / 3)
    assert summary["recall"] == pytest.approx(1 / 2)
    assert summary["f1"] == pytest.approx(0.4)
    assert summary["centre_error_pixels"] == pytest.approx(np.sqrt(2))
    assert (summary["spurious"], summary["display_detections"]) == (2, 1)


def test_one_kind_for_everything_is_half_pure():
    objects = [seen(0, 21.5, 30.5, 0), seen(0, 47.5, 51.5, 1)]
    assert score_of([(BALL_AND_PADDLE, objects)] * 4)["type_purity"] == 0.5


def test_switches_count_changed_identities_of_what_stayed_in_sight():
    def step(ball: int | None, paddle: int):
        memory = ram(0 if ball is None else 21, 32, 40, 50)
        objects = [seen(1, 47.5, 51.5, paddle)]
        return memory, objects + ([] if ball is None else [seen(0, 21.5, 30.5, ball)])

    # the ball is away for a step and comes back as 7: no switch; then it becomes 8: one
    steps = [step(0, 1), step(None, 1), step(7, 1), step(8, 1), step(8, 1)]
    assert score_of(steps)["switches_per_1000"] == 200.0
    assert score_of([step(0, 1), step(0, 5), step(0, 1)])["switches_per_1000"] == pytest.approx(
        2000 / 3
    )


def test_pongs_table_is_where_the_pixels_are():
    truth = GAMES["pong"].truth
    assert truth is not None
    colours = {"ball": (236, 236, 236), "enemy": (213, 130, 74)}
    env = make_env(Protocol(game="ALE/Pong-v5"))
    rng = np.random.default_rng(0)
    frame, _ = env.reset(seed=0)
    checked = {"ball": 0, "enemy": 0, "player": 0}
    for _ in range(300):
        frame, _, _, _, _ = env.step(int(rng.integers(env.action_space.n)))
        field = frame[34:194].astype(int)
        for true in true_objects(truth, env.rams()):
            if true.name == "player":  # its colour, pure or blended with what was behind it
                mask = (field[..., 1] == 186) & (field[..., 2] == 92)
            else:
                mask = (field == colours[true.name]).all(axis=2)
            y, x = mask.nonzero()
            if len(y) == 0 or true.height > 40:
                continue
            centre = (y.min() + y.max()) / 2 + 34, (x.min() + x.max()) / 2
            assert np.hypot(centre[0] - true.y, centre[1] - true.x) <= 1.0, true
            checked[true.name] += 1
    env.close()
    assert min(checked.values()) > 50
