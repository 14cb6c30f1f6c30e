"""Pictures of held-out play as eyes see it: the frame, what they took from it, and its objects."""

from itertools import islice
from pathlib import Path

import numpy as np

from dsrl.runs.files import write_atomic
from dsrl.runs.names import names_of
from dsrl.runs.pictures import boxes, enlarged, sheet
from dsrl.runs.rundir import CONFIG_NAME
from dsrl.scoring.play import HELD_OUT_SEED, play
from dsrl.studies.perception_cli import load_run
from perception import Object
from perception.detection import LatentEyes
from perception.eyes import AnyEyes
from perception.gaussian_eyes import GaussianEyes
from perception.png import encode_png

APART = 40  # agent steps between two pictures


def show(path: Path, out: Path, pictures: int = 8, seed: int = HELD_OUT_SEED) -> list[Path]:
    """Draw held-out random play as a run's eyes see it, and their dictionary: PNG files in `out`.

    Raises RunError where `path` has no perception, ValueError where it was trained on pictures of
    another size than the game's.
    """
    if pictures < 1:
        raise ValueError(f"pictures must be at least 1, got {pictures}")
    if (out / CONFIG_NAME).exists():
        raise ValueError(f"{out} is a run: choose another folder for the pictures")
    loaded = load_run(path)
    eyes = loaded.eyes
    drawn = {"background": eyes.background}
    if isinstance(eyes, LatentEyes) and len(eyes.dictionary):
        drawn["dictionary"] = sheet(eyes, names_of(path))
    for step, seen in enumerate(islice(play(loaded.protocol, seed), APART * pictures)):
        frame = loaded.see(seen.frame)
        if seen.first:
            eyes.reset()
        objects = eyes.track(eyes(frame))
        if step % APART == APART - 1:
            drawn[f"step-{step:05d}"] = draw(eyes, frame, objects)
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in drawn.items():
        write_atomic(out / f"{name}.png", encode_png(picture))
    return [out / f"{name}.png" for name in drawn]


def draw(eyes: AnyEyes, frame: np.ndarray, objects: list[Object]) -> np.ndarray:
    """Side by side: the frame, what the eyes took from it, the frame with its objects.

    That is the decoder's picture of what was read, or without one what differs from the background.
    """
    if isinstance(eyes, LatentEyes | GaussianEyes):
        taken = eyes.reconstruct(frame)
    else:
        taken = np.where((frame != eyes.background).any(axis=2)[..., None], frame, 0)
    return np.concatenate([enlarged(frame), enlarged(taken), boxes(frame, objects)], axis=1)
