"""Progress: where it goes, how long it says it takes, and what fits in 80 columns."""

import io
import re
import threading
import time

import pytest
from rich.console import Console
from rich.progress import Progress
from table_agent import config

from dsrl.progress import (
    LineProgress,
    Loudness,
    Plan,
    Stage,
    be,
    columns,
    line_of,
    progress_bar,
)
from dsrl.runs.train import AGAIN, EYES, LOOKING, PLAYING, plan_of


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_plan_counts_the_stages_to_come_and_learns_from_those_done() -> None:
    clock = Clock()
    plan = Plan([Stage("a", 10, 1.0), Stage("b", 4, 5.0), Stage("c", 100, 0.1)], clock)
    assert plan.name == "1 of 3: a"
    assert plan.seconds_left == 10 + 20 + 10
    clock.now = 20.0  # twice as slow as guessed
    plan.reach("a", 10)
    plan.reach("b", 0)
    assert plan.name == "2 of 3: b"
    assert plan.seconds_left == 2 * (20 + 10)
    clock.now = 23.0
    plan.reach("b", 2)  # its own pace is 1.5 s a unit
    assert plan.seconds_left == 2 * 1.5 + 2 * 10
    plan.reach("c", 100)
    assert plan.seconds_left == 0


def test_a_run_that_goes_on_is_measured_from_where_it_goes_on() -> None:
    clock = Clock()
    plan = Plan([Stage("a", 10, 1.0), Stage("b", 100, 1.0)], clock)
    plan.begin_at("b", 50)
    clock.now = 10.0
    plan.reach("b", 60)
    assert plan.seconds_left == 40.0


def test_training_knows_of_its_eyes_before_it_opens_them() -> None:
    plan = plan_of(config(3500))
    assert plan.name == f"1 of 4: {LOOKING}"
    plan.reach(LOOKING, 1999)
    assert plan.seconds_left > 40  # though play of so few steps takes 15 s
    for name in (EYES, AGAIN, PLAYING):
        plan.reach(name, 0)
    assert plan.name == f"4 of 4: {PLAYING}"
    assert plan_of(config(30)).seconds_left < 1  # never gets so far


def test_without_a_terminal_a_line_now_and_then() -> None:
    lines: list[str] = []
    twice = threading.Semaphore(0)

    def say(line: str) -> None:
        lines.append(line)
        twice.release()

    with LineProgress(0.01, say) as bar:
        bar.add_task("playing", total=4000, completed=1975, note="episode 1: return -19")
        bar.add_task("hidden", total=1, visible=False, note="")
        assert twice.acquire(timeout=60) and twice.acquire(timeout=60)
    line = r"playing 1,975 of 4,000, \d+:\d\d:\d\d gone, episode 1: return -19"
    assert all(re.fullmatch(line, each) for each in lines)
    said = len(lines)
    time.sleep(0.1)
    assert len(lines) == said  # it is over


def test_a_line_says_the_time_that_the_plan_says() -> None:
    bar = Progress(disable=True)
    plan = Plan([Stage("a", 10, 1.0), Stage("b", 3590, 1.0)])
    bar.add_task(plan.name, total=10, note="", plan=plan)
    assert "about 1:00:00 left" in line_of(bar.tasks[0])


def test_what_is_shown_depends_on_the_terminal_and_what_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(progress_bar(), LineProgress)  # under pytest there is no terminal
    be(Loudness.QUIET)
    try:
        quiet = progress_bar()
        assert quiet.disable and not isinstance(quiet, LineProgress)
    finally:
        be(Loudness.USUAL)
    monkeypatch.setenv("FORCE_COLOR", "1")  # which rich takes for a terminal
    assert not progress_bar().disable


def test_nothing_of_a_bar_is_cut_off_at_80_columns() -> None:
    text = io.StringIO()
    console = Console(file=text, width=80, force_terminal=True, color_system=None)
    with Progress(*columns(), console=console, auto_refresh=False) as bar:
        note = "episode 1234: return -19; learning to read, 0.31 nats an object"
        bar.add_task("4 of 4: playing and learning", total=100_000, completed=97_500, note=note)
        bar.refresh()
    shown = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", text.getvalue()).split())
    assert "…" not in shown
    assert "97500/100000" in shown
    for word in ("playing", "learning", "return", "-19;", "object"):
        assert word in shown
