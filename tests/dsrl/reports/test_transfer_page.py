"""The page and the picture of a study of transfer, from rows made by hand."""

from typing import Any

import cv2
import numpy as np
import pytest

from agents.envs import Protocol
from dsrl.reports.transfer_page import contestants, heat_map, markdown
from dsrl.reports.transfer_plan import TransferSettings

SETTINGS = TransferSettings(
    protocol=Protocol(game="ALE/Pong-v5"), episodes=2, seed=70, most_steps=1234
)


def row(run: str, method: str, mode: int, score: float, share: Any = "", **other: Any) -> dict:
    values = {
        "run": run, "method": method, "agent_steps_trained": 5000 if run else 0, "mode": mode,
        "difficulty": 0, "adapt_steps": 0, "mean": score, "share_kept": share,
    }  # fmt: skip
    return {name: str(value) for name, value in (values | other).items()}


ROWS = [
    row("", "random", 0, -20),
    row("", "random", 1, -18),
    row("a", "dsrl", 0, 10, 1),
    row("a", "dsrl", 1, 2, 0.25),
    row("b", "dsrl", 0, 12, 1),
    row("b", "dsrl", 1, 4, 0.75),
    row("q", "dqn", 0, -21),
    row("q", "dqn", 1, -21),
    row("a", "dsrl", 1, 9, 0.9, adapt_steps=300),
]


def table(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_rows_are_variants_and_columns_methods() -> None:
    assert table(markdown(SETTINGS, ROWS)) == [
        [
            "mode",
            "difficulty",
            "random",
            "DSRL, 5,000 steps (2 runs)",
            "DSRL, 5,000 steps + 300 in the variant (1 run)",
            "SB3 DQN, 5,000 steps (1 run)",
        ],
        ["---"] * 6,
        ["0", "0 (original)", "-20.00", "11.00 ± 1.41 (100 %)", "-", "-21.00"],
        ["1", "0", "-18.00", "3.00 ± 1.41 (50 %)", "9.00 (90 %)", "-21.00"],
    ]


def test_the_page_says_what_was_played() -> None:
    text = markdown(SETTINGS, ROWS)
    for part in ("2 by each run", "seed 70", "1,234 agent steps", SETTINGS.protocol.describe()):
        assert part in text


def test_runs_of_other_budgets_are_not_averaged() -> None:
    more = [*ROWS, row("c", "dsrl", 0, 20, 1, agent_steps_trained=9000)]
    assert "DSRL, 9,000 steps" in [each.label for each in contestants(more)]
    assert "11.00 ± 1.41" in markdown(SETTINGS, more)


def test_a_share_is_told_only_where_every_run_has_one() -> None:
    rows = [row("a", "dsrl", 0, 2, 0.5), row("b", "dsrl", 0, 4)]
    assert table(markdown(SETTINGS, rows))[2][2] == "3.00 ± 1.41"


def picture(rows: list[dict]) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(heat_map(rows), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


@pytest.mark.parametrize("share", [0.1, ""])
def test_the_colour_is_the_share(share: Any) -> None:
    """Yellow is all, blue is little, grey is unknown: how much of the panel is yellow."""

    def yellow(rows: list[dict]) -> float:
        blue, green, red = np.moveaxis(picture(rows).astype(int), 2, 0)
        return float(((red > 240) & (green > 220) & (blue < 60)).mean())

    whole = [row("a", "dsrl", mode, 5, 1.0) for mode in (0, 1)]
    half = [row("a", "dsrl", 0, 5, 1.0), row("a", "dsrl", 1, 5, share)]
    assert yellow(half) == pytest.approx(yellow(whole) / 2, rel=0.1)
    assert yellow(whole) > 0.1
