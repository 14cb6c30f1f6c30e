"""MyPaint's brushes; CI installs the library."""

import ctypes.util

import numpy as np
import pytest

from perception.spiral import mypaint
from perception.spiral.canvas import blank, no_actions, render, render_steps
from perception.spiral.stroke_programs import JUMP, STROKE
from perception.spiral.strokes import StrokesCanvas, StrokesConfig

needs_mypaint = pytest.mark.skipif(
    ctypes.util.find_library(mypaint.LIBRARY) is None or not mypaint.brush_names(),
    reason=f"needs MyPaint's brushes: {mypaint.INSTALL}",
)
PROGRAMS = StrokesCanvas().random_programs(12, 6, np.random.default_rng(0))


def pen(**config: int) -> StrokesCanvas:
    return StrokesCanvas(StrokesConfig(brush="classic/pen", **config))


@needs_mypaint
def test_a_pen_draws_what_the_round_brush_draws() -> None:
    ours, its = (render(c, PROGRAMS).reshape(len(PROGRAMS), -1) for c in (StrokesCanvas(), pen()))
    alike = np.corrcoef(ours, its)[: len(ours), len(ours) :]
    assert (alike.argmax(axis=1) == np.arange(len(ours))).all()
    assert np.diag(alike).min() > 0.6  # it presses on broader lines


@needs_mypaint
@pytest.mark.parametrize("brush", ["classic/pen", "classic/dry_brush", "Dieterle/Blender"])
def test_the_same_programs_are_the_same_pictures_step_by_step_and_at_once(brush: str) -> None:
    canvas = StrokesCanvas(StrokesConfig(brush=brush))
    steps = render_steps(canvas, PROGRAMS)
    assert np.array_equal(steps[:, -1], render(canvas, PROGRAMS))
    assert np.array_equal(render(canvas, PROGRAMS[::-1]), steps[::-1, -1])


@needs_mypaint
def test_painting_is_pure() -> None:
    pictures = blank(pen(), len(PROGRAMS))
    pen().paint(pictures, no_actions(pen(), len(PROGRAMS)), pen().executed(PROGRAMS[:, 0]))
    assert pictures.max() == 0


@needs_mypaint
@pytest.mark.parametrize("side", [20, 64, 100, 200])
def test_pictures_of_any_size_are_one_across_tiles(side: int) -> None:
    canvas = pen(side=side, grid=20)
    line = np.array([[[JUMP, 201, 0, 0, 9], [STROKE, 218, 209, 1, 9]]])
    picture = render(canvas, line)[0, ..., 0]
    row = picture[round((10 + 0.5) * side / 20)]
    assert row[int(0.15 * side) : int(0.85 * side)].min() > 100  # nowhere broken
    assert picture[: side // 3].max() == picture[2 * side // 3 :].max() == 0


@needs_mypaint
def test_what_is_there_stays_to_the_level() -> None:
    canvas = pen(side=70, colours=20)
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (1, 70, 70, 3), np.uint8)
    jump = canvas.executed(canvas.idle_programs(1, 1)[:, 0])
    assert np.array_equal(canvas.paint(picture, no_actions(canvas, 1), jump), picture)
    stroke = np.array([[STROKE, 8, 4, 1, 9, 19, 0, 0]])
    painted = canvas.paint(picture, no_actions(canvas, 1), stroke)
    assert np.array_equal(painted[:, 20:], picture[:, 20:])
    assert painted[0, 1, 9].tolist() == [255, 0, 0]


@needs_mypaint
def test_there_is_no_such_brush() -> None:
    with pytest.raises(ValueError, match="no brush classic/penn: did you mean classic/pen"):
        StrokesConfig(brush="classic/penn")
    with pytest.raises(ValueError, match="crashes libmypaint"):
        StrokesConfig(brush="Dieterle/Posterizer")
    with pytest.raises(ValueError, match="no brush"):
        StrokesConfig(brush="../brushes/classic/pen")


def test_without_the_library_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    mypaint._library.cache_clear()
    try:
        with pytest.raises(ValueError, match="apt-get install libmypaint"):
            mypaint._library()
    finally:
        mypaint._library.cache_clear()
