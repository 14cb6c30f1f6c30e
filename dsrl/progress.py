"""The progress bar and the signals of a long run."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


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


def progress_bar(disable: bool = False) -> Progress:
    """A bar with steps, time gone and time left, and a ``note`` at its end, on standard error."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        disable=disable,
    )


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
