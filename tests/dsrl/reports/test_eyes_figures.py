"""Figures of what eyes see: labels that can be read, colours that can be told apart."""

from collections.abc import Iterator
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from dsrl.reports.eyes_figures import (
    COLOURS,
    DASHES,
    DPI,
    LOOK_GAP,
    LOOK_SCALE,
    Looks,
    box_style,
    dictionary,
    scene,
)
from perception import Object

FRAME = np.zeros((210, 160, 3), np.uint8)
TITLES = ("one", "two", "three")


def thing(number: int, y: float, x: float, kind: int = 0) -> Object:
    return Object(number, kind, y, x, 0.0, 0.0, 6.0, 8.0)


def shown(*objects: Object, names: dict[int, str] | None = None) -> Figure:
    return scene([FRAME] * 3, TITLES, "a title", objects, names or {})


def labels(axes: Axes) -> dict[str, tuple[float, float, float, float]]:
    """Where each label stands, in pixels."""
    return {text.get_text(): text.get_window_extent().extents for text in axes.texts}


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def test_panels_have_titles_and_units_and_the_boxes_a_legend() -> None:
    figure = shown(thing(47, 50, 50), thing(3, 90, 50, kind=2), names={2: "ball"})
    assert [axes.get_title() for axes in figure.axes] == list(TITLES)
    assert {axes.get_xlabel() for axes in figure.axes} == {"x, pixels"}
    assert figure.axes[0].get_ylabel() == "y, pixels"
    assert set(labels(figure.axes[2])) == {"0/47", "2/3"}
    written = " ".join(text.get_text() for text in figure.texts)
    assert "a title" in written
    assert "labelled kind/number: 0/47 is of kind 0, and is number 47" in written
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["kind 0: 1", "kind 2 (ball): 1"]


def test_a_frame_without_things_says_so() -> None:
    figure = shown()
    assert "Nothing was found in this frame." in [text.get_text() for text in figure.texts]
    assert not figure.legends


def test_labels_cover_no_thing_and_no_other_label() -> None:
    """A wall of bricks, whose labels are wider than they are; and one thing aside."""
    wall = [thing(9 * row + i, 60 + 6 * row, 20 + 8 * i, row) for row in range(4) for i in range(9)]
    figure = shown(*wall, thing(99, 150, 80, kind=5), thing(100, 4, 154, kind=5))
    axes = figure.axes[2]
    found = labels(axes)
    assert {"5/99", "5/100"} <= set(found)
    assert 4 < len(found) < len(wall)
    boxes = [patch.get_window_extent().extents for patch in axes.patches]
    assert len(boxes) == len(wall) + 2

    def meet(one: np.ndarray, other: np.ndarray) -> bool:
        low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
        return bool((high - low > 0.5).all())

    extents = [np.array(each) for each in found.values()]
    assert not any(meet(*pair) for pair in combinations(extents, 2))
    assert not any(meet(one, np.array(box)) for one in extents for box in boxes)
    assert all(each[3] <= axes.bbox.y1 for each in extents)  # none lies upon the title


@pytest.mark.parametrize(
    "confusion",
    [
        np.eye(3),
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],  # no green cones
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],  # no red ones
    ],
)
def test_colours_of_kinds_can_be_told_apart_by_anybody(confusion: np.ndarray) -> None:
    """As Machado et al. 2009 compute what is seen, in linear light."""
    linear = np.array([to_rgb(colour) for colour in COLOURS]) ** 2.2
    seen = np.clip(linear @ np.array(confusion).T, 0, 1) ** (1 / 2.2)
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.15
    styles = [box_style(kind) for kind in range(len(COLOURS) * len(DASHES))]
    assert len({(s["edgecolor"], s["linestyle"]) for s in styles}) == len(styles)


def test_many_looks_go_on_in_another_line() -> None:
    look = np.full((20, 30, 3), (200, 10, 90), np.uint8)
    one, many = (
        dictionary([Looks(("0", "", "20x30", str(number)), [look] * number)], "a title")
        for number in (1, 12)
    )
    more = LOOK_SCALE * (20 + LOOK_GAP)
    assert many.bbox.height == pytest.approx(one.bbox.height + more)
    assert many.bbox.width < 1000
    many.canvas.draw()
    drawn = np.asarray(many.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    assert (drawn == look[0, 0]).all(axis=2).sum() == 12 * 20 * 30 * LOOK_SCALE**2
    assert many.dpi == DPI
