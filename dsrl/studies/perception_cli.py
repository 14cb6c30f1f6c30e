"""What ``dsrl perception train | score`` do: the eyes alone, without an agent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.agent import Agent
from agents.envs import Protocol
from dsrl.experiments import GAMES, Game
from dsrl.reports.eyes_kinds import kinds_in
from dsrl.runs.checkpoint import checkpoints, load_newest, save_checkpoint
from dsrl.runs.rundir import CHECKPOINTS, RunDir, RunError, protocol_of
from dsrl.scoring.perception_measures import Eyes, score_objects
from dsrl.scoring.play import HELD_OUT_SEED, play, random_frames
from dsrl.studies.latent_study import NoNetwork
from perception.background import all_alike, check_frames
from perception.dense import DenseEyes
from perception.detection import LatentConfig, LatentEyes, train_latents
from perception.eyes import LATENTS, PIXELS, AnyEyes, eyes_of
from perception.pixels import PixelConfig, PixelEyes, train_pixels
from perception.training.preprocessing import Size, preprocess

METHOD = "perception"
SCORES_NAME = "perception_scores.csv"
CONTROLLED = ("f1", "precision", "recall", "type_purity")  # figures of the controls
HELD_OUT_PART = 10  # one frame in so many, the last ones, is held out to take the ELBO on
ELBO_FRAMES = 50  # of those held out, evenly spaced
Progress = Callable[[int, int, str], None]


class Material(NamedTuple):
    """Frames to learn from, those held out after them, and what a run keeps about them.

    `about` may name the set they are of (`data`) and their form (`size`, `luminance`).
    """

    protocol: Protocol
    frames: np.ndarray  # (N, H, W, 3) uint8, as `held_out`
    held_out: np.ndarray
    about: Mapping[str, Any]


def random_material(protocol: Protocol, frames: int, seed: int) -> Material:
    """`frames` observations of random play to learn from; a ninth more is played and held out."""
    if frames < 2:
        raise ValueError(f"frames must be at least 2, got {frames}")
    total = frames + max(1, frames // (HELD_OUT_PART - 1))
    return divided(protocol, random_frames(protocol, total, seed), {})


def divided(protocol: Protocol, seen: np.ndarray, about: Mapping[str, Any]) -> Material:
    """Frames in the order they were played, the last tenth held out.

    Raises ValueError where nothing can be learned from the others.
    """
    count = len(seen) - max(1, len(seen) // HELD_OUT_PART)
    frames, held_out = seen[:count], seen[count:]
    check_frames(frames)
    if all_alike(frames):
        raise ValueError(
            f"found nothing that moves in {count} frames of {protocol.game}: they are all alike; "
            "give more frames, or others"
        )
    return Material(protocol, frames, held_out, about)


def train(
    out: Path,
    material: Material,
    config: LatentConfig | PixelConfig,
    seed: int,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train the eyes that a configuration is of and keep them in a new run directory; a summary.

    Raises RunError where `out` exists already; the directory is made once there is something to
    keep, so none is left half-made however training ends.
    """
    name = LATENTS if isinstance(config, LatentConfig) else PIXELS
    settings = {
        "method": METHOD,
        "protocol": material.protocol.to_json(),
        "frames": len(material.frames),
        "held_out_frames": len(material.held_out),
        "seed": seed,
        "eyes": name,
        name: config.to_json(),
        **material.about,
    }
    eyes: LatentEyes | PixelEyes
    if isinstance(config, LatentConfig):
        eyes = train_latents(material.frames, config, seed, progress)
    else:
        eyes = train_pixels(material.frames, config, progress)
    state = {"agent": {"perception": eyes.get_state()}}  # where an agent's run has its own
    run = RunDir.create(out, settings)
    try:
        save_checkpoint(run.path / CHECKPOINTS, len(material.frames), state)
    except BaseException:
        shutil.rmtree(run.path)
        raise
    return {
        "run": str(run.path),
        "game": material.protocol.game,
        "eyes": name,
        "frames": len(material.frames),
        "held_out_frames": len(material.held_out),
        **_elbo(eyes, material.held_out),
        "kinds": kinds_in(eyes),
    }


def _elbo(eyes: AnyEyes, held_out: np.ndarray) -> dict[str, float]:
    """The two terms of the negative ELBO of held-out frames, nats a frame; {} without latents."""
    if not isinstance(eyes, LatentEyes):
        return {}
    chosen = np.linspace(0, len(held_out) - 1, min(len(held_out), ELBO_FRAMES)).round().astype(int)
    terms = np.mean([eyes.elbo(held_out[i]) for i in chosen], axis=0)
    return dict(zip(("reconstruction_nats", "rate_nats"), terms.tolist(), strict=True))


class LoadedRun(NamedTuple):
    eyes: AnyEyes
    protocol: Protocol
    size: Size  # of what they see of a frame, and whether in grey
    luminance: bool

    def see(self, frame: np.ndarray) -> np.ndarray:
        """A frame of the game as the eyes were given them in training, (H, W, 3) uint8.

        ValueError where it has another size than those.
        """
        picture = preprocess(frame, self.size, self.luminance)
        if picture.ndim == 2:
            picture = np.repeat(picture[..., None], 3, axis=2)
        expected = self.eyes.background.shape
        if picture.shape != expected:
            raise ValueError(
                f"these eyes were trained on pictures of {expected[0]} x {expected[1]} pixels, "
                f"and play of {self.protocol.game} has {picture.shape[0]} x {picture.shape[1]}: "
                "they can be used on their own pictures alone; to see them at play, train on "
                "frames that `dsrl data collect` made"
            )
        return picture


def load_run(path: Path) -> LoadedRun:
    """The eyes of a run, and the protocol and form of the frames they were made from.

    Raises RunError where the run has none, or none yet.
    """
    run = RunDir.open(path)
    protocol = protocol_of(run)
    form = run.config.get("size", "native"), run.config.get("luminance", False)
    state = None
    if checkpoints(path / CHECKPOINTS):
        state = load_newest(path / CHECKPOINTS)[1].get("agent", {}).get("perception")
    if state is None:
        raise RunError(
            f"{path} holds no perception: give a run of `dsrl perception train` by this version, "
            "or one of `dsrl train` that has come as far as its perception"
        )
    try:
        eyes = eyes_of(state)
    except KeyError as missing:
        raise RunError(
            f"{path} was made by another version of this program: its eyes have no {missing}. Use "
            "that version, or train again"
        ) from missing
    return LoadedRun(eyes, protocol, *form)


def score(
    path: Path,
    frames: int,
    seed: int = HELD_OUT_SEED,
    player: Agent | None = None,
    policy: str = "random",
) -> dict[str, Any]:
    """What `score_objects` finds on held-out play, against the console's memory; kept in the run.

    `policy` is the name `player` goes by in the result. Raises ValueError for a game whose memory
    is not known or eyes of smaller pictures, RunError where there is no perception or the
    run's earlier scores have other columns.
    """
    if frames < 1:
        raise ValueError(f"frames must be at least 1, got {frames}")
    loaded = load_run(path)
    eyes, protocol, controls = loaded.eyes, loaded.protocol, controls_of(loaded.eyes)
    truth = _game(protocol).truth
    if truth is None:
        known = [game.id for game in GAMES.values() if game.truth is not None]
        raise ValueError(f"{protocol.game} has no table of its memory to score by; {known} have")
    if loaded.size != "native":
        raise ValueError(
            f"{path} sees pictures of the size {loaded.size!r}; the console's memory tells places "
            "in native pixels: train on frames of native size to score"
        )
    facts = {"game": protocol.game, "policy": policy, "seed": seed}
    columns = [*facts, *score_objects(eyes, [], truth), *(["controls"] if controls else [])]
    _check_columns(path, columns)
    played = islice(play(protocol, seed, player), frames)
    seen = [o._replace(frame=loaded.see(o.frame)) for o in played]
    summary = {**facts, **score_objects(eyes, seen, truth)}
    if controls:
        found = {name: score_objects(each, seen, truth) for name, each in controls.items()}
        summary["controls"] = {n: {key: f[key] for key in CONTROLLED} for n, f in found.items()}
    RunDir.open(path).append(SCORES_NAME, csv_row(summary))
    return summary


def controls_of(eyes: AnyEyes) -> dict[str, Eyes]:
    """What sees without what the eyes' network learned; {} where there is no network."""
    if isinstance(eyes, LatentEyes):
        return {
            "untrained": eyes.untrained(0),
            "unsettled": eyes.unsettled(),
            "no_network": NoNetwork(eyes),
        }
    if isinstance(eyes, DenseEyes):
        return {"pixels": PixelEyes(eyes.config, eyes.background, eyes.kinds)}
    return {}


def csv_row(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A summary as one row of a table: what has parts is JSON text."""
    return {k: json.dumps(v) if isinstance(v, dict) else v for k, v in summary.items()}


def _check_columns(path: Path, columns: list[str]) -> None:
    """Raise RunError where the run's table of scores has others: now, not after the scoring."""
    rows = RunDir.open(path).rows(SCORES_NAME)
    if rows and list(rows[0]) != columns:
        raise RunError(
            f"{path / SCORES_NAME} is of another version of this program: it has the columns "
            f"{list(rows[0])}, a new row has {columns}; rename it, and score again"
        )


def _game(protocol: Protocol) -> Game:
    known = [game for game in GAMES.values() if game.id == protocol.game]
    return known[0] if known else Game(id=protocol.game)
