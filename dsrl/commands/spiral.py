"""``dsrl spiral train | draw | report | search``."""

from pathlib import Path
from typing import Annotated, Literal

import tyro

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath, check_seed, model_path
from dsrl.progress import announce, counted
from dsrl.reports.plots import png
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.studies import spiral
from dsrl.studies.spiral_pictures import described, drawing, report, table
from perception.spiral.config import SpiralConfig
from perception.spiral.search import VARIANCE
from perception.spiral.strokes import StrokesCanvas, StrokesConfig

command = tyro.extras.SubcommandApp()
CanvasName = Literal["strokes"]


@command.command(name="train")
def train_command(
    config: Annotated[SpiralConfig, tyro.conf.arg(name="")],
    *,
    canvas: CanvasName = "strokes",
    data: str = spiral.DIGITS,
    resume: Flag = False,
    name: str | None = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Trains an agent to draw pictures, a program of strokes each.

    First it reads programs by chance off their pictures, then it learns what search makes of its
    own, then, with --reinforcement, by reward as in the paper.

    Args:
        config: the three parts of training and their settings.
        canvas: what is drawn on.
        data: digits (MNIST's 5,000 of the extra "study"), or a folder of images.
        resume: go on with the run exactly where its newest checkpoint stands.
        name: folder of the run within runs/.
        out: folder of the run anywhere.
        json: print one line of JSON alone, and all else on standard error.
    """
    path = model_path(f"spiral-{Path(data).stem}-s{config.seed}", name, out)
    parts = f"{config.inversion} + {config.improvement} + {config.reinforcement}"
    announce(f"{path}: SPIRAL on {data}, {canvas}, {parts} updates")
    run = spiral.train(path, data, config, resume=resume)
    announce(f"look at it: dsrl spiral report {path} --out DIR")
    if json:
        print_json({"run": str(path), **spiral.newest(run)})


@command.command(name="draw")
def draw_command(
    run: RunPath,
    /,
    *,
    image: Path,
    size: int = 512,
    evaluations: int = 0,
    brush: str | None = None,
    out: Path = Path("drawn.png"),
    json: Flag = False,
) -> None:
    """Draws a picture of one's own: the strokes it is parsed into, in colours, and redrawn larger.

    Args:
        run: the folder of a run of SPIRAL.
        image: the picture; scaled to the canvas, dark ink on a light ground turned around.
        size: pixels a side of the larger drawing.
        evaluations: renderings of hill climbing after the agent's own pass.
        brush: of the larger drawing: round, or one of MyPaint's such as classic/pen; without it,
            the run's own.
        out: where the picture goes.
        json: print one line of JSON, the program, alone, and all else on standard error.
    """
    found = drawing(spiral.load(run), image, size, evaluations, brush)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, png(found.figure))
    for line in described(found):
        print(line)
    print(out)
    if json:
        print_json({"error": found.error, "blank": found.blank, "program": found.steps})


@command.command(name="report")
def report_command(
    run: RunPath, /, *, out: Path, pictures: int = 1000, polished: int = 200, json: Flag = False
) -> None:
    """Draws and measures what a run learned, on held-out pictures, beside its controls.

    Args:
        run: the folder of a run of SPIRAL.
        out: folder for metrics.csv and pictures.
        pictures: held-out ones that are drawn, at most.
        polished: renderings of hill climbing from the agent's programs, in a row of its own.
        json: print one line of JSON alone, and all else on standard error.
    """
    rows = report(spiral.load(run), out, pictures, polished)
    print(table(rows))
    if json:
        print_json([row._asdict() for row in rows])


@command.command(name="search")
def search_command(
    strokes: Annotated[StrokesConfig, tyro.conf.arg(name="strokes")],
    *,
    out: Path,
    canvas: CanvasName = "strokes",
    data: str = spiral.DIGITS,
    evaluations: tuple[int, ...] = (100, 1000, 5000),
    pictures: int = 100,
    steps: int = 8,
    variance: float = VARIANCE,
    seed: int = 0,
    json: Flag = False,
) -> None:
    """Searches for programs without an agent: Metropolis-Hastings (4.6) and hill climbing.

    Args:
        strokes: the canvas's settings.
        out: the CSV file that is written.
        canvas: what is drawn on.
        data: digits, or a folder of images.
        evaluations: renderings for each picture, at which it is looked at.
        pictures: held-out ones, at most.
        steps: actions of a program.
        variance: of the likelihood.
        seed: of all chance.
        json: print one line of JSON alone, and all else on standard error.
    """
    check_seed(seed)
    wrong = min(evaluations, default=0) < 1 or pictures < 1 or steps < 1 or not variance > 0
    if wrong:
        raise ValueError("evaluations, pictures and steps must be at least 1, variance above 0")
    if out.exists():
        raise ValueError(f"{out} exists already and is not overwritten: choose another --out")
    drawn_on = StrokesCanvas(strokes)
    found = spiral.pictures_of(data, drawn_on.shape)
    with counted("searching") as tell:
        rows = spiral.search_rows(
            drawn_on, found, pictures, steps, evaluations, variance, seed, tell
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, csv_bytes(spiral.records(rows)))
    print(table(rows))
    if json:
        print_json([row._asdict() for row in rows])
