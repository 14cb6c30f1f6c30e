"""The scoring engine on hand-made memory, with perfect, null and degenerate controls."""

import numpy as np
import pytest
from made_memory import THINGS, WINDOW, ram

from dsrl.scoring.ground_truth import Score
from dsrl.scoring.memory_map import Bit, BitGrid, Condition, RamObject, Reading, Truth
from perception import Object

TRUTH = Truth(objects=THINGS, displays=((0, 0, 10, 100),))


def seen(kind: int, y: float, x: float, number: int = 0) -> Object:
    return Object(number, kind, y, x, 0.0, 0.0, 4.0, 2.0)


def score_of(steps: list[tuple[np.ndarray, list[Object]]], truth: Truth = TRUTH) -> dict:
    score = Score(truth=truth)
    for memory, objects in steps:
        score.add((memory, memory), objects)
    return score.summary()


BALL_AND_PADDLE = ram(21, 32, 40, 50)  # centres (21.5, 30.5) and (47.5, 51.5)


def test_perfect_perception_scores_full_marks():
    perfect = [seen(0, 21.5, 30.5, 0), seen(1, 47.5, 51.5, 1)]
    summary = score_of([(BALL_AND_PADDLE, perfect)] * 10)
    assert summary["f1"] == summary["type_purity"] == 1.0
    assert summary["centre_error_pixels"] == summary["switches_per_1000"] == 0.0
    for of_name in summary["objects"].values():
        assert of_name["f1"] == of_name["precision"] == of_name["purity"] == 1.0
    assert "wall" not in summary and "fixtures" not in summary


def test_blind_perception_scores_nought():
    summary = score_of([(BALL_AND_PADDLE, [])] * 10)
    assert summary["f1"] == summary["recall"] == 0.0
    assert summary["precision"] is None
    assert summary["type_purity"] is None
    assert summary["objects"]["ball"]["f1"] == 0.0


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


def test_a_spurious_detection_counts_against_what_its_kind_stands_for():
    objects = [
        seen(0, 21.5, 30.5, 0),
        seen(1, 47.5, 51.5, 1),
        seen(0, 70.0, 80.0, 2),  # looks like a ball
        seen(7, 70.0, 20.0, 3),  # of a kind that stands for nothing
    ]
    summary = score_of([(BALL_AND_PADDLE, objects)] * 2)
    ball, paddle = summary["objects"]["ball"], summary["objects"]["paddle"]
    assert (ball["precision"], ball["recall"], ball["f1"]) == (0.5, 1.0, pytest.approx(2 / 3))
    assert (paddle["precision"], paddle["f1"]) == (1.0, 1.0)
    assert summary["precision"] == 0.5


def test_one_kind_for_everything_is_half_pure():
    objects = [seen(0, 21.5, 30.5, 0), seen(0, 47.5, 51.5, 1)]
    summary = score_of([(BALL_AND_PADDLE, objects)] * 4)
    assert summary["type_purity"] == 0.5
    purities = [of_name["purity"] for of_name in summary["objects"].values()]
    assert sorted(purities) == [0.0, 1.0]  # the kind stands for one of the two


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


def shot(row_byte: int) -> RamObject:
    return RamObject(
        name="shot", top=Reading(row_byte), left=20, height=8, width=1, window=WINDOW,
        shown=((Condition(row_byte, range(1, 256)),),),
    )  # fmt: skip


def test_only_what_is_alone_of_its_name_can_switch_and_two_shots_are_not_the_same_one():
    truth = Truth(objects=(shot(0), shot(1)))
    one, other = [seen(0, 23.5, 20.0, 0)], [seen(0, 43.5, 20.0, 1)]
    steps = [(ram(20, 0), one), (ram(0, 40), other), (ram(20, 40), one + other)]
    assert score_of(steps, truth)["switches_per_1000"] == 0.0
    renamed = [seen(0, 23.5, 20.0, 9)]
    assert score_of([(ram(20, 0), one), (ram(20, 0), renamed)], truth)["switches_per_1000"] == 500


SHIELD = BitGrid(
    name="shield", top=60, left=70, cell_height=4, cell_width=1,
    bits=tuple(tuple(Bit(10 + row, 0x80 >> column) for column in range(8)) for row in range(4)),
)  # fmt: skip
DEBRIS = RamObject(
    name="debris", top=20, left=60, height=8, width=8, window=WINDOW,
    shown=((Condition(9, (1,)),),),
)  # fmt: skip
FURNISHED = Truth(objects=THINGS, displays=TRUTH.displays, ignored=(DEBRIS,), fixtures=(SHIELD,))


def test_fixtures_are_scored_apart():
    memory = BALL_AND_PADDLE.copy()
    memory[10:14] = 0xFF  # the whole shield: centre (67.5, 73.5)
    main = [seen(0, 21.5, 30.5, 0), seen(1, 47.5, 51.5, 1)]
    perfect = score_of([(memory, [*main, seen(2, 67.5, 73.5, 2)])], FURNISHED)
    blind = score_of([(memory, main)], FURNISHED)
    noisy = score_of([(memory, [*main, seen(2, 67.5, 73.5, 2), seen(2, 61.0, 71.0, 3)])], FURNISHED)
    assert perfect["f1"] == blind["f1"] == noisy["f1"] == 1.0
    assert perfect["fixtures"]["shield"]["f1"] == perfect["fixtures"]["shield"]["purity"] == 1.0
    assert blind["fixtures"]["shield"]["f1"] == 0.0
    assert noisy["fixtures"]["shield"]["precision"] == 0.5
    assert "shield" not in perfect["objects"]


def test_a_kind_for_balls_and_shields_is_impure_for_the_rarer():
    memory = BALL_AND_PADDLE.copy()
    memory[10:14] = 0xFF
    ball, shield = seen(0, 21.5, 30.5), seen(0, 67.5, 73.5)
    summary = score_of([(memory, [ball, shield])] * 3 + [(memory, [ball])], FURNISHED)
    assert summary["type_purity"] == 1.0  # over the map's objects alone
    assert summary["fixtures"]["shield"]["purity"] == 0.0


def test_what_is_left_of_a_fixture_is_what_must_be_found():
    memory = BALL_AND_PADDLE.copy()
    memory[13] = 0x0F  # the lower right of it: rows 72 to 75, columns 74 to 77
    summary = score_of([(memory, [seen(2, 73.5, 75.5)])], FURNISHED)
    assert summary["fixtures"]["shield"]["found"] == 1
    assert summary["fixtures"]["shield"]["centre_error_pixels"] == 0.0


def test_detections_of_what_is_ignored_do_not_count_while_it_is_there():
    exploding = BALL_AND_PADDLE.copy()
    exploding[9] = 1
    smoke = [seen(5, 23.0, 63.0)]
    assert score_of([(exploding, smoke)], FURNISHED)["spurious"] == 0
    assert score_of([(BALL_AND_PADDLE, smoke)], FURNISHED)["spurious"] == 1
    assert score_of([(exploding, [])], FURNISHED)["recall"] == 0.0  # of ball and paddle alone


def test_an_object_in_front_of_a_display_is_found_and_not_a_display():
    high = RamObject(name="ship", top=2, left=Reading(1), height=4, width=4, window=(0, 0, 90, 100))
    truth = Truth(objects=(high,), displays=TRUTH.displays)
    summary = score_of([(ram(0, 30), [seen(0, 3.5, 31.5)])], truth)
    assert (summary["f1"], summary["display_detections"]) == (1.0, 0)


def test_bricks_are_not_spurious_and_a_ball_before_the_wall_is_a_ball():
    wall = BitGrid(
        name="wall", top=12, left=0, cell_height=6, cell_width=8, bits=((Bit(8, 1), Bit(8, 2)),) * 2
    )
    truth = Truth(objects=THINGS, wall=wall)
    memory = ram(15, 9, 40, 50)  # the ball at (15.5, 7.5)
    memory[8] = 3
    objects = [seen(0, 15.5, 7.5), seen(1, 47.5, 51.5), seen(3, 20.0, 4.0), seen(3, 14.0, 1.0)]
    summary = score_of([(memory, objects)], truth)
    assert (summary["f1"], summary["spurious"]) == (1.0, 0)
    assert summary["wall"]["bricks"] == 0  # all stand


def test_of_two_that_are_near_each_is_found_by_the_one_called_as_it_is():
    """A shot within an alien: without names it would be the nearer of the two detections."""
    memory = ram(21, 32, 14, 30)  # centres (21.5, 30.5) and (21.5, 31.5)
    crossed = [seen(0, 21.5, 32.0, 0), seen(1, 21.5, 30.0, 1)]
    called = {0: "ball", 1: "paddle"}
    by_name, anyhow = Score(truth=TRUTH, called=called), Score(truth=TRUTH)
    for score in (by_name, anyhow):
        score.add((memory, memory), crossed)
    assert set(by_name.kinds) == {(0, "ball"), (1, "paddle")}
    assert by_name.summary()["f1"] == anyhow.summary()["f1"] == 1.0


def test_who_is_followed_is_called_as_it_is_where_names_are_known():
    """A shot that is missed for a step, and its place taken by the ship it passes."""
    steps = [[seen(0, 21.5, 30.5, 4)], [seen(1, 21.5, 31.5, 9)], [seen(0, 21.5, 30.5, 4)]]
    by_name, anyhow = Score(truth=TRUTH, called={0: "ball", 1: "paddle"}), Score(truth=TRUTH)
    for score in (by_name, anyhow):
        for objects in steps:
            score.add((ram(21, 32, 0, 0),) * 2, objects)
    assert (by_name.switches, anyhow.switches) == (0, 2)
    assert by_name.summary()["followed"] == pytest.approx(
        2 / 6
    )  # which is not hidden (the paddle never is found)
    changed = Score(truth=TRUTH, called={0: "ball"})
    for number in (4, 5):
        changed.add((ram(21, 32, 0, 0),) * 2, [seen(0, 21.5, 30.5, number)])
    assert changed.switches == 1
