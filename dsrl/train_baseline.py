"""Training the deep baseline into a run directory."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict
from pathlib import Path

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from torch.utils.tensorboard import SummaryWriter

from agents.baselines import DQNConfig, FinishedGame, dqn_weights, train_dqn
from agents.envs import Protocol
from dsrl.files import staged_directory, write_synced
from dsrl.rundir import RunDir, RunError

METHOD = "dqn"
POLICY_FOLDER = "policy"


def train_baseline(path: str | Path, protocol: Protocol, config: DQNConfig) -> RunDir:
    """Train SB3's DQN under `protocol` into the new run directory `path`.

    metrics.csv gets a row per finished game as it ends; the network is saved at the end.
    Raises RunError where `path` exists already.
    """
    run = RunDir.create(
        path,
        {
            "method": METHOD,
            "protocol": protocol.to_json(),
            "seed": config.seed,
            "agent_steps": config.agent_steps,
            "dqn": asdict(config) | {"learning_starts": config.learning_starts},
        },
    )
    run.lock()
    print(f"{run.path}: SB3 DQN, {config.agent_steps} agent steps, seed {config.seed}")
    print(protocol.describe())
    scalars = run.path / "tensorboard"
    writer = SummaryWriter(str(scalars))
    with _progress() as progress:
        task = progress.add_task("training DQN", total=config.agent_steps, note="")
        report = _Report(run, writer)

        def on_game(game: FinishedGame) -> None:
            report.add(game)
            progress.update(task, note=f"last score {game.score:g}")

        model = train_dqn(
            protocol,
            config,
            on_game=on_game,
            on_step=lambda steps: progress.update(task, completed=steps),
            tensorboard=scalars,
        )
    writer.close()
    save_policy(run, dqn_weights(model), model.num_timesteps)
    run.unlock()
    return run


class _Report:
    """Writes finished games to the run; what depends on the clock goes to timing.csv."""

    def __init__(self, run: RunDir, writer: SummaryWriter) -> None:
        self._run = run
        self._writer = writer
        self._began = time.monotonic()
        self._games = 0

    def add(self, game: FinishedGame) -> None:
        self._run.append(
            "metrics.csv",
            {
                "agent_steps": game.agent_steps,
                "emulator_frames": game.emulator_frames,
                "episode": self._games,
                "return": game.score,
                "length": game.length,
                "life_losses": game.life_losses,
            },
        )
        seconds = time.monotonic() - self._began
        rate = game.agent_steps / seconds
        self._run.append(
            "timing.csv",
            {
                "agent_steps": game.agent_steps,
                "seconds": round(seconds, 3),
                "steps_per_second": round(rate, 2),
            },
        )
        for name, value in (("return", game.score), ("length", game.length)):
            self._writer.add_scalar(f"episode/{name}", value, game.agent_steps)
        self._writer.add_scalar("speed/steps_per_second", rate, game.agent_steps)
        self._games += 1


def save_policy(run: RunDir, weights: bytes, agent_steps: int) -> None:
    """Store the acting network with its SHA-256 in the run."""
    manifest = {"agent_steps": agent_steps, "sha256": hashlib.sha256(weights).hexdigest()}
    with staged_directory(run.path / POLICY_FOLDER) as folder:
        write_synced(folder / "q_net.safetensors", weights)
        write_synced(folder / "manifest.json", (json.dumps(manifest) + "\n").encode())


def load_policy(run: RunDir) -> tuple[bytes, int]:
    """The stored network and the agent steps it was trained for.

    Raises RunError where there is none, or where it was altered.
    """
    folder = run.path / POLICY_FOLDER
    try:
        weights = (folder / "q_net.safetensors").read_bytes()
        manifest = json.loads((folder / "manifest.json").read_text())
        agent_steps, sha256 = int(manifest["agent_steps"]), str(manifest["sha256"])
    except FileNotFoundError as error:
        raise RunError(
            f"{run.path} has no trained network ({error.filename} is missing): "
            "the baseline saves it when its budget is spent, and does not resume"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder / 'manifest.json'} cannot be read: {error!r}") from error
    if hashlib.sha256(weights).hexdigest() != sha256:
        raise RunError(f"{folder / 'q_net.safetensors'} was altered: its SHA-256 does not match")
    return weights, agent_steps


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
