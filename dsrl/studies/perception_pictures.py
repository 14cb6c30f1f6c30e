"""Pictures of what eyes see: frames, what was read of them and the things found; the dictionary."""

from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dsrl.reports.eyes_figures import DPI, panels, scene
from dsrl.reports.eyes_kinds import kinds_of, sheet
from dsrl.reports.plots import png
from dsrl.runs.files import write_atomic
from dsrl.runs.names import names_of
from dsrl.runs.rundir import CONFIG_NAME
from dsrl.scoring.play import HELD_OUT_SEED, play
from dsrl.studies.perception_cli import load_run
from perception import Object
from perception.detection import LatentEyes
from perception.eyes import AnyEyes
from perception.gaussian_eyes import GaussianEyes

EVERY = 40  # agent steps from one picture to the next


class Panel(NamedTuple):
    """A panel of a picture: its title, and a line of what it shows."""

    title: str
    shows: str


class Picture(NamedTuple):
    """A picture that was written, a line of what it shows, and of play, which agent step it is of
    and what was seen in it."""

    file: Path
    shows: str
    step: int | None = None
    objects: tuple[Object, ...] = ()


class Shown(NamedTuple):
    """The pictures of a run, what the panels of those of play show from left to right, and a row
    for each kind its eyes know, as `kinds_in` has it, with the number of its looks (None where eyes
    have no looks) and the name it was given."""

    run: Path
    game: str
    seed: int
    pictures: tuple[Picture, ...]
    panels: tuple[Panel, ...]
    kinds: tuple[dict[str, Any], ...]


def show(path: Path, out: Path, pictures: int = 8, seed: int = HELD_OUT_SEED) -> Shown:
    """Draw held-out random play as a run's eyes see it, and their dictionary: PNG files in `out`.

    Raises RunError where `path` has no perception, ValueError where it was trained on pictures of
    another size than the game's.
    """
    if pictures < 1:
        raise ValueError(f"pictures must be at least 1, got {pictures}")
    if (out / CONFIG_NAME).exists():
        raise ValueError(f"{out} is a run: choose another folder for the pictures")
    loaded, names = load_run(path), names_of(path)
    eyes, game = loaded.eyes, loaded.protocol.game
    kinds, shown = kinds_of(eyes, names), panels_of(eyes)
    shows = "the background, what the eyes expect where nothing is"
    made = [Picture(out / "background.png", shows)]
    drawn = [png(panels([eyes.background], ["the background"], game), DPI)]
    if isinstance(eyes, LatentEyes) and len(eyes.dictionary):
        looks = sum(row["looks"] for row in kinds)
        shows = f"the dictionary, {looks} looks of {len(kinds)} kinds, the commonest first"
        made.append(Picture(out / "dictionary.png", shows))
        drawn.append(png(sheet(eyes, names, f"{path.name}: the kinds its eyes know"), DPI))
    for step, seen in enumerate(islice(play(loaded.protocol, seed), EVERY * pictures)):
        frame = loaded.see(seen.frame)
        if seen.first:
            eyes.reset()
        objects = eyes.track(eyes(frame))
        if step % EVERY == EVERY - 1:
            shows = f"agent step {step} of random play, {len(objects)} things"
            file = out / f"step-{step:05d}.png"
            made.append(Picture(file, shows, step, tuple(objects)))
            title = f"{path.name}: {game}, random play of seed {seed}, agent step {step}"
            figure = scene(
                [frame, taken_from(eyes, frame), frame], [p.title for p in shown], title,
                objects, names,
            )  # fmt: skip
            drawn.append(png(figure, DPI))
    out.mkdir(parents=True, exist_ok=True)
    for picture, content in zip(made, drawn, strict=True):
        write_atomic(picture.file, content)
    return Shown(path, game, seed, tuple(made), shown, tuple(kinds))


def panels_of(eyes: AnyEyes) -> tuple[Panel, ...]:
    """What the panels of a picture of play show, from left to right."""
    if isinstance(eyes, LatentEyes | GaussianEyes):
        middle = Panel(
            "drawn from what was read",
            "the decoder's drawing of what the eyes read in the frame: what is not in it, they "
            "did not see",
        )
    else:
        middle = Panel(
            "what differs from the background",
            "the frame's pixels that are not the background's, all others black",
        )
    things = "a box for each thing found, labelled kind/number; a thing keeps its number"
    return (
        Panel("the frame", "the frame as the eyes are given it"),
        middle,
        Panel("things found: kind/number", f"{things} while it is followed"),
    )


def taken_from(eyes: AnyEyes, frame: np.ndarray) -> np.ndarray:
    """(H, W, 3): the decoder's picture of what was read in a frame, or of eyes without one what
    differs from the background."""
    if isinstance(eyes, LatentEyes | GaussianEyes):
        return eyes.reconstruct(frame)
    return np.where((frame != eyes.background).any(axis=2)[..., None], frame, 0)


def shown_json(shown: Shown) -> dict[str, Any]:
    """As plain JSON values."""
    pictures = [
        {"file": str(each.file), "shows": each.shows}
        | ({} if each.step is None else {
            "agent_step": each.step,
            "panels": [panel._asdict() for panel in shown.panels],
            "objects": [o._asdict() for o in each.objects],
        })
        for each in shown.pictures
    ]  # fmt: skip
    return {
        "run": str(shown.run), "game": shown.game, "seed": shown.seed,
        "pictures": pictures, "kinds": list(shown.kinds),
    }  # fmt: skip
