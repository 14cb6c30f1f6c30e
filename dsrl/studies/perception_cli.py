"""What ``dsrl perception train | score`` do: the perception alone, without an agent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from agents.agent import Agent
from agents.envs import Protocol
from dsrl.experiments import GAMES, Game
from dsrl.runs.checkpoint import checkpoints, load_newest
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import CHECKPOINTS
from dsrl.scoring.memory_map import Truth
from dsrl.scoring.perception_measures import Eyes, measure, score_objects
from dsrl.scoring.play import HELD_OUT_SEED, Observation, play, random_frames
from dsrl.studies.latent_study import NoNetwork
from dsrl.studies.perception_methods import EVERYWHERE
from perception import Perception, PerceptionConfig, train_perception
from perception.background import all_alike, check_frames
from perception.detection import LatentEyes
from perception.learning import with_kinds
from perception.model import FullyConvolutionalVAE, build_model
from perception.perception import FILE_NAME
from perception.training.preprocessing import Size, preprocess
from perception.window_training import Losses, Report, Watch, copy_of_weights

METHOD = "perception"
BEST_NAME, SCORES_NAME, SCALARS_NAME = "best.safetensors", "perception_scores.csv", "tensorboard"
CONTROLLED = ("f1", "precision", "recall", "type_purity")  # figures of the controls
HELD_OUT_PART = 10  # one frame in so many, the last ones, is held out to watch the loss on
PICTURES, WINDOWS_SHOWN = 4, 16  # in TensorBoard: how often in a training, how many windows each
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
    config: PerceptionConfig,
    seed: int,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train and keep the result in a new run directory; a summary of it.

    The directory gets the perception at the end of training, `best.safetensors` where an earlier
    one did better on the frames held out, and TensorBoard's events. Raises RunError where `out`
    exists already; on any error no directory is left.
    """
    settings = {
        "method": METHOD,
        "protocol": material.protocol.to_json(),
        "frames": len(material.frames),
        "held_out_frames": len(material.held_out),
        "seed": seed,
        "perception": config.to_json(),
        **material.about,
    }
    run = RunDir.create(out, settings)
    try:
        record = TrainingRecord(run.path / SCALARS_NAME, config.updates)
        watch = Watch(material.held_out, record)
        perception = train_perception(material.frames, config, seed, progress, watch=watch)
        record.close()
        perception.save(run.path / FILE_NAME)
        if record.has_better_than(perception.model):
            model = build_model(config, seed)
            model.load_state_dict(record.best)
            best = with_kinds(model, perception.background, material.frames)
            best.save(run.path / BEST_NAME)
    except BaseException:
        shutil.rmtree(run.path)
        raise
    return {
        "run": str(run.path),
        "game": material.protocol.game,
        "frames": len(material.frames),
        "held_out_frames": len(material.held_out),
        "validation_nats": None if record.last is None else record.last.loss,
        "best_validation_nats": record.best_loss,
        "best_updates": record.best_updates,
        "kinds": perception.kinds.describe(),
    }


class TrainingRecord:
    """Hears of a training: writes TensorBoard's events and keeps the best weights in memory."""

    def __init__(self, folder: Path, updates: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # slow to import

        self._writer = SummaryWriter(str(folder))
        self._updates, self._shown = updates, 0
        self.last: Losses | None = None
        self.best: dict[str, torch.Tensor] = {}
        self.best_loss: float | None = None
        self.best_updates: int | None = None

    def __call__(self, report: Report, model: FullyConvolutionalVAE) -> None:
        for part in ("train", "validation"):
            for name, value in getattr(report, part)._asdict().items():
                self._writer.add_scalar(f"{part}/{name}", value, report.updates)
        self._writer.add_scalar("learning_rate", report.learning_rate, report.updates)
        due = PICTURES * report.updates // self._updates
        if due > self._shown:
            self._shown = due
            pairs = torch.cat([report.originals_BCHW, report.reconstructions_BCHW], dim=3)
            self._writer.add_images("reconstructions", pairs[:WINDOWS_SHOWN], report.updates)
        self.last = report.validation
        if self.best_loss is None or report.validation.loss < self.best_loss:
            self.best_loss, self.best_updates = report.validation.loss, report.updates
            self.best = copy_of_weights(model)

    def has_better_than(self, model: FullyConvolutionalVAE) -> bool:
        """Whether the best weights are others than the model's."""
        state = model.state_dict()
        return any(not torch.equal(value, state[name]) for name, value in self.best.items())

    def close(self) -> None:
        self._writer.close()


class LoadedRun(NamedTuple):
    perception: Perception | LatentEyes
    protocol: Protocol
    size: Size  # of what perception sees of a frame, and whether in grey
    luminance: bool

    def see(self, frame: np.ndarray) -> np.ndarray:
        """A frame of the game as perception was given them in training, (H, W, 3) uint8.

        ValueError where it has another size than those.
        """
        picture = preprocess(frame, self.size, self.luminance)
        if picture.ndim == 2:
            picture = np.repeat(picture[..., None], 3, axis=2)
        expected = self.perception.background.shape
        if picture.shape != expected:
            raise ValueError(
                f"this perception was trained on pictures of {expected[0]} x {expected[1]} pixels, "
                f"and play of {self.protocol.game} has {picture.shape[0]} x {picture.shape[1]}: it "
                "can be used on its own pictures alone; to see it at play, train on frames "
                "that `dsrl data collect` made"
            )
        return picture


def load_run(path: Path) -> LoadedRun:
    """The perception of a run, and the protocol and form of the frames it was made from.

    Raises RunError where the run has none, or none yet.
    """
    run = RunDir.open(path)
    protocol = Protocol.from_json(run.config["protocol"])
    form = run.config.get("size", "native"), run.config.get("luminance", False)
    if (path / FILE_NAME).is_file():
        return LoadedRun(Perception.load(path / FILE_NAME), protocol, *form)
    state = None
    if checkpoints(path / CHECKPOINTS):
        state = load_newest(path / CHECKPOINTS)[1].get("agent", {}).get("perception")
    if state is None:
        raise RunError(
            f"{path} holds no perception: give a run of `dsrl perception train`, or one whose "
            "training has come as far as its perception"
        )
    kept = LatentEyes if "latents" in state else Perception
    return LoadedRun(kept.from_state(state), protocol, *form)


def score(
    path: Path,
    frames: int,
    seed: int = HELD_OUT_SEED,
    player: Agent | None = None,
    policy: str = "random",
) -> dict[str, Any]:
    """What `measure` finds on held-out play, against the console's memory; kept in the run.

    `policy` is the name `player` goes by in the result. Raises ValueError for a game whose memory
    is not known or a perception of smaller pictures, RunError where there is no perception or the
    run's earlier scores have other columns.
    """
    loaded = load_run(path)
    perception, protocol = loaded.perception, loaded.protocol
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
    _check_columns(path, [*facts, *measure(perception, [], truth), "controls"])
    played = islice(play(protocol, seed, player), frames)
    seen = [o._replace(frame=loaded.see(o.frame)) for o in played]
    summary = {**facts, **measure(perception, seen, truth)}
    summary["controls"] = {
        name: _figures_of_control(name, eyes, seen, truth)
        for name, eyes in controls_of(perception).items()
    }
    RunDir.open(path).append(SCORES_NAME, csv_row(summary))
    return summary


def controls_of(perception: Perception | LatentEyes) -> dict[str, Eyes]:
    """What finds objects with the same settings and nothing learned by a network."""
    if isinstance(perception, LatentEyes):
        return {"untrained": perception.untrained(0), "no_network": NoNetwork(perception)}
    untrained = build_model(perception.config, 0)
    parts = perception.background, perception.kinds
    everywhere = replace(perception.config, objectness_nats=EVERYWHERE)
    return {
        "untrained": Perception(perception.config, untrained, *parts),
        "no_network": Perception(everywhere, untrained, *parts),
    }


def _figures_of_control(
    name: str, eyes: Eyes, seen: Sequence[Observation], truth: Truth
) -> dict[str, Any]:
    """`CONTROLLED` of a control, and what its latents say alone: without a network none do."""
    found = score_objects(eyes, seen, truth) if name == "no_network" else measure(eyes, seen, truth)
    return {key: found[key] for key in (*CONTROLLED, "latent_f1") if key in found}


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
