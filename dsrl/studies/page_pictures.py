"""The pictures of a page on perception: some of those that `show` draws, as smaller files."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from dsrl.experiments import short_name
from dsrl.runs.files import write_atomic
from dsrl.studies.perception_cli import load_run
from dsrl.studies.perception_pictures import APART, show

SEEN = "seen"  # a picture of play, of the step that is asked for
LATENTS = {  # name on the page: what `show` calls it, and its scale here
    "filters": ("latents-filters", 1.0),
    "filters-mean": ("latents-filters-mean", 1.0),
    "reconstructions": ("latents-reconstructions", 0.6),
    "traversal": ("latents-traversal", 0.7),
    "prior": ("latents-prior", 0.5),
    "mcmc": ("latents-mcmc-from-prior", 0.5),
    "noise": ("latents-noise", 0.4),
}
NAMES = (SEEN, *LATENTS)


def page_pictures(
    run: Path, out: Path, step: int, names: Sequence[str] = NAMES, frames: int = 2_000
) -> list[Path]:
    """Draw `names` of a run's perception as GAME-NAME.png in `out`; the files written.

    `step` is the agent step of "seen", `frames` as in `show`. Raises ValueError for a name or a
    step that there is no picture of, and what `show` does.
    """
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise ValueError(f"there is no picture {', '.join(unknown)}: choose of {', '.join(NAMES)}")
    if step < 0 or (step + 1) % APART:
        raise ValueError(f"step must be {APART - 1} or a multiple of {APART} more, got {step}")
    game = short_name(load_run(run).protocol.game)
    drawn = {SEEN: (f"step-{step:05d}", 1.0), **LATENTS}
    files = []
    with TemporaryDirectory() as folder:
        show(run, Path(folder), pictures=(step + 1) // APART, frames=frames)
        out.mkdir(parents=True, exist_ok=True)
        for name in names:
            file, scale = drawn[name]
            files.append(out / f"{game}-{name}.png")
            write_atomic(files[-1], small_png(Path(folder) / f"{file}.png", scale))
    return files


def small_png(file: Path, scale: float) -> bytes:
    """A picture as a PNG file of the given scale and the best compression."""
    picture = cv2.imread(str(file))
    if picture is None:
        raise ValueError(f"{file} is no picture that can be read")
    _, data = cv2.imencode(".png", shrunk(picture, scale), (cv2.IMWRITE_PNG_COMPRESSION, 9))
    return bytes(data)


def shrunk(picture: np.ndarray, scale: float) -> np.ndarray:
    """(H, W, 3) uint8 at a scale of at most 1: each pixel the mean of those it covers."""
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
