"""``dsrl perception train | score | show``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import tyro

from agents.envs import Protocol
from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath, protocol_of, run_path
from dsrl.commands.of_eyes import of_others_refused
from dsrl.experiments import resolve_game
from dsrl.progress import announce, progress_bar
from dsrl.reports.eyes_kinds import kinds_table
from dsrl.reports.inspect import print_text
from dsrl.runs.files import is_free
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import load_agent
from dsrl.scoring.data import training_frames
from dsrl.studies.perception_cli import (
    METHOD,
    Material,
    divided,
    random_material,
    score,
    train,
)
from dsrl.studies.perception_pictures import show, shown_json
from perception.detection import LatentConfig
from perception.eyes import LATENTS
from perception.pixels import PixelConfig
from perception.training.frame_set import SET_NAME, read_about

RANDOM_FRAMES = 5_000
command = tyro.extras.SubcommandApp()


@command.command(name="train")
def train_command(
    latents: LatentConfig,
    pixels: PixelConfig,
    *,
    perception: Literal["latents", "pixels"] = LATENTS,
    game: str | None = None,
    data: Path | None = None,
    frames: int | None = None,
    seed: int = 0,
    sticky: float | None = None,
    name: str | None = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Trains eyes on random play or on a set of frames, without labels.

    Args:
        latents: settings of --perception latents.
        pixels: settings of --perception pixels.
        perception: latents, where the latents of a network say what is where; or pixels, what
            differs from the background, parted by colour, without a network.
        game: any Atari game, such as pong or ms_pacman; a set of `dsrl data` knows its own.
        data: a folder of frames to learn from instead of random play.
        frames: observations of random play to learn from (default 5000).
        seed: of all chance.
        sticky: probability per emulator frame that the previous action is executed again
            (default 0, or the set's).
        name: folder of the run within runs/.
        out: folder of the run anywhere.
        json: print one line of JSON alone, and all else on standard error.
    """
    about = {} if data is None else about_set(data)
    if data is not None and frames is not None:
        raise ValueError("--frames counts random play: leave it out with --data")
    of_others_refused(perception, latents, pixels)
    config = latents if perception == LATENTS else pixels
    protocol = chosen_protocol(game, sticky, data, about)
    method = METHOD if perception == LATENTS else f"{METHOD}-{perception}"
    path = run_path(method, protocol, seed, name, out)
    if not is_free(path):
        raise RunError(f"{path} exists already: choose another place with --name or --out")
    count = RANDOM_FRAMES if frames is None else frames
    source = f"{count} frames of random play" if data is None else f"the frames of {data}"
    announce(f"{path}: eyes of {perception} from {source}, seed {seed}\n{protocol.describe()}")
    with progress_bar() as bar:
        task = bar.add_task("training perception", total=None, note="reading frames")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        if data is None:
            material = random_material(protocol, count, seed)
        else:
            material = material_of_set(data, protocol, about)
        summary = train(path, material, config, seed, progress)
    _report(summary)
    if json:
        print_json(summary)


def about_set(path: Path) -> dict[str, Any]:
    """What a set of frames says of its making; {} for a folder of pictures alone."""
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    about = read_about(path).get("about") if (path / SET_NAME).is_file() else None
    return about if isinstance(about, dict) else {}


def material_of_set(path: Path, protocol: Protocol, about: Mapping[str, Any]) -> Material:
    """The frames of a set, and the form that play is brought into to look like them."""
    form = {"size": about.get("size", "native"), "luminance": about.get("luminance", False)}
    return divided(protocol, training_frames(path), {"data": str(path), **form})


def chosen_protocol(
    game: str | None, sticky: float | None, data: Path | None, about: Mapping[str, Any]
) -> Protocol:
    """The protocol of the options, or of the set where it knows its own.

    Raises ValueError where the two disagree, or neither names a game.
    """
    if data is not None and "protocol" in about:
        own = _protocol_in(data, about)
        given = own.game if game is None else resolve_game(game).id
        if given != own.game or sticky not in (None, own.sticky):
            raise ValueError(
                f"{data} is of {own.game} with sticky {own.sticky:g}, and --game or --sticky says "
                "otherwise: leave both out with --data"
            )
        return own
    if game is None:
        missing = "" if data is None else f": {data} does not say of which game its frames are"
        raise ValueError(f"give --game{missing or ', or a set of frames with --data'}")
    return protocol_of(game, sticky or 0.0)


def _protocol_in(data: Path, about: Mapping[str, Any]) -> Protocol:
    try:
        return Protocol.from_json(about["protocol"])
    except (TypeError, ValueError) as error:
        text = f"{data / SET_NAME} holds no protocol that can be read ({error}): collect it again"
        raise ValueError(text) from error


def _report(summary: Mapping[str, Any]) -> None:
    """Says what was found and what to do next."""
    for kind in summary["kinds"]:
        print(", ".join(f"{key} {_short(value)}" for key, value in kind.items()))
    if not summary["kinds"]:
        print(
            f"found nothing that moves in {summary['frames']} frames of {summary['game']}: give "
            "more frames, or look at `dsrl perception show`"
        )
    if "rate_nats" in summary:
        print(
            f"-ELBO of a frame held out: {summary['reconstruction_nats']:.0f} nats of "
            f"reconstruction and {summary['rate_nats']:.1f} of rate"
        )
    announce(f"score it: dsrl perception score {summary['run']}")


@command.command(name="score")
def score_command(
    run: RunPath,
    /,
    *,
    frames: int = 2_000,
    seed: int = 1000,
    policy: Literal["random", "trained"] = "random",
    json: Flag = False,
) -> None:
    """Scores detections against the console's memory, on play that nothing was trained on.

    Beside eyes with a network stand controls: without its training, and without it.

    Args:
        run: a run of perception train, or of train.
        frames: observations to score.
        seed: of the first episode; each further one has the next.
        policy: who plays: chance, or the run's own trained agent.
        json: print one line of JSON alone, and all else on standard error.
    """
    player = load_agent(RunDir.open(run))[0] if policy == "trained" else None
    summary = score(run, frames, seed, player, policy)
    for line in readable(summary):
        print(line)
    if json:
        print_json(summary)


def readable(summary: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A line for each value; what has parts of its own by name gets a line for each name."""
    for key, value in summary.items():
        if isinstance(value, dict) and all(isinstance(part, dict) for part in value.values()):
            yield f"{indent}{key}:"
            yield from readable(value, indent + "  ")
        elif isinstance(value, dict):
            yield f"{indent}{key}: {', '.join(f'{k} {_short(v)}' for k, v in value.items())}"
        else:
            yield f"{indent}{key}: {_short(value)}"


def _short(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@command.command(name="show")
def show_command(
    run: RunPath, /, *, out: Path, pictures: int = 8, seed: int = 1000, json: Flag = False
) -> None:
    """Draws play as eyes see it, and the sprites of their dictionary, as PNG files.

    Says what each picture and its panels show, and lists the kinds: number, name if `dsrl name`
    gave one, size (height x width) in pixels, and how many looks it has.

    Args:
        run: a run of perception train, or of train.
        out: folder for the pictures.
        pictures: how many of play.
        seed: of the play.
        json: print one line of JSON alone, and all else on standard error.
    """
    shown = show(run, out, pictures, seed)
    for picture in shown.pictures:
        print(f"{picture.file}: {picture.shows}")
    print("panels of play, from left to right:")
    for panel in shown.panels:
        print(f"  {panel.title}: {panel.shows}")
    if shown.kinds:
        print_text(kinds_table(shown.kinds))
    if json:
        print_json(shown_json(shown))
