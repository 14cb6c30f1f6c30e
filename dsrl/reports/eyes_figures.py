"""Figures of what eyes see: panels side by side with boxes around things, and a dictionary.

Pixels of a game are drawn as whole squares of the picture, so everything is laid out in pixels.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from dsrl.reports.plots import png
from dsrl.runs.names import NO_NAMES, Names, called
from perception import Object
from perception.png import decode_png

DPI = 100
WIDE = 320  # pixels a panel is wide, about: three of them can be read on a page
LEFT, RIGHT, APART, TOP, UNDER = 50, 12, 14, 58, 42  # pixels around panels and between them
LINE, CHARACTER = 20, 8  # pixels: height of a line of text, about the width of a character
TEXT, SMALL = 9, 7.5  # points
LOOK_SCALE, LOOK_GAP, GREY = 3, 4, 96  # of a dictionary: enlargement, native pixels apart, level
COLUMNS = ("kind", "name", "height x width, pixels", "looks")
OUTLINE = [withStroke(linewidth=2.2, foreground="black")]
# Okabe and Ito's, which people tell apart who do not tell red from green, and white; then dashes.
COLOURS = ("#E69F00", "#56B4E9", "#F0E442", "#CC79A7", "#009E73", "#FFFFFF", "#D55E00", "#0072B2")
DASHES = ("solid", (0, (4, 1.5)), (0, (1.2, 1.2)))


class Looks(NamedTuple):
    """A row of a dictionary: what stands in its `COLUMNS`, and the looks, (h, w, 3) uint8 on
    grey."""

    texts: tuple[str, ...]
    pictures: Sequence[np.ndarray]


def enlargement(width: int) -> int:
    """How many pixels of the figure a pixel of a game is wide and high."""
    return max(1, round(WIDE / width))


def panels(
    pictures: Sequence[np.ndarray], titles: Sequence[str], title: str, below: float = 0
) -> Figure:
    """Pictures of one size (H, W, 3) side by side with their titles, their axes in native pixels;
    so many pixels are left free below."""
    height, width = (side * enlargement(pictures[0].shape[1]) for side in pictures[0].shape[:2])
    figure = _figure(_across(pictures), TOP + height + UNDER + below)
    for number, (picture, name) in enumerate(zip(pictures, titles, strict=True)):
        axes = _at(figure, LEFT + number * (width + APART), TOP, width, height)
        axes.imshow(picture, interpolation="nearest", aspect="auto")
        axes.set_title(name, fontsize=TEXT)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5, integer=True))
        axes.tick_params(labelsize=SMALL, labelleft=number == 0)
        axes.set_xlabel("x, pixels", fontsize=SMALL)
        if number == 0:
            axes.set_ylabel("y, pixels", fontsize=SMALL)
    _write(figure, LEFT, 14, title, weight="bold")
    return figure


def scene(
    pictures: Sequence[np.ndarray],
    titles: Sequence[str],
    title: str,
    objects: Sequence[Object],
    names: Names = NO_NAMES,
) -> Figure:
    """`panels` with a box for every object in the last one, and what boxes and labels mean."""
    counted = sorted(Counter(o.kind for o in objects).items())
    entries = [f"kind {called(kind, names)}: {number}" for kind, number in counted]
    longest = max(map(len, entries), default=0)
    lines = math.ceil(len(entries) / max(1, _across(pictures) // (45 + CHARACTER * longest)))
    below = LINE * (2 + lines) + RIGHT
    figure = panels(pictures, titles, title, below)
    down = figure.bbox.height - below
    if not objects:
        _write(figure, LEFT, down, "Nothing was found in this frame.")
        return figure
    draw_boxes(figure.axes[-1], objects)
    for number, text in enumerate(_how_to_read(objects[0])):
        _write(figure, LEFT, down + number * LINE, text)
    figure.legend(
        [Patch(facecolor="0.3", path_effects=OUTLINE, **box_style(kind)) for kind, _ in counted],
        entries,
        ncols=math.ceil(len(entries) / lines), fontsize=TEXT, frameon=False, borderpad=0,
        loc="upper left", bbox_to_anchor=_corner(figure, LEFT, down + 2 * LINE), borderaxespad=0,
    )  # fmt: skip
    return figure


def seen(frame: np.ndarray, objects: Sequence[Object], title: str) -> Figure:
    """A frame, and beside it the same with what was found in it."""
    return scene([frame, frame], ["the frame", "things found: kind/number"], title, objects)


def pixels(figure: Figure) -> np.ndarray:
    """The figure as (H, W, 3) uint8; it is closed."""
    return decode_png(png(figure, DPI))


def dictionary(rows: Sequence[Looks], title: str) -> Figure:
    """A row for each kind: what stands in its `COLUMNS`, and its looks, enlarged."""
    bands = [_band(row.pictures) for row in rows]
    *lefts, begin = _lefts([COLUMNS, *(row.texts for row in rows)])
    head = f"its looks, the commonest first, {LOOK_SCALE} times as large"
    wide = max(CHARACTER * len(head), *(band.shape[1] for band in bands))
    figure = _figure(begin + wide + RIGHT, TOP + sum(map(len, bands)) + RIGHT)
    _write(figure, lefts[0], 14, title, weight="bold")
    for text, left in zip((*COLUMNS, head), (*lefts, begin), strict=True):
        _write(figure, left, TOP - LINE, text, color="0.35")
    top = TOP
    for row, band in zip(rows, bands, strict=True):
        for text, left in zip(row.texts, lefts, strict=True):
            _write(figure, left, top + LOOK_SCALE * LOOK_GAP, text)
        axes = _at(figure, begin, top, band.shape[1], len(band))
        axes.imshow(band, interpolation="nearest", aspect="auto")
        axes.set_axis_off()
        top += len(band)
    return figure


def box_style(kind: int) -> dict[str, Any]:
    """Colour and dashes by which a kind's boxes are told from others'."""
    dashes = DASHES[kind // len(COLOURS) % len(DASHES)]
    return {"edgecolor": COLOURS[kind % len(COLOURS)], "linestyle": dashes, "linewidth": 1.1}


def draw_boxes(axes: Axes, objects: Sequence[Object]) -> None:
    """A box around each object, with its label wherever that covers no other and nothing found."""
    boxes = [
        Rectangle(
            (o.x - o.width / 2 - 0.5, o.y - o.height / 2 - 0.5), o.width + 1, o.height + 1,
            fill=False, path_effects=OUTLINE, **box_style(o.kind),
        )
        for o in objects
    ]  # fmt: skip
    for box in boxes:
        axes.add_patch(box)
    taken = [box.get_window_extent() for box in boxes]
    for o, box in zip(objects, boxes, strict=True):
        for text in _labels(axes, f"{o.kind}/{o.id}", box):
            extent = text.get_window_extent()
            if _within(extent, axes.bbox) and not any(_meet(extent, other) for other in taken):
                clear = extent.x0 - 4, extent.y0, extent.x1 + 4, extent.y1
                taken.append(Bbox.from_extents(*clear))
                break
            text.remove()


def _labels(axes: Axes, label: str, box: Rectangle) -> Iterator[Annotation]:
    """A label in each place about a box where it may stand, one after the other."""
    left, top = box.get_xy()
    right, bottom = left + box.get_width(), top + box.get_height()
    for y, up, vertical in ((top, 1.5, "bottom"), (bottom, -1.5, "top")):
        for x, horizontal in ((left, "left"), (right, "right")):
            yield axes.annotate(
                label, (x, y), (0, up), textcoords="offset points", ha=horizontal, va=vertical,
                color="white", fontsize=SMALL, path_effects=OUTLINE, annotation_clip=False,
            )  # fmt: skip


def _how_to_read(example: Object) -> tuple[str, str]:
    kind, number = example.kind, example.id
    return (
        f"Each box is one thing, labelled kind/number: {kind}/{number} is of kind {kind}, and is "
        f"number {number} as long as it is followed.",
        "Where there is no room for a label, the box alone tells the kind. Things of each kind:",
    )


def _meet(one: Bbox, other: Bbox) -> bool:
    """Whether two areas of the picture share any; sides that touch share none."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    return bool(across > 0.5 and min(one.y1, other.y1) - max(one.y0, other.y0) > 0.5)


def _within(one: Bbox, other: Bbox) -> bool:
    """Whether one area lies in the other, but for a few pixels at its sides."""
    beside = one.x0 >= other.x0 - 4 and one.x1 <= other.x1 + 4
    return bool(beside and one.y0 >= other.y0 and one.y1 <= other.y1)


def _band(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures on grey, side by side, in as many lines as a page's width makes; enlarged."""
    lines: list[list[np.ndarray]] = [[]]
    for picture in pictures:
        if lines[-1] and _wide([*lines[-1], picture]) * LOOK_SCALE > 2 * WIDE:
            lines.append([])
        lines[-1].append(picture)
    heights = [LOOK_GAP + max(len(each) for each in line) for line in lines]
    height = max(sum(heights) + LOOK_GAP, math.ceil(1.5 * LINE / LOOK_SCALE))
    band = np.full((height, max(map(_wide, lines)), 3), GREY, np.uint8)
    top = LOOK_GAP
    for line, down in zip(lines, heights, strict=True):
        left = LOOK_GAP
        for picture in line:
            rows, columns = picture.shape[:2]
            band[top : top + rows, left : left + columns] = picture
            left += columns + LOOK_GAP
        top += down
    return band.repeat(LOOK_SCALE, axis=0).repeat(LOOK_SCALE, axis=1)


def _wide(line: Sequence[np.ndarray]) -> int:
    """Native pixels that pictures are wide side by side, with the gaps around them."""
    return LOOK_GAP + sum(each.shape[1] + LOOK_GAP for each in line)


def _across(pictures: Sequence[np.ndarray]) -> int:
    """Pixels that panels of these pictures are wide, with what is around them."""
    width = pictures[0].shape[1]
    return LEFT + len(pictures) * (width * enlargement(width) + APART) - APART + RIGHT


def _lefts(rows: Sequence[Sequence[str]]) -> list[int]:
    """Where each column of texts begins, in pixels, and where what follows them does."""
    lefts = [RIGHT]
    for column in zip(*rows, strict=True):
        lefts.append(lefts[-1] + CHARACTER * max(map(len, column)) + APART)
    return lefts


def _figure(width: float, height: float) -> Figure:
    return plt.figure(figsize=(round(width) / DPI, round(height) / DPI), dpi=DPI)


def _corner(figure: Figure, left: float, top: float) -> tuple[float, float]:
    return left / figure.bbox.width, 1 - top / figure.bbox.height


def _at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes whose picture fills these pixels, counted from the upper left corner."""
    x, y = _corner(figure, left, top + height)
    return figure.add_axes((x, y, width / figure.bbox.width, height / figure.bbox.height))


def _write(figure: Figure, left: float, top: float, text: str, **how: Any) -> None:
    """A line of text whose upper left corner is there; lines at one height have one base."""
    figure.text(*_corner(figure, left, top + 10), text, fontsize=TEXT, va="baseline", **how)
