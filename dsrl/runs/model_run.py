"""Training a model that is fitted an iteration at a time, in a run directory.

What is measured goes to metrics.csv, and to tensorboard/, as means over `EACH` iterations; a
checkpoint holds all that decides what comes next, so a run that was stopped or killed goes on
exactly. (What a killed run did after its checkpoint is in tensorboard/ until it is done again.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

import numpy as np
import torch

from dsrl.progress import Stopped, StopRequests, progress_bar
from dsrl.runs.checkpoint import checkpoints, load_newest, save_checkpoint
from dsrl.runs.files import full_disk_named
from dsrl.runs.rundir import RunDir, RunError, resume_command
from dsrl.runs.train import refuse_another
from perception.device import DeviceName, device_of

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter  # slow to import

EACH = 100  # iterations
CHECKPOINT_EVERY = 2000  # iterations
METRICS, CHECKPOINTS, SCALARS = "metrics.csv", "checkpoints", "tensorboard"


class Fit(Protocol):
    """A model in training; ``step`` is one iteration, and says what it measured."""

    iteration: int

    def step(self) -> Any: ...

    def get_state(self) -> dict[str, Any]: ...

    def set_state(self, state: Mapping[str, Any], /) -> None: ...


class How(TypedDict, total=False):
    """How a run is trained, which is no part of it: it may go on on another device, if not to the
    same bits."""

    resume: bool
    show: bool
    device: DeviceName


def train_model_run(
    path: Path,
    config: Mapping[str, Any],
    make: Callable[[torch.device], Fit],
    iterations: int,
    columns: Callable[[Any], dict[str, float]],
    *,
    resume: bool = False,
    show: bool = True,
    device: DeviceName = "auto",
    checkpoint_every: int = CHECKPOINT_EVERY,
) -> RunDir:
    """Trains until so many iterations are done; ``columns`` are those of what a step measured.

    The model is made first, so that one that cannot be leaves no folder. Slow iterations want
    checkpoints after fewer of them.

    Raises:
        ValueError: there is no such device.
        RunError: ``path`` exists and ``resume`` is off, or the run there is of another
            configuration or damaged, or the disk is full.
        Stopped: Ctrl-C or SIGTERM came; everything is saved.
    """
    comfort = f"what {path} saved before is intact; --resume goes on"
    with full_disk_named(comfort), StopRequests() as stop:
        fit = make(device_of(device))
        directory = _open(path, config, resume)
        directory.lock()
        try:
            training = _ModelRun(directory, fit, iterations, columns, checkpoint_every)
            if resume:
                training.restore()
            try:
                _fit(training, iterations, stop, show)
            finally:
                training.close()
        finally:
            directory.unlock()
    return directory


def newest_state(directory: RunDir) -> dict[str, Any]:
    """The state of the model in the newest whole checkpoint. Raises RunError: there is none."""
    _, state = load_newest(directory.path / CHECKPOINTS)
    fit: dict[str, Any] = state["fit"]
    return fit


def _open(path: Path, config: Mapping[str, Any], resume: bool) -> RunDir:
    if not (resume and path.exists()):
        return RunDir.create(path, config)
    directory = RunDir.open(path)
    refuse_another(path, directory.config, config)
    return directory


class _ModelRun:
    def __init__(
        self,
        directory: RunDir,
        fit: Fit,
        iterations: int,
        columns: Callable[[Any], dict[str, float]],
        checkpoint_every: int,
    ) -> None:
        self.directory, self.fit = directory, fit
        self._iterations, self._columns = iterations, columns
        self._checkpoint_every = checkpoint_every
        self._scalars: SummaryWriter | None = None
        self._sums: dict[str, float] = {}
        self._saved_at = -1

    @property
    def _folder(self) -> Path:
        return self.directory.path / CHECKPOINTS

    def restore(self) -> None:
        if not checkpoints(self._folder):
            if self.directory.size(METRICS):
                raise RunError(f"{self._folder} is gone: the run cannot go on, start another")
            return
        _, state = load_newest(self._folder)
        self.directory.truncate(METRICS, state["bytes"])
        self.fit.set_state(state["fit"])
        self._sums = dict(state["sums"])
        self._saved_at = self.fit.iteration

    def step(self) -> dict[str, float] | None:
        """One iteration; the row, where one is due."""
        for name, value in self._columns(self.fit.step()).items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        row = None
        number = self.fit.iteration % EACH or EACH
        if number == EACH or self.fit.iteration == self._iterations:
            means = {name: float(f"{total / number:.6g}") for name, total in self._sums.items()}
            row = {"iteration": self.fit.iteration, **means}
            self.directory.append(METRICS, row)
            self._show(row)
            self._sums.clear()
        if self.fit.iteration % self._checkpoint_every == 0:
            self.save()
        return row

    def _show(self, row: dict[str, float]) -> None:
        """To TensorBoard; what an earlier process wrote of later iterations is not shown then."""
        if self._scalars is None:
            from torch.utils.tensorboard import SummaryWriter

            first = self.fit.iteration
            self._scalars = SummaryWriter(str(self.directory.path / SCALARS), purge_step=first)
        for name, value in row.items():
            if name != "iteration":
                self._scalars.add_scalar(name, value, self.fit.iteration)
        self._scalars.flush()

    def close(self) -> None:
        """What was written to TensorBoard is on disk."""
        if self._scalars is not None:
            self._scalars.close()

    def save(self) -> None:
        if self._saved_at == self.fit.iteration:
            return
        state = {
            "fit": self.fit.get_state(),
            "sums": self._sums,
            "bytes": self.directory.size(METRICS),
        }
        save_checkpoint(self._folder, self.fit.iteration, state)
        self._saved_at = self.fit.iteration


def _fit(training: _ModelRun, iterations: int, stop: StopRequests, show: bool) -> None:
    fit = training.fit
    training.save()  # from here on there is something to go on from
    with progress_bar(disable=not show) as bar:
        task = bar.add_task("training", total=iterations, completed=fit.iteration, note="")
        while fit.iteration < iterations and stop.received is None:
            row = training.step()
            bar.update(task, completed=fit.iteration)
            if row is not None:
                shown = [name for name in row if name != "iteration"][:3]
                bar.update(task, note=", ".join(f"{name} {row[name]:.4g}" for name in shown))
        training.save()
    if stop.received is not None and fit.iteration < iterations:
        raise Stopped(
            f"stopped and saved after {fit.iteration} iterations; go on with: {resume_command()}",
            stop.received,
        )


def history(directory: RunDir) -> dict[str, np.ndarray]:
    """What was measured, columns of numbers by name. Raises RunError where nothing was yet."""
    columns = directory.columns(METRICS)
    if not columns:
        raise RunError(f"{directory.path} has no {METRICS} yet: train it for {EACH} iterations")
    return columns
