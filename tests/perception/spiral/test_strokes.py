"""The canvas of strokes: curves where eq. 7 has them, pure, the same at any size."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from perception.spiral.brush import TOLERANCE, bezier
from perception.spiral.canvas import (
    UNUSED,
    blank,
    checked_actions,
    no_actions,
    previous_actions,
    render,
    render_steps,
    squared_error,
)
from perception.spiral.env import DrawingEnv
from perception.spiral.rewards import l2_score
from perception.spiral.stroke_programs import (
    CONTROL,
    END,
    FLAG,
    JUMP,
    PRESSURE,
    SIZE,
    STROKE,
    ProgramConfig,
    cells,
    places,
)
from perception.spiral.strokes import StrokesCanvas, StrokesConfig

GREY = StrokesCanvas()


def at(y: int, x: int) -> int:
    return y * 32 + x


def program(*steps: tuple[int, ...]) -> np.ndarray:
    return np.array([steps], np.int64)


LINE = program((JUMP, at(4, 6), 0, 0, 0), (STROKE, at(4, 26), at(4, 16), 1, 9))


def test_a_curve_is_that_of_the_equation() -> None:
    start, control, end = np.array([0.0, 1.0]), np.array([4.0, 9.0]), np.array([10.0, 3.0])
    points = bezier(start, control, end)
    tau = np.linspace(0, 1, len(points))[:, None]
    exact = (1 - tau) ** 2 * start + 2 * (1 - tau) * tau * control + tau**2 * end
    assert np.allclose(points, exact)
    assert len(bezier(start, (start + end) / 2, end)) == 2  # straight
    # half way between two of the points the curve is no further off than it may be
    between = (tau[1:] + tau[:-1]) / 2
    exact = (1 - between) ** 2 * start + 2 * (1 - between) * between * control + between**2 * end
    off = np.hypot(*(exact - (points[1:] + points[:-1]) / 2).T)
    assert TOLERANCE / 3 < off.max() <= TOLERANCE


def test_a_line_is_where_it_was_asked_for() -> None:
    picture = render(GREY, LINE)[0, ..., 0]
    assert (picture[4, 6:27] == 255).all()  # radius 1.0: full on the line itself,
    assert (picture[[3, 5], 6:27] == 128).all()  # half a pixel into the next ones,
    assert picture[:3].sum() == picture[6:].sum() == 0  # and no further
    assert picture[4, 4] == 0
    assert picture[4, 5] == 128


@pytest.mark.parametrize(("level", "ink"), [(0, 26), (4, 128), (9, 255)])
def test_pressure_is_the_ink(level: int, ink: int) -> None:
    pressed = LINE.copy()
    pressed[0, 1, PRESSURE] = level
    assert render(GREY, pressed).max() == ink


def test_a_larger_brush_leaves_more() -> None:
    inks = []
    for size in range(len(GREY.config.radii)):
        LINE[0, 1, SIZE] = size
        inks.append(int(render(GREY, LINE).sum()))
    LINE[0, 1, SIZE] = 1
    assert inks == sorted(set(inks))


def test_a_stroke_begins_where_the_last_step_ended_a_jump_included() -> None:
    corner = program((STROKE, at(0, 20), at(0, 10), 1, 9))
    assert render(GREY, corner)[0, 0, :20, 0].min() == 255
    joined = program((JUMP, at(4, 6), 0, 0, 0), (STROKE, at(4, 16), at(4, 11), 1, 9),
                     (STROKE, at(4, 26), at(4, 21), 1, 9))  # fmt: skip
    assert np.array_equal(render(GREY, joined), render(GREY, LINE))  # without a blot


def test_what_a_jump_does_not_use_changes_nothing_and_is_not_told() -> None:
    other = LINE.copy()
    other[0, 0, CONTROL:] = (77, 3, 4)
    assert np.array_equal(render(GREY, other), render(GREY, LINE))
    executed = GREY.executed(other)
    assert executed[0, 0].tolist() == [JUMP, at(4, 6), UNUSED, UNUSED, UNUSED]
    assert np.array_equal(GREY.executed(executed), executed)
    before = previous_actions(GREY, other)
    assert (before[0, 0] == UNUSED).all()
    assert np.array_equal(before[0, 1], executed[0, 0])


def test_painting_is_pure_and_in_steps_the_same_as_at_once() -> None:
    rng = np.random.default_rng(0)
    programs = GREY.random_programs(20, 6, rng)
    pictures, kept = blank(GREY, 20), programs.copy()
    GREY.paint(pictures, no_actions(GREY, 20), GREY.executed(programs[:, 0]))
    assert pictures.max() == 0
    steps = render_steps(GREY, programs)
    assert steps.shape == (20, 7, 32, 32, 1)
    assert np.array_equal(steps[:, -1], render(GREY, programs))
    assert (np.diff(steps.astype(int), axis=1) >= 0).all()
    assert np.array_equal(programs, kept)


def test_a_program_drawn_larger_is_the_same_picture() -> None:
    programs = GREY.random_programs(20, 6, np.random.default_rng(1))
    large = render(GREY.larger(256), programs).astype(float)
    shrunk = large.reshape(20, 32, 8, 32, 8, 1).mean(axis=(2, 4))
    small = render(GREY, programs).astype(float)
    ink = np.square(small / 255).mean()
    assert np.square((shrunk - small) / 255).mean() < 0.01 * ink


def test_colours_are_painted_over() -> None:
    canvas = StrokesCanvas(StrokesConfig(colours=20))
    assert [c.name for c in canvas.components][5:] == ["red", "green", "blue"]
    red = np.concatenate([LINE, np.broadcast_to([19, 0, 0], (1, 2, 3))], axis=2)
    blue = np.concatenate([LINE, np.broadcast_to([0, 0, 19], (1, 2, 3))], axis=2)
    picture = render(canvas, np.concatenate([red, blue], axis=1))
    assert picture[0, 4, 16].tolist() == [0, 0, 255]
    assert picture[0, 3, 16].tolist() == [64, 0, 128]  # half of half


def test_programs_by_chance_are_drawings() -> None:
    programs = GREY.random_programs(300, 8, np.random.default_rng(2))
    flags = programs[..., FLAG]
    assert (flags[:, 0] == JUMP).all()
    assert ((flags == STROKE).sum(axis=1) >= 2).all()
    assert 0.03 < (render(GREY, programs).mean() / 255) < 0.2
    ends = places(programs[..., END], 32)
    low = GREY.programs.margin * 32 - 1
    assert ends.min() >= low and ends.max() <= 31 - low
    # what is left over does nothing, and a line goes down rather than up
    last = np.flatnonzero(flags[0] == STROKE)[-1]
    assert len(set(programs[0, last:, END])) == 1
    first_line = programs[(flags[:, 1:] == STROKE).all(axis=1)]
    ends = places(first_line[..., END], 32)
    assert (ends[:, 0, 0] <= ends[:, -1, 0]).all()


def test_chance_is_the_seeds() -> None:
    one, same, other = (GREY.random_programs(9, 5, np.random.default_rng(s)) for s in (3, 3, 4))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_change_is_small_and_within_range() -> None:
    rng = np.random.default_rng(5)
    programs = GREY.random_programs(500, 6, rng)
    changed = GREY.varied(programs, rng)
    checked_actions(GREY, changed)
    differs = (programs != changed).any(axis=2).sum(axis=1)
    assert (differs <= 6).all()
    assert np.mean(differs <= 1) > 0.75
    assert np.mean(differs == 0) < 0.25


def test_cells_and_places_are_inverses() -> None:
    every = np.arange(32 * 32)
    assert np.array_equal(cells(places(every, 32), 32), every)
    assert cells(np.array([-3.0, 40.0]), 32) == at(0, 31)


def test_the_environment_is_one() -> None:
    targets = render(GREY, GREY.random_programs(5, 4, np.random.default_rng(0)))
    for env in (DrawingEnv(GREY, 4, targets, when="step"), DrawingEnv(GREY, 4)):
        check_env(env, skip_render_check=True)
    drawn = []
    for _ in range(2):
        env = DrawingEnv(GREY, 4, targets, render_mode="rgb_array")
        seen, _ = env.reset(seed=7)
        env.action_space.seed(3)
        seen, reward, ended = seen, 0.0, False
        while not ended:
            seen, reward, ended, _, _ = env.step(env.action_space.sample())
        drawn.append(seen)
        assert reward == pytest.approx(l2_score(seen["canvas"][None], seen["target"][None])[0])
        assert env.render().shape == (32, 32, 3)
    assert all(np.array_equal(drawn[0][key], drawn[1][key]) for key in drawn[0])


def test_rewards_by_step_add_up_to_what_the_end_is_better_by() -> None:
    target = render(GREY, LINE)
    env = DrawingEnv(GREY, 2, target, when="step")
    env.reset(seed=0)
    rewards = [env.step(step)[1] for step in LINE[0]]
    assert rewards[0] == 0
    assert sum(rewards) == pytest.approx(-l2_score(blank(GREY, 1), target)[0])


def test_errors_are_of_pixels_in_0_to_1() -> None:
    white = np.full((2, 32, 32, 1), 255, np.uint8)
    assert squared_error(white, blank(GREY, 2)).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StrokesConfig(side=0), "side must be"),
        (lambda: StrokesConfig(grid=1), "grid must be"),
        (lambda: StrokesConfig(radii=()), "radii must be"),
        (lambda: StrokesConfig(pressures=0), "pressures must be"),
        (lambda: StrokesConfig(colours=1), "colours must be"),
        (lambda: ProgramConfig(lifts=2), "lifts must be"),
        (lambda: ProgramConfig(lengths=(0.5, 0.1)), "lengths must rise"),
        (lambda: ProgramConfig(margin=0.5), "margin must be"),
        (lambda: ProgramConfig(least=0), "least must be"),
        (lambda: DrawingEnv(GREY, 0), "steps must be"),
        (lambda: DrawingEnv(GREY, 2, np.zeros((1, 8, 8, 1), np.uint8)), "targets have shape"),
        (lambda: checked_actions(GREY, [[0, 0, 1024, 0, 0]]), "control below 1024"),
        (lambda: checked_actions(GREY, [[0, 0]]), "5 components"),
    ],
)
def test_what_cannot_be_is_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]
