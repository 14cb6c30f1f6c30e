"""A study of transfer as a markdown page and as a heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from dsrl.experiments import short_name
from dsrl.reports.plots import png
from dsrl.reports.transfer_plan import RANDOM_METHOD, TransferSettings, Variant
from dsrl.runs.run_record import LABELS

Row = Mapping[str, str]
Cells = dict[Variant, list[Row]]


class Contestant(NamedTuple):
    """What rows must share to be averaged; one column of the table, one panel of the picture."""

    method: str
    agent_steps_trained: int
    adapt_steps: int

    @property
    def label(self) -> str:
        """The column's title."""
        if self.method == RANDOM_METHOD:
            return "random"
        name = f"{LABELS.get(self.method, self.method)}, {self.agent_steps_trained:,} steps"
        return f"{name} + {self.adapt_steps:,} in the variant" if self.adapt_steps else name


def contestants(rows: Sequence[Row]) -> dict[Contestant, Cells]:
    """The rows of transfer.csv by what was played and where; what a method learned on stays by it.

    Methods are in the order of their first rows.
    """
    found: dict[Contestant, Cells] = {}
    for row in rows:
        steps = int(row["agent_steps_trained"]), int(row["adapt_steps"])
        cells = found.setdefault(Contestant(row["method"], *steps), {})
        variant = Variant(int(row["mode"]), int(row["difficulty"]))
        cells.setdefault(variant, []).append(row)
    methods = list(dict.fromkeys(row["method"] for row in rows))
    return dict(
        sorted(found.items(), key=lambda item: (methods.index(item[0].method), *item[0][1:]))
    )


def markdown(settings: TransferSettings, rows: Sequence[Row]) -> str:
    """The page: a line a variant, a column a method, how to read them."""
    columns = contestants(rows)
    titles = [each.label + _runs(cells) for each, cells in columns.items()]
    lines = [["mode", "difficulty", *titles], ["---"] * (2 + len(titles))]
    for variant in sorted({v for cells in columns.values() for v in cells}):
        mark = " (original)" if variant == settings.original else ""
        scores = [_cell(cells.get(variant, [])) for cells in columns.values()]
        lines.append([str(variant.mode), f"{variant.difficulty}{mark}", *scores])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    head = f"# Transfer: {short_name(settings.protocol.game)}"
    protocol = f"Trained under: {settings.protocol.describe()}."
    return (
        "\n\n".join([head, "![heat map](transfer.png)", protocol, table, _guide(settings)]) + "\n"
    )


def _runs(cells: Cells) -> str:
    names = {row["run"] for each in cells.values() for row in each}
    return "" if names == {""} else f" ({len(names)} run{'s' if len(names) > 1 else ''})"


def _cell(rows: Sequence[Row]) -> str:
    """Mean over runs, ± sd over runs where there are several, and the share kept."""
    if not rows:
        return "-"
    scores = [float(row["mean"]) for row in rows]
    text = f"{mean(scores):.2f}"
    if len(scores) > 1:
        text += f" ± {stdev(scores):.2f}"
    share = _share(rows)
    return text if share is None else f"{text} ({100 * share:.0f} %)"


def _share(rows: Sequence[Row]) -> float | None:
    shares = [row["share_kept"] for row in rows]
    return mean(map(float, shares)) if all(shares) and shares else None


def _guide(settings: TransferSettings) -> str:
    return (
        f"Raw scores of games ({settings.episodes} by each run) from reset seed {settings.seed} "
        f"on, each of at most {settings.most_steps:,} agent steps; mean over runs, ± sd over runs "
        'where there are several. Without "in the variant" the run plays as it was trained; with '
        "it, it first learns on for so many agent steps in the variant, its perception left as it "
        "is. In brackets the share of the score kept: (score - random) / (score on the original - "
        "random on the original), random being the random policy's score in the same variant; none "
        "where some run is not above it on the original. A DQN run keeps its network alone and "
        "plays zero-shot, under SB3's own wrappers."
    )


def heat_map(rows: Sequence[Row]) -> bytes:
    """PNG: a panel a method, modes by difficulties; colour is the share kept, text the score too.

    Grey where there is no share.
    """
    panels = {c: cells for c, cells in contestants(rows).items() if c.method != RANDOM_METHOD}
    variants = sorted({v for cells in panels.values() for v in cells})
    modes = sorted({v.mode for v in variants})
    difficulties = sorted({v.difficulty for v in variants})
    width = max(3.6, 1.1 * len(difficulties) + 1)
    figure, axes = plt.subplots(
        1, len(panels), figsize=(width * len(panels) + 1, 0.4 * len(modes) + 1.6),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for axis, (contestant, cells) in zip(axes[0], panels.items(), strict=True):
        image = _draw(axis, cells, modes, difficulties)
        axis.set_title(contestant.label, fontsize="small")
    figure.colorbar(image, ax=axes, label="share of the score kept")
    return png(figure)


def _draw(axis: Axes, cells: Cells, modes: Sequence[int], difficulties: Sequence[int]) -> AxesImage:
    shares = np.full((len(modes), len(difficulties)), np.nan)
    axis.set_facecolor("lightgrey")
    for variant, rows in cells.items():
        y, x = modes.index(variant.mode), difficulties.index(variant.difficulty)
        share = _share(rows)
        shares[y, x] = np.nan if share is None else share
        colour = "white" if share is not None and share < 0.6 else "black"
        axis.text(x, y, _cell(rows), ha="center", va="center", fontsize=7, color=colour)
    axis.set_xticks(range(len(difficulties)), [str(d) for d in difficulties])
    axis.set_yticks(range(len(modes)), [str(m) for m in modes])
    axis.set(xlabel="difficulty", ylabel="mode")
    return axis.imshow(shares, vmin=0, vmax=1, cmap="viridis", aspect="auto")
