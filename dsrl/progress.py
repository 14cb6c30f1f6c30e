"""How a long run tells how far it is, and its signals.

On a terminal a bar, elsewhere (a file, a batch queue) a line now and then; all on standard error.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from enum import Enum
from types import FrameType, TracebackType
from typing import NamedTuple

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

EVERY, EVERY_VERBOSE = 30.0, 5.0  # seconds between lines of progress
MEASURED = 1.0  # seconds after which a stage's own pace is believed


class Loudness(Enum):
    """How much is said beside results: with -q nothing, with -v also what usually is not."""

    QUIET = 0
    USUAL = 1
    VERBOSE = 2

    @staticmethod
    def now() -> "Loudness":
        """That of this process."""
        return _loudness


_loudness = Loudness.USUAL


def be(loudness: Loudness) -> None:
    """Sets the loudness of this process."""
    global _loudness
    _loudness = loudness


def announce(text: str) -> None:
    """Says what begins, or what to do next, unless all is to be quiet."""
    if _loudness is not Loudness.QUIET:
        print(text, flush=True)


class Stopped(KeyboardInterrupt):
    """A run was stopped by a signal after saving; the message says how to go on."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_status = 128 + number


class StopRequests:
    """While entered, the first Ctrl-C or SIGTERM is only noted in ``received``.

    The second one stops at once, as it would have without this. Outside the main thread, where
    Python allows no handlers, nothing is changed.
    """

    def __init__(self) -> None:
        self.received: int | None = None

    def __enter__(self) -> "StopRequests":
        self._before = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Stage(NamedTuple):
    """A part of a run: so many ``units``, each of about so many ``seconds`` on a usual machine."""

    name: str
    units: int
    seconds: float


class Plan:
    """A run of several stages, and how much time is left to its end.

    A stage under way is foretold by its own pace, one to come by its guess, put right by how the
    guesses for what is done turned out.
    """

    def __init__(
        self, stages: Sequence[Stage], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stages, self._clock = list(stages), clock
        self._at, self._began = 0, clock()
        self._first = self._done = 0  # units of the stage: where it began, where it is
        self._gone = self._guessed = 0.0  # seconds of the stages that are over

    @property
    def name(self) -> str:
        """The stage under way, with its number where there is more than one."""
        number = f"{self._at + 1} of {len(self._stages)}: " if len(self._stages) > 1 else ""
        return number + self._stages[self._at].name

    def reach(self, name: str, done: int) -> None:
        """So many units of a stage are done; those before it are over."""
        index = next(i for i, stage in enumerate(self._stages) if stage.name == name)
        if index != self._at:
            self._gone += self._clock() - self._began
            self._guessed += (self._done - self._first) * self._stages[self._at].seconds
            self._at, self._began, self._first = index, self._clock(), done
        self._done = done

    def begin_at(self, name: str, done: int) -> None:
        """Sets out from there, as a run that goes on does."""
        self.reach(name, done)
        self._first, self._gone, self._guessed = done, 0.0, 0.0

    @property
    def seconds_left(self) -> float:
        """To the end of the last stage."""
        stage, elapsed = self._stages[self._at], self._clock() - self._began
        made = self._done - self._first
        pace = self._gone / self._guessed if self._guessed else 1.0
        own = elapsed / made if made and elapsed >= MEASURED else stage.seconds * pace
        later = sum(each.units * each.seconds for each in self._stages[self._at + 1 :])
        return max(0, stage.units - self._done) * own + later * pace


def seconds_left(task: Task) -> float | None:
    """Until a task is over, None where nobody can say: its plan's, or by its own pace."""
    plan = task.fields.get("plan")
    return plan.seconds_left if plan is not None else task.time_remaining


class _Left(ProgressColumn):
    """The time left."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        left = seconds_left(task)
        return Text("" if left is None else f"{_clock(left)} left", style="progress.remaining")


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


class LineProgress(Progress):
    """The same without a terminal: a line for what is under way, every so many seconds."""

    def __init__(self, every: float, say: Callable[[str], None]) -> None:
        super().__init__(disable=True, console=Console(stderr=True))
        self._every, self._say_line = every, say
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to say lines."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Says no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            for task in list(self.tasks):
                if task.visible and not task.finished:
                    self._say_line(line_of(task))


def line_of(task: Task) -> str:
    """A task in one line: what, how many of how many, time gone and left, the note."""
    count = "" if task.total is None else f" {int(task.completed):,} of {int(task.total):,}"
    left = seconds_left(task)
    parts = [
        f"{task.description}{count}",
        f"{_clock(task.elapsed or 0.0)} gone",
        *([] if left is None else [f"about {_clock(left)} left"]),
        *([task.fields["note"]] if task.fields.get("note") else []),
    ]
    return ", ".join(parts)


def progress_bar(disable: bool = False) -> Progress:
    """Steps, time gone and time left, and a ``note``, on standard error: a bar on a terminal.

    With -q nothing, with -v or without a terminal lines.
    """
    loudness = Loudness.now()
    if disable or loudness is Loudness.QUIET:
        return Progress(disable=True)
    if loudness is Loudness.VERBOSE:
        return LineProgress(EVERY_VERBOSE, _to_standard_error)
    console = Console(stderr=True)
    if not console.is_terminal:
        return LineProgress(EVERY, _to_standard_error)
    return Progress(*columns(), console=console)


def columns() -> list[ProgressColumn]:
    """Those of a bar; where they do not fit, what is said in words takes another line."""
    return [
        TextColumn("{task.description}", table_column=Column(overflow="fold")),
        BarColumn(bar_width=16),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        _Left(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}", table_column=Column(overflow="fold")),
    ]


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def counted(what: str, show: bool = True) -> Iterator[Callable[[int, int], None]]:
    """A function to be told how many are done, and of how many; a bar appears at its first call."""
    with ExitStack() as opened:
        bar: Progress | None = None

        def tell(done: int, total: int) -> None:
            nonlocal bar
            if bar is None:
                bar = opened.enter_context(progress_bar(disable=not show))
                bar.add_task(what, total=total, note="")
            bar.update(bar.task_ids[0], completed=done)

        yield tell
