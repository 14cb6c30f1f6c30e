"""Where the time goes: a stopwatch put around named functions for a while."""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any


class StageClock:
    """Seconds and calls by stage; every second counts once, in the innermost stage running.

    `stages` maps a stage's name to functions written "module:name" or "module:Class.method". A
    function imported by name elsewhere is timed only where the given module calls it.
    """

    def __init__(self, stages: Mapping[str, Sequence[str]]) -> None:
        self.seconds = dict.fromkeys(stages, 0.0)
        self.calls = dict.fromkeys(stages, 0)
        self._targets = [
            (*_find(place), name) for name, places in stages.items() for place in places
        ]
        self._inside: list[float] = []  # by open call: seconds spent in stages within it

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time calls made within the block."""
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in self._targets]
        for owner, name, stage in self._targets:
            setattr(owner, name, self._timed(getattr(owner, name), stage))
        try:
            yield
        finally:
            for owner, name, function in originals:
                setattr(owner, name, function)

    def _timed(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inside.append(0.0)
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                gone = time.perf_counter() - began
                self.seconds[stage] += gone - self._inside.pop()
                self.calls[stage] += 1
                if self._inside:
                    self._inside[-1] += gone

        return timed


def _find(place: str) -> tuple[Any, str]:
    """The object that holds a function, and the function's name; ValueError if there is none."""
    module, _, path = place.partition(":")
    *outer, name = path.split(".")
    try:
        owner = functools.reduce(getattr, outer, importlib.import_module(module))
        getattr(owner, name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"there is no function {place} to time: {error}") from error
    return owner, name
