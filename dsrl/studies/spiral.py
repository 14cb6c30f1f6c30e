"""Runs of SPIRAL: an agent that learned to draw pictures, and how well it draws new ones."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Unpack, get_type_hints

import cv2
import numpy as np
import torch
from sklearn.model_selection import train_test_split

from dsrl.runs.model_run import How, history, newest_state, train_model_run
from dsrl.runs.rundir import RunDir, RunError, code_commit
from dsrl.scoring.digit_labels import DigitClassifier
from perception.digits import VALIDATION_SHARE
from perception.factors.images import ImageFolder
from perception.spiral.canvas import Canvas, blank, render, squared_error
from perception.spiral.config import SpiralConfig
from perception.spiral.pictures import fitted
from perception.spiral.search import Found, Propose, blocked, chain, search
from perception.spiral.strokes import ROUND
from perception.spiral.training import Measured, SpiralTraining
from perception.torch_state import load_arrays
from perception.training.mnist import labelled_mnist_sample

METHOD, DIGITS = "spiral", "digits"
CHECKPOINT_EVERY = 100  # updates
BRIGHT = 127  # a picture whose median is above is taken for dark ink on a light ground
SPLIT = 0  # the seed that sets held-out pictures apart


class Pictures(NamedTuple):
    """To learn from, and held out, (N, H, W, C) uint8 as the canvas is; labels of digits (N,)."""

    name: str
    train: np.ndarray
    held_out: np.ndarray
    train_labels: np.ndarray | None = None
    held_out_labels: np.ndarray | None = None


class Row(NamedTuple):
    """How one way of drawing did on held-out pictures: squared error a pixel, beside that of
    empty canvases, and the share of drawings that show the digit they should."""

    what: str
    pictures: int
    evaluations: int  # renderings for a picture
    error: float
    blank: float
    agreement: float | None
    agreement_of_targets: float | None
    seconds: float  # of the processor, a picture


class Trained(NamedTuple):
    """A run with what it learned and the configuration it did so by."""

    directory: RunDir
    training: SpiralTraining
    pictures: Pictures

    @property
    def canvas(self) -> Canvas:
        """What it draws on."""
        return self.training.canvas


def pictures_of(data: str, shape: tuple[int, int, int]) -> Pictures:
    """MNIST's 5,000 digits, or the images of a folder, as a canvas of this shape has them; a fifth
    is held out. ValueError where there are none, or fewer than 5."""
    if data == DIGITS:
        train, held_out = labelled_mnist_sample(SPLIT)
        return Pictures(
            DIGITS, fitted(train.pictures, shape), fitted(held_out.pictures, shape),
            train.labels, held_out.labels,
        )  # fmt: skip
    if not Path(data).is_dir():
        raise ValueError(f"--data {data}: give {DIGITS}, or a folder of images")
    folder = ImageFolder(data)
    if len(folder) < 5:
        raise ValueError(f"--data {data} holds {len(folder)} images: at least 5 are needed")
    pictures = fitted(folder.images(np.arange(len(folder))), shape)
    held_out_share = train_test_split(pictures, test_size=VALIDATION_SHARE, random_state=SPLIT)
    return Pictures(data, *(light_ink(part, shape[2]) for part in held_out_share))


def light_ink(pictures: np.ndarray, channels: int) -> np.ndarray:
    """Grey pictures of dark ink on a light ground are turned to light on dark, as a grey canvas
    has it."""
    if channels > 1:
        return pictures
    dark = np.median(pictures, axis=(1, 2, 3)) > BRIGHT
    return np.where(dark[:, None, None, None], 255 - pictures, pictures)


def picture_at(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """(1, H, W, C): one image file as a canvas has it. ValueError where it cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise ValueError(f"{path} cannot be read as an image")
    return light_ink(fitted(image[None], shape), shape[2])


def train(path: Path, data: str, config: SpiralConfig, **how: Unpack[How]) -> RunDir:
    """Trains in a run directory; raises as `pictures_of` and `train_model_run` do."""
    shape = SpiralTraining.canvas_of(config).shape
    pictures = pictures_of(data, shape)
    where = data if data == DIGITS else str(Path(data).resolve())
    model = asdict(config)
    if config.strokes.brush == ROUND:  # as runs are that are older than the choice
        del model["strokes"]["brush"]
    settings = {"method": METHOD, "data": where, "model": model}
    settings = json.loads(json.dumps(settings))  # tuples are lists in what a run keeps

    def make(device: torch.device) -> SpiralTraining:
        return SpiralTraining(config, pictures.train, pictures.held_out)

    how.setdefault("device", "cpu")
    return train_model_run(
        path, settings, make, config.iterations, columns, checkpoint_every=CHECKPOINT_EVERY, **how
    )


def columns(measured: Measured) -> dict[str, float]:
    """Of metrics.csv."""
    return {name: float(value) for name, value in measured._asdict().items()}


def newest(directory: RunDir) -> dict[str, float]:
    """What was measured last, by the columns of metrics.csv; raises as `history` does."""
    return {name: column[-1].item() for name, column in history(directory).items()}


def load(path: str | Path) -> Trained:
    """A run as its newest checkpoint has it. Raises RunError where it is no run of SPIRAL."""
    directory = RunDir.open(path)
    if directory.config.get("method") != METHOD:
        raise RunError(f"{path} is a run of {directory.config.get('method')}, not of {METHOD}")
    config = config_of(SpiralConfig, directory.config["model"])
    pictures = pictures_of(directory.config["data"], SpiralTraining.canvas_of(config).shape)
    training = SpiralTraining(config, pictures.train, pictures.held_out)
    load_arrays(training.agent, newest_state(directory)["weights"])
    return Trained(directory, training, pictures)


def config_of(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """A frozen dataclass, and those within it, from what `asdict` made of it; what is not there has
    its default."""
    hints, given = get_type_hints(kind), {}
    for each in fields(kind):
        if each.name not in values:
            continue
        value = values[each.name]
        if is_dataclass(hints[each.name]):
            value = config_of(hints[each.name], value)
        given[each.name] = tuple(value) if isinstance(value, list) else value
    return kind(**given)


class Judge:
    """Measures ways of drawing the same held-out pictures."""

    def __init__(self, pictures: Pictures, num: int) -> None:
        self.targets = pictures.held_out[:num]
        self._labels, self._classifier = None, None
        if pictures.train_labels is not None and pictures.held_out_labels is not None:
            self._labels = pictures.held_out_labels[:num]
            self._classifier = DigitClassifier(pictures.train, pictures.train_labels)

    def row(self, what: str, evaluations: int, draw: Callable[[], np.ndarray]) -> Row:
        """Of what ``draw`` makes of the targets."""
        began = time.process_time()
        drawn = draw()
        return self.judged(
            what, evaluations, drawn, (time.process_time() - began) / len(self.targets)
        )

    def judged(self, what: str, evaluations: int, drawn: np.ndarray, seconds: float) -> Row:
        """Of drawings that took so long, a picture."""
        return Row(
            what, len(self.targets), evaluations,
            round(float(squared_error(drawn, self.targets).mean()), 5),
            round(float(squared_error(np.zeros_like(drawn), self.targets).mean()), 5),
            self._agreement(drawn), self._agreement(self.targets), round(seconds, 5),
        )  # fmt: skip

    def _agreement(self, drawn: np.ndarray) -> float | None:
        if self._classifier is None or self._labels is None:
            return None
        return round(self._classifier.agreement(drawn, self._labels), 4)


def measure(trained: Trained, num: int, polished: int, seed: int = 0) -> list[Row]:
    """The agent in one greedy pass, the same after ``polished`` renderings of search (0: left out),
    itself untrained, programs by chance and empty canvases."""
    judge, canvas = Judge(trained.pictures, num), trained.canvas
    config = trained.training.config
    untrained = SpiralTraining(config, trained.pictures.train, trained.pictures.held_out)
    rng = np.random.default_rng(seed)
    rows = [
        judge.row("agent", 0, lambda: trained.training.drawings(judge.targets)),
        judge.row("untrained agent", 0, lambda: untrained.drawings(judge.targets)),
        judge.row("programs by chance", 0, lambda: render(
            canvas, canvas.random_programs(len(judge.targets), config.steps, rng))),
        judge.row("empty canvas", 0, lambda: blank(canvas, len(judge.targets))),
    ]  # fmt: skip
    if polished:
        name = "agent, then hill climbing"
        rows.insert(1, judge.row(name, polished, lambda: render(
            canvas, polish(trained, judge.targets, polished, seed).programs_NTK)))  # fmt: skip
    return rows


def polish(trained: Trained, targets: np.ndarray, evaluations: int, seed: int = 0) -> Found:
    """The agent's programs after so many renderings of hill climbing by small changes."""
    canvas, rng = trained.canvas, np.random.default_rng(seed)
    drawn = trained.training.parsed(targets).programs_NTK
    return search(canvas, drawn, targets, evaluations, canvas.varied, rng)


class Method(NamedTuple):
    """A search: what it proposes, and the variance of its likelihood (0: hill climbing)."""

    name: str
    propose: Propose
    variance: float


def methods(canvas: Canvas, variance: float) -> list[Method]:
    """4.6's Metropolis-Hastings, hill climbing by the same proposals, and by small changes."""
    return [
        Method("Metropolis-Hastings, a step anew", blocked(canvas), variance),
        Method("hill climbing, a step anew", blocked(canvas), 0.0),
        Method("hill climbing, small changes", canvas.varied, 0.0),
    ]


def search_rows(
    canvas: Canvas, pictures: Pictures, num: int, steps: int, evaluations: tuple[int, ...],
    variance: float, seed: int = 0, tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:  # fmt: skip
    """Each method at each number of renderings, every chain from jumps alone; the smaller numbers
    are looks at the chain of the largest. ``tell(done, total)`` hears of renderings."""
    judge, rows = Judge(pictures, num), list[Row]()
    last, found = max(evaluations), methods(canvas, variance)
    for number, method in enumerate(found):
        begin = canvas.idle_programs(len(judge.targets), steps)
        rng, began = np.random.default_rng(seed), time.process_time()
        chains = chain(canvas, begin, judge.targets, method.propose, rng, method.variance)
        for done, best in enumerate(islice(chains, last), start=1):
            if done in evaluations:
                seconds = (time.process_time() - began) / len(judge.targets)
                drawn = render(canvas, best.programs_NTK)
                rows.append(judge.judged(method.name, done, drawn, seconds))
            tell(number * last + done, len(found) * last)
    return rows


def records(rows: list[Row], directory: RunDir | None = None) -> list[dict[str, Any]]:
    """Rows of a CSV file, each with the commit it was measured at and, of a run, the run's."""
    now: dict[str, Any] = {"commit": code_commit()}
    if directory is not None:
        now = {"run": directory.path.name, "trained_at": directory.about["commit"], **now}
    return [{**row._asdict(), **now} for row in rows]
