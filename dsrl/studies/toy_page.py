"""The tables and pictures of the toy study, made from its rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gymnasium
import matplotlib

matplotlib.use("Agg")  # no display is needed or looked for

import cv2
import matplotlib.pyplot as plt
import numpy as np

from agents.toy_worlds import IDS
from dsrl.reports.plots import png
from dsrl.runs.files import write_atomic
from dsrl.studies.jobs import Row
from dsrl.studies.toy_study import METHODS, RANDOM_MOVES
from perception.png import encode_png

PAIRS = (("regular", "random"), ("random", "random"), ("regular", "regular"))
PUBLISHED = {"DSRL": "70 %", "SRL+CS": "nearly 100 %", "SB3 DQN": "50 %"}  # Garcez 2018, abstract
SCALE = 3  # of the picture of the worlds
PAGE, CURVES, WORLDS = "toy.md", "learning_curves.png", "worlds.png"


def write_page(out: Path, rows: Sequence[Row]) -> str:
    """Write the tables, the learning curves and the worlds beside the CSV; the tables as text."""
    text = "\n\n".join(_table(rows, *pair) for pair in PAIRS) + "\n"
    write_atomic(out / PAGE, text.encode())
    write_atomic(out / CURVES, _curves(rows))
    write_atomic(out / WORLDS, encode_png(worlds_picture()))
    return text


def chosen(
    rows: Sequence[Row], method: str, trained_on: str, tested_on: str, random_moves: float
) -> list[Row]:
    """The rows of one method in one test, of all seeds and steps."""
    wanted = (method, trained_on, tested_on, str(random_moves))
    names = ("method", "trained_on", "tested_on", "random_moves")
    return [row for row in rows if tuple(row[name] for name in names) == wanted]


def share_percent(row: Row) -> float:
    """Of the best policy's return."""
    return 100 * float(row["mean_return"]) / float(row["best_return"])


def _table(rows: Sequence[Row], trained_on: str, tested_on: str) -> str:
    lines = [
        f"Learned on the {trained_on} layout, tested on the {tested_on} one:",
        "",
        "| method | seeds | correct | published | taken a game | return | best | share of best "
        "| correct, 10 % random moves | share, 10 % random moves |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for method in METHODS:
        greedy, noisy = (
            _last(chosen(rows, method, trained_on, tested_on, share)) for share in RANDOM_MOVES
        )
        if not greedy:
            continue
        cells = [
            method, str(len(greedy)), _correct(greedy),
            PUBLISHED.get(method, "") if trained_on != tested_on else "",
            _spread([_taken_a_game(r) for r in greedy], ""),
            _spread([float(r["mean_return"]) for r in greedy], "", 2),
            f"{float(greedy[0]['best_return']):.2f}",
            _spread([share_percent(r) for r in greedy]),
            _correct(noisy), _spread([share_percent(r) for r in noisy]),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _taken_a_game(row: Row) -> float:
    return (int(row["crosses"]) + int(row["circles"])) / int(row["games"])


def _last(rows: Sequence[Row]) -> list[Row]:
    """The rows after the last step of training."""
    steps = max((int(r["agent_steps"]) for r in rows), default=0)
    return [r for r in rows if int(r["agent_steps"]) == steps]


def _correct(rows: Sequence[Row]) -> str:
    """Over the seeds that took anything."""
    return _spread([float(r["correct_percent"]) for r in rows if r["correct_percent"]])


def _spread(values: Sequence[float], unit: str = " %", digits: int = 1) -> str:
    """Mean and standard deviation over seeds."""
    if not values:
        return "nothing taken"
    mean = f"{np.mean(values):.{digits}f}"
    return (f"{mean} ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else mean) + unit


def _curves(rows: Sequence[Row]) -> bytes:
    """PNG: on random layouts, by agent steps, mean over seeds and their range."""
    figure, axes = plt.subplots(2, 2, figsize=(11, 7), sharex=True, layout="constrained")
    for column, trained_on in enumerate(("regular", "random")):
        for number, method in enumerate(METHODS):
            found = chosen(rows, method, trained_on, "random", RANDOM_MOVES[0])
            correct = [(int(r["agent_steps"]), r["correct_percent"]) for r in found]
            taken = [(steps, float(value)) for steps, value in correct if value]
            shares = [(int(r["agent_steps"]), share_percent(r)) for r in found]
            for axis, points in zip(axes[:, column], (taken, shares), strict=True):
                _line(axis, points, method, f"C{number}")
        axes[0, column].set(title=f"learned on the {trained_on} layout, tested on random ones")
        axes[1, column].set(xlabel="agent steps", xscale="log")
    axes[0, 0].set(ylabel="correct collections, %")
    axes[1, 0].set(ylabel="share of the best return, %")
    axes[1, 0].legend(fontsize="small")
    return png(figure, dpi=110)


def _line(axis: plt.Axes, points: list[tuple[int, float]], label: str, colour: str) -> None:
    steps = sorted({step for step, _ in points})
    groups = [[value for step, value in points if step == at] for at in steps]
    axis.plot(steps, [np.mean(g) for g in groups], color=colour, marker="o", ms=3, label=label)
    low, high = [min(g) for g in groups], [max(g) for g in groups]
    axis.fill_between(steps, low, high, color=colour, alpha=0.15, lw=0)
    axis.grid(alpha=0.25)


def worlds_picture() -> np.ndarray:
    """First observations of all four worlds side by side, uint8 (H, W, 3)."""
    pictures = []
    for env_id in IDS.values():
        env = gymnasium.make(env_id, disable_env_checker=True)
        frame, _ = env.reset(seed=0)
        large = cv2.resize(frame, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_NEAREST)
        pictures += [large, np.full((len(large), SCALE * 4, 3), 255, np.uint8)]
    return np.hstack(pictures[:-1])
